"""A unit that does not take its credit over is woken (seed 004: "eventually falling back to SMS messages")."""

import datetime as dt

from django.utils import timezone

from apps.connectivity import queries as messages
from apps.connectivity.actions.sms import queue_wakeup, take_from_quotas
from apps.core.actions import action
from apps.core.actors import Actor
from apps.dcm import queries, watching
from apps.products.models import Product

PATIENCE = dt.timedelta(hours=24)  # six contacts of a unit that is well, and between two wake-ups


@action(level=None)
def wake_for_credit(*, imei: str, by: Actor) -> bool:
    """Queue a wake-up SMS where a command has waited for a day and none was sent for as long; True where one was. Units
    that no SMS wakes, and those whose quota is spent, wait on."""
    now = timezone.now()
    product = Product.objects.select_for_update(of=("self",), no_key=True).filter(product_imei=imei).first()
    if product is None or not messages.wakes_up(product) or messages.is_online(product):
        return False
    late = queries.told(product).filter(created_at__lt=now - PATIENCE)
    if not late.exists() or watching.woken_since(product, now - PATIENCE):
        return False
    if take_from_quotas(product, by=by):
        return False
    queue_wakeup(product, by=by)
    return True
