"""Rolling a software version out by groups, and stopping where too many units fail."""

from collections.abc import Sequence

from django.db import transaction

from apps.accounts.models import Entity
from apps.core.actions import action
from apps.core.actors import Actor
from apps.core.levels import Level
from apps.core.refusals import Forbidden, Invalid, Refused, refuse_if
from apps.core.rows import new, touch
from apps.events.actions import emit
from apps.products import rollouts
from apps.products.actions.software import end_orders, update_software
from apps.products.models import (
    Product,
    ProductSoftwareLinker,
    ProductType,
    SoftwareRollout,
    SoftwareVersionType,
)

RUNNING, STOPPED, DONE = "running", "stopped", "done"


@action(level=Level.SYSTEM)
def begin_rollout(
    *, version: SoftwareVersionType, product_type: ProductType, entity: Entity | None, stop_at: float, by: Actor
) -> SoftwareRollout:
    """A roll-out that has ordered nothing yet: its groups are begun one by one."""
    _needs_global(by)
    _refuse_obstacle(SoftwareRollout(product_type=product_type, software_version_type=version))
    # Who begins one at the same moment waits here, and finds ours.
    ProductType.objects.select_for_update(no_key=True).get(pk=product_type.pk)
    running = SoftwareRollout.objects.filter(product_type=product_type, state=RUNNING)
    refuse_if(running.exists(), "product_type", "has a roll-out already; stop that one first")
    refuse_if(not 0 < stop_at <= 100, "stop_at", "must lie between 0 and 100")
    rollout: SoftwareRollout = new(
        SoftwareRollout, by=by, product_type=product_type, software_version_type=version, entity=entity, stop_at=stop_at
    )
    _say("software.rollout_begun", rollout, by)
    return rollout


@action(level=Level.SYSTEM)
def begin_next_group(rollout: SoftwareRollout, *, by: Actor) -> SoftwareRollout:
    """Let the next group take part; its units are ordered by and by."""
    rollout = _held(rollout, by)
    _refuse_obstacle(rollout)
    after = rollout.next_group()
    if after is None:
        raise Invalid({"percent": "is all of the units already"})
    rollout.percent = after
    touch(rollout, "percent", by=by)
    _say("software.rollout_grown", rollout, by)
    return rollout


@action(level=Level.SYSTEM)
def stop_rollout(rollout: SoftwareRollout, *, because: str = "", by: Actor) -> SoftwareRollout:
    """Order nothing more. What no unit has confirmed is told to nobody from now on (queries.software_ordered), and a
    task withdraws it unit by unit: of a million units that takes longer than anybody may hold their rows."""
    rollout = _held(rollout, by)
    rollout.state, rollout.stopped_because = STOPPED, because or None
    touch(rollout, "state", "stopped_because", by=by)
    _say("software.rollout_stopped", rollout, by)
    transaction.on_commit(_wake, robust=True)
    return rollout


@action(level=None)
def withdraw(rollout: SoftwareRollout, *, most: int, by: Actor) -> int:
    """End the open orders of so many units of a roll-out that was stopped; of how many there were any."""
    left = ProductSoftwareLinker.objects.filter(rollout=rollout, date_added=None, date_removed=None)
    imeis = list(left.values_list("product_id", flat=True)[:most])  # in the order of the index on open ones
    for unit in Product.objects.filter(product_imei__in=imeis).order_by("pk"):
        end_orders(unit, rollout=rollout, by=by)
    return len(imeis)


@action(level=Level.SYSTEM)
def carry_on(rollout: SoftwareRollout, *, units: Sequence[Product], by: Actor) -> int:
    """Order the version for these units of the present group; returns for how many it was. One that refuses (locked
    meanwhile, gone) is passed over."""
    rollout = _held(rollout, by)
    count = 0
    for unit in units:
        try:
            update_software(unit, software=rollout.software_version_type_id, rollout=rollout, by=by)
        except Refused:
            continue
        count += 1
    return count


@action(level=None)
def finish_rollout(rollout: SoftwareRollout, *, by: Actor) -> None:
    rollout.state = DONE
    touch(rollout, "state", by=by)
    _say("software.rollout_done", rollout, by)


def _held(rollout: SoftwareRollout, by: Actor) -> SoftwareRollout:
    _needs_global(by)
    held = SoftwareRollout.objects.select_for_update(of=("self",), no_key=True).get(pk=rollout.pk)
    refuse_if(held.state != RUNNING, "state", "is over; begin another roll-out")
    return held


def _refuse_obstacle(rollout: SoftwareRollout) -> None:
    if (found := rollouts.obstacle(rollout)) is not None:
        raise Invalid(dict([found]))


def _wake() -> None:
    from apps.events.wake import wake_soon

    wake_soon("apps.products.tasks.roll_out")


def _needs_global(by: Actor) -> None:
    if not by.is_global:
        raise Forbidden("A roll-out concerns units of all entities; this needs GLOBAL scope")


def _say(name: str, rollout: SoftwareRollout, by: Actor) -> None:
    told = rollouts.progress(rollout)
    emit(
        name, subject=f"software_rollout:{rollout.pk}", entity_ids=(), by=by,
        payload={
            "software": rollout.software_version_type.name, "product_type_id": rollout.product_type_id,
            "percent": rollout.percent, "ordered": told.ordered, "confirmed": told.confirmed, "failed": told.failed,
        },
    )  # fmt: skip
