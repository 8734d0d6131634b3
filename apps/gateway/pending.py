"""Why something is still pending: for each open order of a unit who asked for it and when, what has happened since, and
the one next step (ours; contract/actions.md, "Lists").

Steps are those that have happened, in the order of time: `queued`, `sms_sent`, `sms_delivered`, `connected` (the unit
was heard since), `told` (it fetched its instructions since), `skipped` and `failed` with the reason in `detail`.
`next_step` is what is waited for: `connected`, `told` or `confirmed`; `next_step_at` when it should come.
"""

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone

from apps.connectivity import queries as connectivity
from apps.dcm.queries import outstanding
from apps.gateway.models import Told
from apps.parts.models import PartParameter
from apps.products import queries
from apps.products.contact import PENDING, next_contact
from apps.products.models import Product
from apps.repairs.queries import pending_part_parameters

BY_CODE = "it was given as a code instead"  # to be typed in: the unit is told it no more
KINDS = ("enable", "tamper", "software", "parameter", "payment")


@dataclass(frozen=True)
class Step:
    step: str
    at: dt.datetime
    detail: str | None = None


@dataclass
class Order:
    """One open order. `value`: true or false of a switch, a version's name, a parameter's text, seconds of credit."""

    kind: str
    order_id: int
    value: Any
    asked_by: str | None
    asked_at: dt.datetime
    valid_until: dt.datetime | None = None
    name: str | None = None  # of a parameter, a payment's category
    part: str = ""  # of the unit, that a parameter is for
    steps: list[Step] = field(default_factory=list)
    next_step: str = "connected"
    next_step_at: dt.datetime | None = None


def pending(product: Product) -> list[Order]:
    """The open orders of a unit, the newest first."""
    orders = sorted(_open(product), key=lambda order: (order.asked_at, order.order_id), reverse=True)
    if not orders:
        return []
    contact = product.latest_connection.date if product.latest_connection else None
    record = Told.objects.filter(product=product).first()
    # By its own instructions, and in real time by letters, which hold all orders too.
    tellings = sorted((record.times if record else []) + connectivity.told_by_letter(product))
    for order in orders:
        if order.kind in ("enable", "tamper"):
            ways = connectivity.ways_of(product, [order.order_id], tamper=order.kind == "tamper")
            sent = [one for one in ways.get(order.order_id, []) if one.step != "queued"]
            order.steps += [Step(one.step, one.at, one.detail or None) for one in sent]
        elif order.kind == "payment":
            woken = connectivity.wakeups_without_order(product, order.asked_at)
            order.steps += [Step(one.step, one.at, one.detail or None) for one in woken if one.step != "queued"]
        _walk(order, contact, next((at for at in tellings if at >= order.asked_at), None))
    return orders


def _walk(order: Order, contact: dt.datetime | None, told: dt.datetime | None) -> None:
    order.steps.append(Step("queued", order.asked_at, order.name))
    if contact is not None and contact >= order.asked_at:
        order.steps.append(Step("connected", contact))
    by_code = next((step.at for step in order.steps if step.detail == BY_CODE), None)
    if told is not None and by_code is not None and told > by_code:
        told = None
    if told is not None and not any(step.step == "told" for step in order.steps):  # a letter may have told it sooner
        order.steps.append(Step("told", told))
    order.steps.sort(key=lambda step: step.at)
    done = {step.step for step in order.steps}
    order.next_step = "confirmed" if "told" in done or by_code else "told" if "connected" in done else "connected"
    due = next_contact(contact)
    # A contact that is overdue is expected at any moment; when, nobody knows.
    order.next_step_at = due if due is not None and due > timezone.now() else None


def _open(product: Product) -> Iterator[Order]:
    for kind, latest in (("enable", product.latest_enable_history), ("tamper", product.latest_tamper_enable_history)):
        if latest is not None and latest.current_enable_state in PENDING and not latest.is_past_deadline:
            on = latest.current_enable_state == "pending_enabled"
            yield Order(kind, latest.pk, on, latest.user, latest.date, latest.valid_until)
    software = queries.software_ordered(product).select_related("software_version_type").order_by("-pk").first()
    if software is not None:
        version = software.software_version_type
        order = Order(
            "software", software.pk, version.name, software.created_by, software.created_at, software.valid_until,
            version.name,
        )  # fmt: skip
        if software.update_attempts:
            text = f"{software.update_attempts} attempt(s) left another version running"
            order.steps.append(Step("failed", software.modified_at or software.created_at, text))
        if version.status == "bad":
            at = version.modified_at or version.created_at
            order.steps.append(Step("skipped", max(at, order.asked_at), "the version is marked as bad"))
        yield order
    rows: Any = queries.parameters_ordered(product)
    for row in (*rows, *pending_part_parameters(product)):
        until = getattr(row, "valid_until", None)
        part = row.part.called if isinstance(row, PartParameter) else ""
        yield Order(
            "parameter", row.pk, row.value, row.created_by, row.created_at, until, row.parameter_type.name, part
        )  # fmt: skip
    for command in outstanding(product).select_related("token"):
        order = Order(
            "payment", command.pk, command.value, command.created_by, command.created_at, name=command.category
        )  # fmt: skip
        if (token := getattr(command, "token", None)) is not None:
            order.steps.append(Step("skipped", token.issued_at, BY_CODE))
        yield order
