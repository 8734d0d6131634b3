"""A repair waits for something that is no step of it: a customer's word, a part from a colleague, the power.

It stays in its step. Whoever goes on with it ends the wait, and so does the time that was set.
"""

import datetime as dt

from django.utils import timezone

from apps.core import wording
from apps.core.actions import action
from apps.core.actors import SYSTEM, Actor
from apps.core.levels import Level
from apps.core.refusals import refuse_if
from apps.core.rows import new, touch
from apps.products import queries as products
from apps.products.models import Product
from apps.repairs.models import Repair, RepairWait
from apps.workflows.moving import held, no_longer_waits, told

LONGEST = 500  # characters of a reason
FURTHEST = dt.timedelta(days=366)


@action(level=Level.TECHNICAL)
def wait(
    repair: Repair, *, reason: str, until: dt.datetime | None = None, seen: str | None = None, by: Actor
) -> Repair:
    """It waits from now on; again with another reason begins another wait. Invalid with `reason`, `until`."""
    repair, product, _definition = held(repair, seen=seen, by=by)
    now, reason = timezone.now(), wording.words("reason", reason, most=LONGEST)
    refuse_if(until is not None and until <= now, "until", "must lie in the future")
    refuse_if(until is not None and until > now + FURTHEST, "until", "must lie within a year")
    no_longer_waits(repair, at=now, by=by)
    repair.waits = new(
        RepairWait, by=by, repair=repair, state_id=repair.workflow_state_id, reason=reason, since=now, until=until
    )
    touch(repair, "waits", by=by)
    told("repair.changed", repair, product, by=by, what="waits")
    return repair


@action(level=Level.TECHNICAL)
def resume(repair: Repair, *, seen: str | None = None, by: Actor) -> Repair:
    """It waits no longer; one that does not wait stays as it is."""
    repair, product, _definition = held(repair, seen=seen, by=by)
    if no_longer_waits(repair, at=timezone.now(), by=by):
        told("repair.changed", repair, product, by=by, what="resumed")
    return repair


@action(level=None)
def resume_due(repair: Repair, *, by: Actor = SYSTEM) -> bool:
    """End a wait whose time has come; whether it had, and nobody else was sooner."""
    product: Product = products.fetch(repair.product_id, by=by, lock=True)
    repair, now = Repair.objects.select_related("waits").get(pk=repair.pk), timezone.now()
    if repair.waits is None or repair.waits.until is None or repair.waits.until > now:
        return False
    no_longer_waits(repair, at=now, by=by)
    told("repair.changed", repair, product, by=by, what="resumed")
    return True
