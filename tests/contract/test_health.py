"""What watchdogs ask."""

import datetime as dt

import pytest
from django.db import DatabaseError
from django.utils import timezone

from apps.events.models import Consequence, Event
from apps.operations import health

pytestmark = pytest.mark.django_db


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
