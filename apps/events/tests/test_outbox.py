"""The outbox: nothing is lost, nothing speaks of a change that never came about, a bad consequence hurts only itself."""

import datetime as dt
import os
import signal
import threading
from collections import Counter

import pytest
import time_machine
from django.db import connections, transaction
from django.utils import timezone

from apps.core.actors import SYSTEM
from apps.events import actions, relay, wake
from apps.events.models import Consequence, Event
from tests.races import at_once

HEARD: Counter[int] = Counter()
STATE = Consequence.State


def hear(event: Event) -> None:
    HEARD[event.pk] += 1


def fail(event: Event) -> None:
    raise ValueError("this subscriber is broken")


@pytest.fixture(autouse=True)
def subscribed(monkeypatch):
    HEARD.clear()
    page = {"one": [f"{__name__}.hear"], "both": [f"{__name__}.fail", f"{__name__}.hear"], "none": []}
    monkeypatch.setattr(actions, "subscriptions", lambda: page)
    monkeypatch.setattr(wake, "relay_soon", lambda: None)


def say(name="one"):
    return actions.emit(name, subject="thing:1", entity_ids={2, 1}, by=SYSTEM, payload={"a": 1})


@pytest.mark.django_db
def test_an_event_keeps_what_was_true_then_with_one_row_a_consequence():
    event = say("both")
    event.refresh_from_db()
    assert (event.entity_ids, event.payload, event.by) == ([1, 2], {"a": 1}, "system")
    assert event.consequences.count() == 2
    assert say("none").consequences.count() == 0


@pytest.mark.django_db
def test_an_event_nobody_lists_is_a_mistake():
    with pytest.raises(KeyError):
        say("misspelt")


@pytest.mark.django_db(transaction=True)
def test_a_change_that_is_taken_back_takes_its_events_along(monkeypatch):
    woken = []
    monkeypatch.setattr(wake, "relay_soon", lambda: woken.append(1))
    with pytest.raises(RuntimeError), transaction.atomic():
        say()
        raise RuntimeError
    assert (Event.objects.count(), woken) == (0, [])
    with transaction.atomic():
        say()
        assert woken == []  # only after the commit
    assert woken == [1]


@pytest.mark.django_db
def test_the_relay_does_each_once_and_a_failing_one_waits_by_itself():
    event = say("both")
    assert relay.relay_all() == 2
    assert {event.pk: 1} == HEARD
    bad, good = event.consequences.order_by("id")
    assert (good.state, good.attempts) == (STATE.DONE, 1)
    assert (bad.state, bad.attempts, bad.last_error) == (
        STATE.PENDING,
        1,
        "ValueError: this subscriber is broken",
    )
    assert relay.relay_all() == 0  # not due yet


@pytest.mark.django_db
def test_ten_attempts_over_about_three_days_and_then_a_person_decides():
    event = say("both")
    start, now, attempts = timezone.now(), timezone.now(), 0
    while True:
        bad = event.consequences.order_by("id").first()
        if bad.state == STATE.FAILED:
            break
        now = max(now, bad.due_at)
        with time_machine.travel(now, tick=False):
            relay.relay_all()
        attempts += 1
    assert attempts == 10
    assert dt.timedelta(days=1) < now - start < dt.timedelta(days=4)
    actions.retry_failed(key=bad.pk, by=SYSTEM)
    assert relay.relay_all() == 1


@pytest.mark.django_db
def test_a_worker_that_dies_hands_its_rows_back():
    event = say()
    assert len(relay.claim()) == 1  # and then it is killed
    assert relay.relay_all() == 0
    with time_machine.travel(timezone.now() + relay.LEASE + dt.timedelta(seconds=1)):
        assert relay.relay_all() == 1
    assert HEARD[event.pk] == 1


def note_and_die(event: Event) -> None:
    """Leaves a line in a file; a worker that is told so is killed by it, after the effect and before the mark."""
    with open(os.environ["NOTED"], "a") as file:
        file.write(f"{event.pk}\n")
    if event.subject == os.environ.get("DIES_AT"):
        os.kill(os.getpid(), signal.SIGKILL)


def repeats_after_a_kill(tmp_path, monkeypatch) -> int:
    """How many of 40 consequences are carried out twice when the worker is killed at the 25th."""
    noted = tmp_path / "noted"
    monkeypatch.setenv("NOTED", str(noted))
    path = f"{__name__}.note_and_die"
    events = [Event.objects.create(name="one", subject=f"thing:{number}", by="x") for number in range(40)]
    Consequence.objects.bulk_create(Consequence(event=event, handler=path) for event in events)
    connections.close_all()  # nothing that the other process could close
    worker = os.fork()
    if not worker:
        try:
            os.environ["DIES_AT"] = "thing:24"
            relay.relay_all()
        finally:
            os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(worker, 0)[1]) == -signal.SIGKILL
    assert len(noted.read_text().split()) == 25
    assert relay.claim() == []  # its lease still holds
    with time_machine.travel(timezone.now() + relay.LEASE + dt.timedelta(seconds=1)):
        relay.relay_all()
    done = Counter(noted.read_text().split())
    assert set(done) == {str(event.pk) for event in events}
    assert not Consequence.objects.exclude(state=STATE.DONE).exists()
    return done.total() - len(done)


@pytest.mark.django_db(transaction=True)
def test_a_killed_worker_repeats_what_it_was_at_and_no_more(tmp_path, monkeypatch):
    assert repeats_after_a_kill(tmp_path, monkeypatch) == 1
    assert dt.timedelta(seconds=30) >= relay.LEASE


@pytest.mark.django_db(transaction=True)
def test_marked_at_the_end_of_a_batch_all_would_be_repeated(tmp_path, monkeypatch):
    """The control."""
    mark, seen = relay._mark_done, []

    def late(row):
        seen.append(row)
        if len(seen) >= 40:
            for one in seen:
                mark(one)

    monkeypatch.setattr(relay, "_mark_done", late)
    assert repeats_after_a_kill(tmp_path, monkeypatch) == 25


@pytest.mark.django_db(transaction=True)
def test_a_long_batch_keeps_its_lease(monkeypatch):
    for _event in range(3):
        say()
    before = timezone.now()
    renewed, renew, seen = threading.Event(), relay._renew, []

    def slow(event: Event) -> None:
        seen.append(event)
        if len(seen) == 1:
            assert renewed.wait(20)

    def renewing(*held):
        with time_machine.travel(before + relay.LEASE, tick=False):
            renew(*held)
        renewed.set()

    monkeypatch.setattr(relay, "RENEW", 0.01)
    monkeypatch.setattr(relay, "_renew", renewing)
    monkeypatch.setattr(relay, "handler", lambda path: slow)
    rows = relay.claim()
    relay.run(rows)
    assert len(seen) == 3
    assert Consequence.objects.filter(state=STATE.DONE, due_at__gte=before + relay.LEASE * 2).count() == 3


@pytest.mark.django_db(transaction=True)
def test_a_lease_that_is_renewed_late_shortens_no_wait(monkeypatch):
    """The thread that renews looks at what is left, then one of these fails and is to wait, then the thread writes."""
    event, other = say("both"), say()
    Consequence.objects.filter(event=event, handler=f"{__name__}.fail").update(attempts=3)
    looked, go_on, written = threading.Event(), threading.Event(), threading.Event()
    put_back, renew = relay._put_back, relay._renew

    class Looked(dict):
        def __init__(self, *args):
            super().__init__(*args)
            looked.set()
            assert go_on.wait(20)

    def renewing(*held):
        if not written.is_set():
            monkeypatch.setattr(relay, "dict", Looked, raising=False)
            renew(*held)
            written.set()

    def putting_back(*failed):
        assert looked.wait(20)
        put_back(*failed)
        go_on.set()
        assert written.wait(20)

    monkeypatch.setattr(relay, "RENEW", 0.01)
    monkeypatch.setattr(relay, "_renew", renewing)
    monkeypatch.setattr(relay, "_put_back", putting_back)
    rows = relay.claim()
    before = timezone.now()
    relay.run(rows)
    bad = event.consequences.get(handler=f"{__name__}.fail")
    assert bad.due_at - before > dt.timedelta(seconds=relay.WAITS[3] * 0.8 - 1)
    assert other.consequences.get().state == STATE.DONE


@pytest.mark.django_db
def test_what_kills_its_worker_each_time_is_left_to_a_person():
    event = say()
    Consequence.objects.update(attempts=relay.MOST_BEGUN)
    assert relay.relay_all() == 0
    assert event.consequences.get().state == STATE.FAILED
    assert "worker ended" in event.consequences.get().last_error


@pytest.mark.django_db(transaction=True)
def test_what_kills_its_worker_takes_no_neighbour_along(tmp_path, monkeypatch):
    monkeypatch.setenv("NOTED", str(tmp_path / "noted"))
    path = f"{__name__}.note_and_die"
    events = [Event.objects.create(name="one", subject=f"thing:{number}", by="x") for number in range(6)]
    Consequence.objects.bulk_create(Consequence(event=event, handler=path) for event in events)
    neighbour = Consequence.objects.create(event=events[5], handler=f"{__name__}.fail")
    now = timezone.now()
    for _worker in range(relay.MOST_BEGUN + 1):
        now += dt.timedelta(seconds=31)
        connections.close_all()
        worker = os.fork()
        if not worker:
            try:
                os.environ["DIES_AT"] = "thing:1"
                with time_machine.travel(now):
                    relay.relay_all(1)
            finally:
                os._exit(1)
        os.waitpid(worker, 0)
    rows = Consequence.objects.filter(handler=path).order_by("id")
    assert [row.state for row in rows] == [STATE.DONE, STATE.FAILED, *[STATE.DONE] * 4]
    assert [row.attempts for row in rows] == [1, relay.MOST_BEGUN, 2, 2, 2, 2]
    neighbour.refresh_from_db()
    assert (neighbour.state, neighbour.last_error) == (STATE.PENDING, "ValueError: this subscriber is broken")


@pytest.mark.django_db
def test_only_what_was_begun_counts_as_tried():
    """But for the first time, which the claim counts."""
    event = say("both")
    now = timezone.now()
    for _worker in range(12):  # each ends before it begins
        with time_machine.travel(now, tick=False):
            assert len(relay.claim()) == 2
        now += relay.LEASE + dt.timedelta(seconds=1)
    with time_machine.travel(now, tick=False):
        relay.relay_all()
    bad, good = event.consequences.order_by("id")
    assert (bad.state, bad.attempts, good.state, good.attempts) == (STATE.PENDING, 2, STATE.DONE, 2)


@pytest.mark.django_db(transaction=True)
def test_many_relays_at_once_share_the_work_without_doing_any_twice(monkeypatch):
    monkeypatch.setattr(relay, "BATCH", 5)
    for _event in range(60):
        say()
    tried = []

    def work():
        tried.append(relay.relay_all())

    at_once(6, work)
    assert sum(tried) == 60
    assert set(HEARD.values()) == {1}
    assert len(HEARD) == 60


def test_a_broker_that_is_away_is_only_a_slower_relay(monkeypatch):
    asked = []

    def refuse(*args, **kwargs):
        asked.append(args)
        raise ConnectionRefusedError

    monkeypatch.undo()
    monkeypatch.setattr(wake.current_app, "send_task", refuse)
    monkeypatch.setattr(wake, "_silent_until", 0.0)
    wake.relay_soon()
    wake.relay_soon()  # left alone for a while
    assert len(asked) == 1


@pytest.mark.django_db
def test_events_of_a_year_ago_are_forgotten_but_none_that_is_still_to_have_consequences(monkeypatch):
    monkeypatch.setattr(relay, "PAGE", 2)
    done, _nothing_to_do, failed, waiting = say(), say("none"), say("both"), say()
    Consequence.objects.filter(event=done).update(state=STATE.DONE)
    Consequence.objects.filter(event=failed).update(state=STATE.FAILED)
    Event.objects.update(at=timezone.now() - relay.KEPT - dt.timedelta(minutes=1))
    young = say("none")
    assert relay.tidy() == 2
    assert set(Event.objects.all()) == {failed, waiting, young}
    assert Consequence.objects.count() == 3
    assert relay.tidy() == 0
