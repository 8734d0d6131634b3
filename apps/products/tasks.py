"""What time does to orders."""

import logging
import time
from typing import Any

from celery import shared_task
from django.db.models import QuerySet
from django.utils import timezone

from apps.core.actors import SYSTEM, Machine
from apps.core.refusals import Refused
from apps.events.wake import wake_soon
from apps.products import actions, rollouts
from apps.products.contact import PENDING
from apps.products.models import (
    EnableHistory,
    ProductParameter,
    ProductSoftwareLinker,
    SoftwareRollout,
    TamperEnableHistory,
)

log = logging.getLogger(__name__)

AT_ONCE = 1000
PIECE = 50  # units ordered in one transaction
SLICE = 20.0  # seconds before other tasks of this worker get their turn


@shared_task(name="apps.products.tasks.lapse")
def lapse() -> None:
    """End orders whose deadline has passed; each minute. A unit's own contact ends its orders sooner."""
    waiting: tuple[QuerySet[Any], ...] = (
        EnableHistory.objects.filter(lapsed=False, current_enable_state__in=PENDING),
        TamperEnableHistory.objects.filter(lapsed=False, current_enable_state__in=PENDING),
        ProductSoftwareLinker.objects.filter(date_added=None, date_removed=None),
        ProductParameter.objects.filter(status="pending"),
    )
    for rows in waiting:
        due = rows.filter(valid_until__lte=timezone.now()).order_by("valid_until")
        for imei in list(due.values_list("product_id", flat=True)[:AT_ONCE]):
            actions.end_overdue(imei=imei, by=SYSTEM)


@shared_task(name="apps.products.tasks.roll_out")
def roll_out() -> None:
    """Order the next units of each running roll-out, stop one of which too many units fail or that can't go on, and
    withdraw what those that were stopped left open; each minute, and after a stop."""
    running = SoftwareRollout.objects.filter(state="running", percent__gt=0)
    for rollout in running.select_related("software_version_type", "product_type"):
        try:
            _carry_on(rollout)
        except Refused as refused:  # somebody stopped it at this moment
            log.info("roll-out %s was left: %s", rollout.pk, refused)
    until = time.monotonic() + SLICE
    for rollout in rollouts.stopped_with_open_orders():
        by = Machine(rollout.modified_by or SYSTEM.name_for_record)
        while actions.withdraw(rollout, most=PIECE, by=by):
            if time.monotonic() >= until:
                wake_soon("apps.products.tasks.roll_out")
                return


def _carry_on(rollout: SoftwareRollout) -> None:
    found, obstacle = rollouts.progress(rollout), rollouts.obstacle(rollout)
    because = f"{getattr(rollout, obstacle[0]).name} {obstacle[1]}" if obstacle else ""
    if found.share_failed > rollout.stop_at:
        because = f"{found.failed} of {found.ordered} units failed ({found.share_failed:.1f} %)"
    if because:
        actions.stop_rollout(rollout, because=because, by=SYSTEM)
        return
    by = Machine(rollout.created_by or SYSTEM.name_for_record)
    members = rollouts.group(rollout, rollout.percent)
    units = list(rollouts.to_be_ordered(rollout, members).order_by("pk")[:AT_ONCE])
    for start in range(0, len(units), PIECE):
        actions.carry_on(rollout, units=units[start : start + PIECE], by=by)
    if not units and rollout.next_group() is None and not found.waiting:
        actions.finish_rollout(rollout, by=SYSTEM)
