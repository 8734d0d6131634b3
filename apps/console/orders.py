"""What a unit was ordered and has not confirmed, and what it runs and holds, in people's words."""

import datetime as dt
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from apps.console.credit.shared import CATEGORIES
from apps.console.credit.shared import in_words as lasting
from apps.core.actors import called
from apps.core.levels import Level
from apps.events.models import Event
from apps.gateway.pending import Order, pending
from apps.parts.models import Part, PartParameter
from apps.products import actions, deadlines, queries
from apps.products.models import Product, ProductParameter
from apps.repairs.queries import fitted

STEPS: Mapping[str, Promise] = {
    "queued": gettext_lazy("Ordered"),
    "sms_sent": gettext_lazy("Wake-up message sent"),
    "sms_delivered": gettext_lazy("Wake-up message delivered"),
    "connected": gettext_lazy("Unit connected"),
    "told": gettext_lazy("Order fetched by the unit"),
    "confirmed": gettext_lazy("Confirmed by the unit"),
    "lapsed": gettext_lazy("Lapsed: not confirmed in time"),
    "skipped": gettext_lazy("Passed over"),
    "failed": gettext_lazy("Failed"),
}
DETAILS: Sequence[tuple[str, Promise]] = (
    ("expired", gettext_lazy("it did not reach the unit within an hour")),
    ("superseded", gettext_lazy("a newer order took its place")),
    ("quota_unit", gettext_lazy("the unit's quota of messages for the day was spent")),
    ("quota_entity", gettext_lazy("the entity's quota of messages for the day was spent")),
    ("no reply", gettext_lazy("no reply came")),
    ("no broker took it in time", gettext_lazy("the message broker was away for too long")),
    (r"retry (?P<number>\d+)", gettext_lazy("sent again, %(number)s")),
    ("it was given as a code instead", gettext_lazy("it was given as a code instead")),
    ("the version is marked as bad", gettext_lazy("the version is marked as bad")),
    (
        r"(?P<number>\d+) attempt\(s\) left another version running",
        gettext_lazy("another version runs still; tried: %(number)s"),
    ),
)
AHEAD = ("connected", "told", "confirmed")  # every order's way, message or not


@dataclass(frozen=True)
class Step:
    """One step of an order's way: done with its time, or still to come."""

    text: str | Promise
    at: dt.datetime | None = None
    who: str | Promise = ""
    detail: str = ""

    @property
    def done(self) -> bool:
        return self.at is not None


@dataclass(frozen=True)
class Waiting:
    """An open order. `due`: when the next step should come; None where nobody knows."""

    kind: str
    title: str
    asked_by: str | Promise
    asked_at: dt.datetime
    valid_until: dt.datetime | None
    steps: list[Step]
    due: dt.datetime | None


def waiting(product: Product) -> list[Waiting]:
    """The open orders, the newest first."""
    return [
        Waiting(
            order.kind, _title(order), called(order.asked_by), order.asked_at, order.valid_until, _way(order),
            order.next_step_at,
        )
        for order in pending(product)
    ]  # fmt: skip


@dataclass(frozen=True)
class Lapsed:
    """An order whose time ran out. `fields`: what giving it again sends to the address; empty address: not the reader's
    to give."""

    title: str
    asked_by: str | Promise
    at: dt.datetime
    address: str
    fields: dict[str, Any]


def lapsed_of(product: Product, reader: Any) -> list[Lapsed]:
    """The orders that lapsed, and that nothing has taken the place of since."""
    found = []

    def add(row: Any, order: Order, act: str, level: Level | None, **fields: Any) -> None:
        may = level is None or reader.level >= level
        where = act if act in ("enable", "disable") else "act"
        words = [product.product_imei] if where != "act" else [product.product_imei, act]
        address = reverse(f"console:{where}", args=words) if may else ""
        found.append(Lapsed(_title(order), called(order.asked_by), row.valid_until, address, fields))

    rows: Any = deadlines.lapsed_switches().filter(product=product)
    for row in rows:
        on = row.current_enable_state == "pending_enabled"
        order = Order("enable", row.pk, on, row.user, row.date)
        add(row, order, "enable" if on else "disable", actions.enable_product.level)
    rows = deadlines.lapsed_software().filter(product=product).select_related("software_version_type")
    for row in rows:
        order = Order("software", row.pk, row.software_version_type.name, row.created_by, row.created_at)
        add(row, order, "software", actions.update_software.level, software=row.software_version_type_id)
    rows = deadlines.lapsed_parameters().filter(product=product).select_related("parameter_type")
    for row in rows:
        order = Order("parameter", row.pk, row.value, row.created_by, row.created_at, name=row.parameter_type.name)
        add(row, order, "parameter", actions.set_parameter.level, parameter=row.parameter_type_id, value=row.value)
    return found


def _way(order: Order) -> list[Step]:
    """What has happened, then what is still to come."""
    steps = [
        Step(
            STEPS.get(one.step, one.step), one.at, called(order.asked_by) if one.step == "queued" else "",
            "" if one.step == "queued" else in_words(one.detail or ""),
        )
        for one in order.steps
    ]  # fmt: skip
    ahead = AHEAD[AHEAD.index(order.next_step) :] if order.next_step in AHEAD else (order.next_step,)
    return steps + [Step(STEPS.get(name, name)) for name in ahead]


def in_words(detail: str) -> str:
    """What a step's detail, which speaks English to programs, says to people."""
    for shape, text in DETAILS:
        if match := re.fullmatch(shape, detail):
            return str(text) % match.groupdict()
    return detail


def _title(order: Order) -> str:
    match order.kind:
        case "enable":
            return _("Switch on") if order.value else _("Switch off")
        case "tamper":
            return _("Tamper switch on") if order.value else _("Tamper switch off")
        case "software":
            return _("Software %(name)s") % {"name": order.value}
        case "payment":
            title = str(CATEGORIES.get(order.name or "", order.name or ""))
            return f"{title}: {lasting(order.value)}" if order.value else title
    named = f"{order.name} = {order.value}"
    return _("%(what)s: %(change)s") % {"what": order.part, "change": named} if order.part else named


@dataclass(frozen=True)
class Software:
    """What runs, what is wanted, and the lock. `attempts`: how often the order has failed."""

    running: str | None
    wanted: str | None
    attempts: int
    locked: str | None
    locked_by: str | Promise


def software_of(product: Product) -> Software:
    order = queries.software_ordered(product).select_related("software_version_type").order_by("-pk").first()
    lock = product.software_lock
    locked_by: str | Promise = ""
    if lock is not None:
        said = Event.objects.filter(subject=product.subject, name="product.software_locked").order_by("-pk").first()
        locked_by = called(said.by) if said is not None else ""
    return Software(
        product.reported_software, order.software_version_type.name if order else None,
        (order.update_attempts if order else None) or 0, lock.name if lock else None, locked_by,
    )  # fmt: skip


@dataclass
class Setting:
    """A parameter: the value that holds, and the one that is ordered."""

    name: str
    units: str
    holds: str | None = None
    wanted: str | None = None


def settings_of(product: Product) -> list[Setting]:
    """The unit's parameters that hold or are ordered, by name."""
    return _settings(ProductParameter.objects.filter(product=product))


def _settings(rows: Any) -> list[Setting]:
    found: dict[int, Setting] = {}
    rows = rows.filter(status__in=("active", "pending")).select_related("parameter_type")
    for row in rows.order_by("parameter_type__name", "pk"):
        kind = row.parameter_type
        one = found.setdefault(kind.pk, Setting(kind.name, kind.units or ""))
        if row.status == "active":
            one.holds = f"{one.holds}, {row.value}" if kind.repeatable and one.holds else row.value
        else:
            one.wanted = row.value
    return list(found.values())


def parts_of(product: Product) -> list[tuple[Part, list[Setting]]]:
    """What sits in the unit now, and what each part is set to."""
    rows = fitted(product).select_related("part__part_type__part_type_category").order_by("part__part_type__name")
    set_up = set(PartParameter.objects.filter(part__in=rows.values("part")).values_list("part", flat=True))
    return [
        (row.part, _settings(PartParameter.objects.filter(part=row.part)) if row.part_id in set_up else [])
        for row in rows
    ]  # fmt: skip
