"""What units are still to be told or to confirm (ours; contract/actions.md, "Lists")."""

from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from apps.api.endpoint import endpoint
from apps.api.envelope import success
from apps.core.levels import Level
from apps.core.times import iso
from apps.gateway.pending import Order, pending
from apps.products.api import unit
from apps.products.models import Product


@endpoint("GET", level=Level.OVERVIEW, fetch=unit)
def read_pending(request: Request, product: Product) -> HttpResponse:
    """Every order that the unit has not confirmed: who asked, what has happened since, and the one next step."""
    return success("Pending orders", [_told(order) for order in pending(product)])


def _told(order: Order) -> dict[str, Any]:
    return {
        "kind": order.kind,
        "order_id": order.order_id,
        "value": order.value,
        "asked_by": order.asked_by,
        "asked_at": iso(order.asked_at),
        "valid_until": order.valid_until and iso(order.valid_until),
        "steps": [{"step": one.step, "at": iso(one.at), "detail": one.detail} for one in order.steps],
        "next_step": order.next_step,
        "next_step_at": order.next_step_at and iso(order.next_step_at),
    }
