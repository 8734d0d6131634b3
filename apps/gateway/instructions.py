"""What a unit is to do, read and never changed: what is sent stays pending until a signed report confirms it."""

from typing import Any

from django.utils import timezone

from apps.core.times import iso
from apps.dcm import queries as dcm
from apps.dcm.models import PAYMENT
from apps.products import queries
from apps.products.contact import CONNECT_EVERY, PENDING
from apps.products.models import EnableState, Product
from apps.products.parameters import typed
from apps.repairs.queries import pending_part_parameters

MOST_COMMANDS = 100  # the next ones follow when these are acknowledged
ORDERS = ("software", "parameters", "part_parameters", "payment_commands")


def instructions_for(product: Product) -> dict[str, Any]:
    """`seq` rises with every order, so that a unit that gets two answers out of order follows the newer one.

    `valid_until` is there only where the switching order has a deadline. Past it the unit leaves its switch as it is,
    and `enabled` is what it last confirmed. `payg`: false for a unit that is paid off, which no longer counts its
    credit down. Likewise within `software`, and by name in `parameters_valid_until`."""
    latest = product.latest_enable_history
    over = latest is not None and latest.is_past_deadline
    # Newest first; a version marked as bad since it was ordered is told to nobody.
    ordered = queries.software_ordered(product).select_related("software_version_type").order_by("-pk").first()
    version = ordered.software_version_type if ordered and ordered.software_version_type.status != "bad" else None
    told = version and {"name": version.name, "link": version.link, "checksum": version.checksum}
    if told and ordered and ordered.valid_until is not None:
        told["valid_until"] = iso(ordered.valid_until)
    pending = queries.parameters_ordered(product).order_by("pk")
    parts: dict[str, dict[str, Any]] = {}
    for row in pending_part_parameters(product):
        parts.setdefault(str(row.part_id), {})[row.parameter_type.name] = typed(row.parameter_type, row.value)
    commands = list(dcm.told(product).values("transaction_id", "category", "value")[:MOST_COMMANDS])
    enabled = product.current_enable_flag if over else product.desired_enable_flag
    paid = any(one["category"] == PAYMENT for one in commands)
    if enabled and not paid and latest is not None and latest.current_enable_state == EnableState.DISABLED:
        enabled = False  # it has switched itself off at zero; a payment comes with the order to be on again
    orders = {
        "time": iso(timezone.now()),
        "seq": product.order_seq,
        "enabled": enabled,
        "tamper_enabled": product.desired_tamper_flag,
        "software": told,
        "parameters": {row.parameter_type.name: typed(row.parameter_type, row.value) for row in pending},
        "part_parameters": parts,
        "payment_commands": commands,
        "payg": product.is_payg,
        "next_connection_s": CONNECT_EVERY,
    }
    if latest is not None and latest.valid_until is not None and latest.current_enable_state in PENDING and not over:
        orders["valid_until"] = iso(latest.valid_until)
    if until := {row.parameter_type.name: iso(row.valid_until) for row in pending if row.valid_until is not None}:
        orders["parameters_valid_until"] = until
    return orders


def awaited(product: Product, orders: dict[str, Any]) -> bool:
    """Whether something in these instructions is still to be confirmed."""
    switches = (product.latest_enable_history, product.latest_tamper_enable_history)
    return any(orders[name] for name in ORDERS) or any(one and one.current_enable_state in PENDING for one in switches)
