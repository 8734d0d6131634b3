"""What an order brings about, by the relay (backoffice/subscriptions.py)."""

from apps.connectivity import actions
from apps.core.actors import Machine
from apps.events.models import Event


def tell_unit(event: Event) -> None:
    """An order to a switch: a wake-up SMS or a real-time status update, in the name of whoever ordered."""
    order = event.payload.get("order_id")
    if order is not None:
        imei = event.payload["product_imei"]
        which = "tamper_order" if event.name == "product.tamper_ordered" else "order"
        actions.follow_order(imei=imei, cause=event.pk, by=Machine(event.by), **{which: order})


def tell_credit(event: Event) -> None:
    """Credit given or taken: a status update in real time where the unit has it. Others are told when they connect;
    only one that stays silent is woken (dcm.tasks)."""
    actions.tell_in_real_time(imei=event.payload["product_imei"], cause=event.pk, by=Machine(event.by))
