"""Letters that could not be handled (seed 004, "RTC Dead Letter Actions"): kept, settled again, or put aside."""

from collections.abc import Iterable
from contextlib import suppress

from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.connectivity import letters, queries
from apps.connectivity.actions.hearing import take_letter
from apps.connectivity.models import RtcDeadLetter
from apps.core.actions import action
from apps.core.actors import Actor
from apps.core.levels import Level
from apps.core.refusals import Forbidden, refuse_if
from apps.core.rows import new, touch


@action(level=Level.SYSTEM)
def keep_dead_letters(*, queue: str, bodies: Iterable[bytes], by: Actor) -> int:
    """Copy these letters of a dead-letter queue; one that is kept already makes no second row. How many are new."""
    if not by.is_global:
        raise Forbidden("Dead letters are of all entities; this needs GLOBAL scope")
    count = 0
    for body in bodies:
        payload = body.decode("utf-8", "replace").replace("\x00", "\ufffd")
        digest = letters.digest(queue, payload)
        if not RtcDeadLetter.objects.filter(digest=digest).exists():
            with suppress(IntegrityError), transaction.atomic():  # another import was faster
                new(RtcDeadLetter, by=by, queue_name=queue, payload=payload, digest=digest)
                count += 1
    return count


@action(level=Level.SYSTEM)
def replay_dead_letter(*, key: int, by: Actor) -> RtcDeadLetter:
    """Settle the letter now, as if it came in. Whether that went well stands in `replay_status`; what went well before
    is not done again."""
    row = queries.fetch_dead_letter(key, by=by, lock=True)
    refuse_if(row.status == RtcDeadLetter.DISCARDED, "status", "was discarded, and is not to be processed further")
    if row.replay_status == RtcDeadLetter.SUCCESS:
        return row
    problem = take_letter(queue=row.queue_name, body=row.payload, by=by)
    now = timezone.now()
    row.status, row.status_time = RtcDeadLetter.REPLAYED, now
    row.replay_status = RtcDeadLetter.FAILURE if problem else RtcDeadLetter.SUCCESS
    row.replay_status_text, row.replay_status_time = problem, now
    touch(row, "status", "status_time", "replay_status", "replay_status_text", "replay_status_time", by=by)
    return row


@action(level=Level.SYSTEM)
def discard_dead_letter(*, key: int, by: Actor) -> RtcDeadLetter:
    """Put the letter aside for good."""
    row = queries.fetch_dead_letter(key, by=by, lock=True)
    if row.status != RtcDeadLetter.DISCARDED:
        row.status, row.status_time = RtcDeadLetter.DISCARDED, timezone.now()
        touch(row, "status", "status_time", by=by)
    return row
