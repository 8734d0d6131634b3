"""What an order brings about: a wake-up SMS, or a real-time status update. Called by the relay, at least once."""

from django.utils import timezone

from apps.connectivity import queries
from apps.connectivity.actions.rtc import queue_status_update
from apps.connectivity.actions.sms import queue_wakeup, take_from_quotas
from apps.connectivity.models import RtcMessageHistory, SkippedWakeUp, SmsHistory
from apps.core.actions import action
from apps.core.actors import Actor
from apps.products.models import EnableHistory, Product


@action(level=None)
def follow_order(*, imei: str, order_id: int, cause: int, by: Actor) -> None:
    """Tell the unit that there is something new, as it can be told. An order that is overtaken tells nothing. A unit
    that is on line in real time needs no SMS. Where a quota is spent the wake-up is noted as skipped."""
    product = Product.objects.select_for_update(of=("self",), no_key=True).filter(product_imei=imei).first()
    if product is None or product.latest_enable_history_id != order_id:
        return
    order = EnableHistory.objects.get(pk=order_id)
    if product.rtc_enabled_flag and not RtcMessageHistory.objects.filter(cause=cause).exists():
        queue_status_update(product, order=order, cause=cause, by=by)
    if queries.is_online(product) or not queries.wakes_up(product) or SmsHistory.objects.filter(cause=cause).exists():
        return
    reason = take_from_quotas(product, by=by)
    if reason is None:
        queue_wakeup(product, order=order, cause=cause, by=by)
    else:
        SkippedWakeUp.objects.get_or_create(
            cause=cause, defaults={"product": product, "enable_history": order, "reason": reason, "at": timezone.now()}
        )
