"""What an order brings about, by the relay (backoffice/subscriptions.py)."""

from apps.connectivity import actions
from apps.core.actors import Machine
from apps.events.models import Event


def tell_unit(event: Event) -> None:
    """A power order: a wake-up SMS or a real-time status update, in the name of whoever ordered."""
    order = event.payload.get("order_id")
    if order is not None:
        imei = event.payload["product_imei"]
        actions.follow_order(imei=imei, order_id=order, cause=event.pk, by=Machine(event.by))
