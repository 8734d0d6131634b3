"""What a condition may ask about the unit and its repair, by name. A fact that is not known is None.

Adding one is a function and its line; docs/workflows.md lists them from here.
"""

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from apps.accounts.models import EntityFacilityLinker, User
from apps.core.actors import Actor
from apps.factory.models import BatteryTestResult, TestJigTestResult
from apps.products import queries as products
from apps.products.models import Product
from apps.repairs import queries as repairs
from apps.repairs.models import Repair, RepairPartTypeLinker
from apps.telemetry import store

RECENT = dt.timedelta(hours=24)


@dataclass(frozen=True)
class Asked:
    """Of whom a fact is asked. `repair` is None before there is one."""

    product: Product
    repair: Repair | None
    by: Actor


Fact = Callable[[Asked], Any]


def has_battery(asked: Asked) -> bool:
    """Whether a battery is known to sit in the unit."""
    return repairs.battery_type(asked.product) is not None


def product_type(asked: Asked) -> int:
    """The key of the unit's product type."""
    return int(asked.product.product_type_id)


def enabled(asked: Asked) -> bool:
    """Whether the unit is switched on, by its last word."""
    return bool(asked.product.current_enable_flag)


def tampered(asked: Asked) -> bool:
    """Whether its tamper switch is on, by its last word."""
    return bool(asked.product.current_tamper_flag)


def hours_since_contact(asked: Asked) -> float | None:
    """Hours since the unit last connected."""
    latest = asked.product.latest_connection
    return None if latest is None else (timezone.now() - latest.created_at).total_seconds() / 3600


def jig_passed(asked: Asked) -> bool | None:
    """The last result of a test jig in the last 24 hours."""
    rows = TestJigTestResult.objects.filter(product=asked.product, created_at__gte=timezone.now() - RECENT)
    return rows.order_by("-pk").values_list("passed", flat=True).first()


def battery_test_result(asked: Asked) -> str | None:
    """The last result of a battery test that was made during this repair."""
    if asked.repair is None:
        return None
    rows = BatteryTestResult.objects.filter(product=asked.product, created_at__gte=asked.repair.created_at)
    return rows.order_by("-pk").values_list("result", flat=True).first()


def earlier_repairs(asked: Asked) -> int:
    """How many other repairs of this unit there have been."""
    rows = Repair.objects.filter(product=asked.product)
    return rows.exclude(pk=asked.repair.pk).count() if asked.repair else rows.count()


def parts_wanted(asked: Asked) -> int:
    """How many parts that were asked for in this repair are not fitted yet."""
    rows = RepairPartTypeLinker.objects.filter(repair=asked.repair, replaced_date=None)
    return rows.count() if asked.repair else 0


def latest_voltage(asked: Asked) -> float | None:
    """The voltage that the unit sent last, in V, not older than 24 hours."""
    return _latest(asked, "voltage")


def latest_temperature(asked: Asked) -> float | None:
    """The temperature that the unit sent last, in °C, not older than 24 hours."""
    return _latest(asked, "temperature")


def _latest(asked: Asked, name: str) -> float | None:
    now = timezone.now()
    found = store.read(asked.product.subject, start=now - RECENT, end=now, fields=[name]).get(name, [])
    numbers = [value for value, _at in found if isinstance(value, int | float) and not isinstance(value, bool)]
    return float(numbers[-1]) if numbers else None


FACTS: dict[str, Fact] = {
    function.__name__: function
    for function in (
        has_battery, product_type, enabled, tampered, hours_since_contact, jig_passed, battery_test_result,
        earlier_repairs, parts_wanted, latest_voltage, latest_temperature,
    )
}  # fmt: skip


def has_facility(facility: str, asked: Asked) -> bool:
    """Whether the workshop of whoever works has this tool: by the entity of the repair's centre, else the user's own,
    else the unit's. An entity of which nothing is written down has all."""
    centre = asked.repair.repair_centre if asked.repair else None
    entity = centre.entity_id if centre else None
    if entity is None and isinstance(asked.by, User):
        entity = asked.by.entity_id
    entities = [entity] if entity is not None else products.entity_ids(asked.product)
    row = EntityFacilityLinker.objects.filter(entity__in=entities).first()
    return True if row is None else bool(getattr(row, facility))
