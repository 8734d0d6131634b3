"""Credit of units (contract/actions.md, "Credit"; seed 004, "DCM")."""

from typing import Any

from django.http import HttpResponse
from pydantic import StrictInt, StrictStr
from rest_framework.request import Request

from apps.api.endpoint import Body, endpoint
from apps.api.envelope import success
from apps.core.levels import Level
from apps.core.times import iso
from apps.dcm import actions, queries
from apps.dcm.models import PaymentCommand
from apps.products.api import unit
from apps.products.models import Product


class ResetBody(Body):
    """`transaction_id`: 1 to 255 printable characters, never used before. `reason` (ours) is kept with the command."""

    transaction_id: StrictStr
    reason: StrictStr | None = None


class CommandBody(ResetBody):
    """`value`: seconds, above 0 for a payment, below for a bad-payment, 0 for a zero-command."""

    value: StrictInt
    category: StrictStr


@endpoint("POST", level=actions.add_payment_command.level, fetch=unit, body=CommandBody)
def add_payment_command(request: Request, product: Product, body: CommandBody) -> HttpResponse:
    """Give credit to the unit, take some away, or have it zero itself and say what was left.

    400 with a `code`: `duplicate` (`data` {payment_command_id, identical} of the first), `not_dcm`, `zero_pending`,
    `more_than_added`, `over_limit`. A refused call changes nothing and does not use up its id."""
    actions.add_payment_command(product, **body.model_dump(), by=request.user)
    return success(f"new payment_command added to product #{product.product_imei}", status=201)


@endpoint("POST", level=actions.force_reset.level, fetch=unit, body=ResetBody)
def force_reset(request: Request, product: Product, body: ResetBody) -> HttpResponse:
    """Take all credit back from a unit that may not answer. `data`: seconds not yet acknowledged (net) and the last
    balance that the unit reported (null: never); all commands before are void."""
    had = actions.force_reset(product, **body.model_dump(), by=request.user)
    return success(f"Product #{product.product_imei} has been Force-Reset", had, status=201)


@endpoint("GET", level=Level.OVERVIEW, fetch=unit)
def balance_and_pending_payments(request: Request, product: Product) -> HttpResponse:
    """The unit's last balance (seconds, null before any), when it will have run out, and what is not yet acknowledged,
    the newest first."""
    row = queries.balance_of(product)
    pending = queries.outstanding(product).order_by("-pk")
    return success(
        "Balance and pending credits.",
        {
            "balance": row and row.balance,
            "expected_expiry": row and iso(row.expected_expiry),
            "pending_payment_commands": [_told(command) for command in pending],
        },
    )


def _told(command: PaymentCommand) -> dict[str, Any]:
    return {
        "category": command.category,
        "value": command.value,
        "transaction_id": command.transaction_id,
        "created_at": iso(command.created_at),
        "modified_at": command.modified_at and iso(command.modified_at),
    }
