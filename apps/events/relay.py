"""Claim due consequences and carry them out.

A claim is a short transaction of its own (SKIP LOCKED on PostgreSQL, the write lock on SQLite) that moves `due_at`
past a lease; the handler runs outside any transaction, and each row is marked as soon as it is carried out. While a
batch goes on its lease is renewed. A worker that dies leaves rows that fall due again by themselves: at least once,
unordered, and what is done twice is what was being done at that moment.
"""

import datetime as dt
import logging
import random
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from django.db import DatabaseError, connections, transaction
from django.db.models import Case, F, When
from django.utils import timezone

from apps.core.statements import hasty_commits
from apps.events.actions import handler
from apps.events.models import Consequence, Event

log = logging.getLogger(__name__)

BATCH = 100
LEASE = dt.timedelta(seconds=20)  # with the sweep of half a minute: what a killed worker held goes on within a minute
RENEW = 6.0  # seconds
LONGEST = 300.0  # seconds that one handler may take before its lease is left to end: it hangs
MOST_BEGUN = 30  # times that a row's worker may end while it carries it out; then a person decides
# Waits after the first, second, … failed attempt, with ±20 % of chance; about three days in all.
WAITS = [5, 30, 120, 600, 1800, 7200, 18000, 36000, 86400]
KEPT = dt.timedelta(days=365)
PAGE = 2000


def claim(limit: int | None = None) -> list[Consequence]:
    """Up to `limit` (BATCH) due rows, ours until the lease ends; those first that were tried least, so that one that
    kills its worker holds up no other for long."""
    with transaction.atomic():
        now = timezone.now()
        due = dict(
            Consequence.objects.select_for_update(skip_locked=True)
            .filter(state=Consequence.State.PENDING, due_at__lte=now)
            .order_by("due_at", "id")[: limit or BATCH]
            .values_list("id", "attempts")
        )
        if not due:
            return []
        counted = Case(
            When(attempts=0, then=1), default=F("attempts"), output_field=Consequence._meta.get_field("attempts")
        )
        Consequence.objects.filter(id__in=due).update(due_at=now + LEASE, attempts=counted)
        deadly = [key for key, attempts in due.items() if attempts >= MOST_BEGUN]
        if deadly:
            text = f"its worker ended while carrying it out, {MOST_BEGUN} times"
            Consequence.objects.filter(id__in=deadly).update(state=Consequence.State.FAILED, last_error=text)
    pending = Consequence.objects.filter(id__in=due, state=Consequence.State.PENDING)
    rows = list(pending.select_related("event").order_by("attempts", "id"))
    for row in rows:
        row.is_counted = not due[row.id]
    return rows


def due() -> bool:
    """Whether there is something that a relay would claim."""
    return Consequence.objects.filter(state=Consequence.State.PENDING, due_at__lte=timezone.now()).exists()


def run(rows: Sequence[Consequence]) -> None:
    left = {row.id: 0.0 for row in rows}  # when it was begun
    with _kept(left, {row.due_at for row in rows}), hasty_commits():
        for row in rows:
            left[row.id] = time.monotonic()
            if _begin(row):
                try:
                    handler(row.handler)(row.event)
                except Exception as error:
                    _put_back(row, error)
                else:
                    _mark_done(row)
            del left[row.id]


def _begin(row: Consequence) -> bool:
    """Count the attempt, of this row alone: those that were only claimed have not been tried when their worker ends.
    (The first is counted by the claim of all: most rows need no other, and are to cost one statement.) False where it
    is no longer to be done."""
    if row.is_counted:
        return True
    row.attempts += 1
    pending = Consequence.objects.filter(pk=row.pk, state=Consequence.State.PENDING)
    return bool(pending.update(attempts=F("attempts") + 1))


def _mark_done(row: Consequence) -> None:
    Consequence.objects.filter(pk=row.pk).update(state=Consequence.State.DONE, done_at=timezone.now(), last_error="")


@contextmanager
def _kept(left: dict[int, float], leases: set[dt.datetime]) -> Iterator[None]:
    """Renews the lease of what is left of a batch, on a thread and a connection of its own, which a batch that is done
    at once never needs."""
    over = threading.Event()

    def renew() -> None:
        while not over.wait(RENEW):
            try:
                _renew(left, leases)
            except DatabaseError as error:
                log.warning("a lease was not renewed (%s)", type(error).__name__)
            finally:
                connections.close_all()

    thread = threading.Thread(target=renew, name="lease", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _renew(left: dict[int, float], leases: set[dt.datetime]) -> None:
    """`leases`: until when the rows were held so far. One that waits for its next try meanwhile, or is another's, falls
    due at a time that is none of these, and stays so."""
    held = dict(left)
    if any(begun and time.monotonic() - begun > LONGEST for begun in held.values()):
        return
    until = timezone.now() + LEASE
    rows = Consequence.objects.filter(pk__in=held, state=Consequence.State.PENDING, due_at__in=list(leases))
    leases.add(until)  # before it is written: nobody knows what became of a write that fails
    rows.update(due_at=until)


def relay_all(limit: int = 10_000, *, seconds: float | None = None) -> int:
    """Relay until nothing is due, `limit` rows are done or so much time has gone by; returns how many were tried."""
    begun, count = time.monotonic(), 0
    while count < limit and (seconds is None or time.monotonic() - begun < seconds):
        rows = claim()
        if not rows:
            break
        run(rows)
        count += len(rows)
    return count


def _put_back(row: Consequence, error: Exception) -> None:
    log.warning("%s failed at attempt %d: %s", row, row.attempts, type(error).__name__, exc_info=error)
    spent = row.attempts > len(WAITS)
    wait = 0 if spent else WAITS[row.attempts - 1] * random.uniform(0.8, 1.2)  # noqa: S311
    Consequence.objects.filter(pk=row.pk).update(
        state=Consequence.State.FAILED if spent else Consequence.State.PENDING,
        due_at=timezone.now() + dt.timedelta(seconds=wait),
        last_error=f"{type(error).__name__}: {error}"[:2000],
    )


def tidy() -> int:
    """Forget events of more than KEPT ago with all that came of them; returns how many.

    One of whose consequences something is still to be done, or failed and waits for a person, stays. Goes by pages from
    the oldest, so that no statement is long and nothing younger is looked at.
    """
    before, last, count = timezone.now() - KEPT, 0, 0
    while True:
        page = list(Event.objects.filter(pk__gt=last).order_by("pk").values_list("pk", "at")[:PAGE])
        old = [key for key, at in page if at < before]
        if not old:
            return count
        undone = Consequence.objects.filter(event_id__in=old).exclude(state=Consequence.State.DONE)
        gone = set(old) - set(undone.values_list("event_id", flat=True))
        Event.objects.filter(pk__in=gone).delete()
        last, count = page[-1][0], count + len(gone)
