"""What watchdogs ask."""

import datetime as dt
import threading

import pytest
from django.db import DatabaseError, InterfaceError, OperationalError
from django.utils import timezone
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from apps.events.models import Consequence, Event
from apps.jobs.models import TaskRun
from apps.operations import health, schedules
from apps.operations.supervision import Supervised

pytestmark = pytest.mark.django_db
SWEEP = "events: sweep the outbox"


@pytest.fixture(autouse=True)
def just_started(monkeypatch):
    monkeypatch.setattr(schedules, "STARTED", timezone.now())


def test_it_lives_and_is_ready_and_says_what_waits(client):
    assert client.get("/health/live").json() == {"status": "ok"}
    assert client.get("/health/ready").json() == {"status": "ok", "outbox": {"pending": 0, "failed": 0, "oldest_s": 0}}
    event = Event.objects.create(name="x", subject="x", by="x")
    for state, ago in (("pending", 90), ("pending", 10), ("failed", 5000), ("done", 9000)):
        due = timezone.now() - dt.timedelta(seconds=ago)
        Consequence.objects.create(event=event, handler="x", state=state, due_at=due)
    outbox = client.get("/health/ready").json()["outbox"]
    assert (outbox["pending"], outbox["failed"]) == (2, 1)
    assert 90 <= outbox["oldest_s"] < 100
    assert client.post("/health/ready").status_code == 405
    assert client.head("/health/live").status_code == 200


def test_it_says_why_it_is_not_ready(client, monkeypatch):
    monkeypatch.setattr(health, "_migrated", False)
    monkeypatch.setattr(health.MigrationExecutor, "migration_plan", lambda self, leaves: ["one"])
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.json()["reason"]) == (503, "migrations are missing: manage.py migrate")

    def gone():
        raise DatabaseError("secret host name")

    monkeypatch.setattr(health, "_is_migrated", gone)
    answer = client.get("/health/ready")
    assert (answer.status_code, answer.json()["reason"]) == (503, "the database does not answer")
    assert client.get("/health/live").status_code == 200


def sweeps(every=30, enabled=True):
    interval, _ = IntervalSchedule.objects.get_or_create(every=every, period="seconds")
    PeriodicTask.objects.update_or_create(
        name=SWEEP, defaults={"task": "apps.events.tasks.relay", "interval": interval, "enabled": enabled}
    )


@pytest.mark.parametrize(
    ("every", "enabled", "last", "up", "well"),
    [  # seconds: the last run was so long ago, this process runs for so long
        (None, True, None, 10, True), (None, True, None, 130, False),  # an empty system: beat has yet to come, or never came
        (30, True, None, 10, True), (30, True, None, 130, False),
        (30, True, 40, 9999, True), (30, True, 110, 9999, True), (30, True, 130, 9999, False),
        (30, True, 9999, 10, True), (30, True, 9999, 130, False),  # started anew after a night
        (600, True, 1800, 9999, True), (600, True, 2500, 9999, False),  # a slower rhythm, set by a person
        (30, False, 9999, 9999, True),  # switched off by a person
    ],
)  # fmt: skip
def test_it_is_unready_when_the_sweeps_have_stopped(client, monkeypatch, every, enabled, last, up, well):
    def ago(seconds):
        return timezone.now() - dt.timedelta(seconds=seconds)

    monkeypatch.setattr(schedules, "STARTED", ago(up))
    if every:
        sweeps(every, enabled)
    if last:
        TaskRun.objects.create(name=SWEEP, at=ago(last), seconds=0.1)
    answer = client.get("/health/ready")
    assert answer.status_code == (200 if well else 503)
    if not well:
        assert "the outbox has not been swept for" in answer.json()["reason"]


def test_what_ends_is_begun_again_until_it_is_told_to_stop(monkeypatch):
    """Beat and worker of `manage.py up`: an outage of the database, whatever it raises, is not their end."""
    lives, alive = [], threading.Event()

    class Beat:
        def __init__(self):
            self.over = threading.Event()
            lives.append(self)
            if len(lives) == 1:
                raise OperationalError("the database is away")

        def start(self):
            if len(lives) == 2:
                raise InterfaceError("connection already closed")
            if len(lives) == 3:
                raise SystemExit(1)
            if len(lives) == 4:
                return  # the worker's way to say that something is beyond it
            alive.set()
            self.over.wait(20)

        def stop(self):
            self.over.set()

    kept = Supervised("beat", Beat)
    monkeypatch.setattr(kept.stopping, "wait", lambda seconds: None)
    kept.start()
    assert alive.wait(20)
    assert (len(lives), kept.thread.is_alive()) == (5, True)
    kept.stop()
    kept.thread.join(20)
    assert not kept.thread.is_alive()
