"""Claim due consequences and carry them out.

A claim is a short transaction of its own (SKIP LOCKED on PostgreSQL, the write lock on SQLite) that moves `due_at`
past a lease; the handler runs outside any transaction. A worker that dies leaves rows that fall due again by
themselves: at least once, unordered.
"""

import datetime as dt
import logging
import random
from collections.abc import Sequence

from django.db import transaction
from django.db.models import F
from django.utils import timezone

from apps.events.actions import handler
from apps.events.models import Consequence, Event

log = logging.getLogger(__name__)

BATCH = 100
LEASE = dt.timedelta(minutes=2)
# Waits after the first, second, … failed attempt, with ±20 % of chance; about three days in all.
WAITS = [5, 30, 120, 600, 1800, 7200, 18000, 36000, 86400]
KEPT = dt.timedelta(days=365)
PAGE = 2000


def claim(limit: int | None = None) -> list[Consequence]:
    """Up to `limit` (BATCH) due rows, ours until the lease ends. Counts the attempt."""
    with transaction.atomic():
        now = timezone.now()
        due = list(
            Consequence.objects.select_for_update(skip_locked=True)
            .filter(state=Consequence.State.PENDING, due_at__lte=now)
            .order_by("due_at", "id")[: limit or BATCH]
            .values_list("id", flat=True)
        )
        if not due:
            return []
        Consequence.objects.filter(id__in=due).update(due_at=now + LEASE, attempts=F("attempts") + 1)
    return list(Consequence.objects.filter(id__in=due).select_related("event").order_by("id"))


def run(rows: Sequence[Consequence]) -> None:
    done: list[int] = []
    for row in rows:
        try:
            handler(row.handler)(row.event)
        except Exception as error:
            _put_back(row, error)
        else:
            done.append(row.id)
    if done:
        Consequence.objects.filter(id__in=done).update(
            state=Consequence.State.DONE, done_at=timezone.now(), last_error=""
        )


def relay_all(limit: int = 10_000) -> int:
    """Relay until nothing is due (or `limit` rows are done); returns how many rows were tried."""
    count = 0
    while count < limit:
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
