"""What time does to orders."""

from typing import Any

from celery import shared_task
from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from apps.core.actors import SYSTEM, Machine
from apps.products import actions, rollouts
from apps.products.contact import PENDING
from apps.products.models import (
    EnableHistory,
    Product,
    ProductParameter,
    ProductSoftwareLinker,
    SoftwareRollout,
    TamperEnableHistory,
)

AT_ONCE = 1000
PIECE = 50  # units ordered in one transaction


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
        due = rows.filter(valid_until__lte=timezone.now())
        for imei in list(due.values_list("product_id", flat=True)[:AT_ONCE]):
            with transaction.atomic():
                unit = Product.objects.select_for_update(of=("self",), no_key=True).filter(product_imei=imei).first()
                if unit is not None:
                    actions.lapse_orders(unit, by=SYSTEM)


@shared_task(name="apps.products.tasks.roll_out")
def roll_out() -> None:
    """Order the next units of each running roll-out, and stop one of which too many units fail; each minute."""
    for rollout in SoftwareRollout.objects.filter(state="running", percent__gt=0).select_related(
        "software_version_type"
    ):
        by = Machine(rollout.created_by or SYSTEM.name_for_record)
        found = rollouts.progress(rollout)
        if found.share_failed > rollout.stop_at:
            because = f"{found.failed} of {found.ordered} units failed ({found.share_failed:.1f} %)"
            actions.stop_rollout(rollout, because=because, by=SYSTEM)
            continue
        members = rollouts.group(rollout, rollout.percent)
        units = list(rollouts.to_be_ordered(rollout, members).order_by("pk")[:AT_ONCE])
        for start in range(0, len(units), PIECE):
            actions.carry_on(rollout, units=units[start : start + PIECE], by=by)
        if not units and rollout.next_group() is None and not found.waiting:
            actions.finish_rollout(rollout, by=SYSTEM)
