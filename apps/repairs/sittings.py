"""The working time at the bench: an open page beats, a silent one has been left, and a slip is corrected by hand.

Nobody sits at two steps at once: a beat at another one ends the sitting before it.
"""

import datetime as dt

from django.db.models import QuerySet
from django.utils import timezone

from apps.accounts.models import User
from apps.core import wording
from apps.core.actions import action
from apps.core.actors import Actor
from apps.core.levels import Level
from apps.core.locks import alone
from apps.core.refusals import Forbidden, NotFound, refuse_if
from apps.repairs.models import Repair, RepairWorkflowState, Sitting
from apps.repairs.models.sittings import GAP

LONGEST_SITTING = 24 * 3600  # seconds that a correction may name
LONGEST_REASON = 500


@action(level=Level.TECHNICAL)
def beat(repair: Repair, *, by: Actor) -> Sitting | None:
    """Whoever has the page of this repair open is there now. None where it has ended, or no person asks."""
    if not isinstance(by, User):
        return None
    alone(f"sitting of {by.pk}")
    now = timezone.now()
    state = RepairWorkflowState.objects.filter(repair=repair, exit_time=None).order_by("-pk").first()
    held = Sitting.objects.filter(technician=by, ended=None).first()
    if held is not None:
        if state is not None and held.state_id == state.pk and now - held.seen <= GAP:
            held.seen = now
            held.save(update_fields=["seen"])
            return held
        held.ended = held.seen
        held.save(update_fields=["ended"])
    if state is None:
        return None
    return Sitting.objects.create(repair=repair, state=state, technician=by, began=now, seen=now)


@action(level=Level.TECHNICAL)
def leave(repair: Repair, *, by: Actor) -> None:
    """They are done with this step, or leave it: their sitting ends now, unless they were gone already."""
    if not isinstance(by, User):
        return
    alone(f"sitting of {by.pk}")
    held = Sitting.objects.filter(technician=by, repair=repair, ended=None).first()
    if held is None:
        return
    now = timezone.now()
    if now - held.seen <= GAP:
        held.seen = now
    held.ended = held.seen
    held.save(update_fields=["seen", "ended"])


@action(level=Level.TECHNICAL)
def correct(repair: Repair, *, key: int, seconds: int, reason: str, by: Actor) -> Sitting:
    """Put another time in the place of what was measured; what was measured is kept. One's own, or anybody's for ADMIN.

    Invalid with `seconds`, `reason`; NotFound for a sitting of another repair; Forbidden for a colleague's.
    """
    found = Sitting.objects.select_for_update(of=("self",)).filter(pk=key, repair=repair).first()
    if found is None:
        raise NotFound()
    if found.technician_id != getattr(by, "pk", None) and by.level < Level.ADMIN:
        raise Forbidden("The working time of a colleague is corrected by them, or by somebody of the level ADMIN")
    refuse_if(not 0 <= seconds <= LONGEST_SITTING, "seconds", "must lie between 0 and 1440 minutes")
    reason = wording.words("reason", reason, most=LONGEST_REASON)
    found.corrected_seconds, found.reason = seconds, reason
    found.corrected_by, found.corrected_at = by.name_for_record, timezone.now()
    found.save(update_fields=["corrected_seconds", "reason", "corrected_by", "corrected_at"])
    return found


def present(now: dt.datetime | None = None) -> QuerySet[Sitting]:
    """Who sits at a step now."""
    since = (now or timezone.now()) - GAP
    return Sitting.objects.filter(ended=None, seen__gte=since, state__exit_time=None).select_related("technician")
