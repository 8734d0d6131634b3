"""What an order brings about: a wake-up SMS, or a real-time status update. Called by the relay, at least once."""

from django.utils import timezone

from apps.connectivity import queries
from apps.connectivity.actions.rtc import queue_status_update
from apps.connectivity.actions.sms import queue_wakeup, take_from_quotas
from apps.connectivity.models import RtcMessageHistory, SkippedWakeUp, SmsHistory
from apps.core.actions import action
from apps.core.actors import Actor
from apps.products.models import Product


@action(level=None)
def tell_in_real_time(*, imei: str, cause: int, by: Actor) -> None:
    """A status update with what the unit is told by now, once for each cause."""
    product = Product.objects.select_for_update(of=("self",), no_key=True).filter(product_imei=imei).first()
    if product is None or not product.rtc_enabled_flag or RtcMessageHistory.objects.filter(cause=cause).exists():
        return
    queue_status_update(product, by=by, cause=cause)


@action(level=None)
def follow_order(
    *, imei: str, by: Actor, cause: int, order: int | None = None, tamper_order: int | None = None
) -> None:
    """Tell the unit that there is something new, as it can be told; the order is a key of enable_history or of
    tamper_enable_history. One that is overtaken tells nothing. A unit on line in real time needs no SMS. With a quota
    spent the wake-up is noted as skipped."""
    product = Product.objects.select_for_update(of=("self",), no_key=True).filter(product_imei=imei).first()
    if product is None or queries.is_overtaken(product, order=order, tamper_order=tamper_order):
        return
    serves = {"order": order, "tamper_order": tamper_order, "cause": cause}
    if product.rtc_enabled_flag and not RtcMessageHistory.objects.filter(cause=cause).exists():
        queue_status_update(product, by=by, **serves)
    if queries.is_online(product) or not queries.wakes_up(product) or SmsHistory.objects.filter(cause=cause).exists():
        return
    reason = take_from_quotas(product, by=by)
    if reason is None:
        queue_wakeup(product, by=by, **serves)
        return
    noted = {"product": product, "enable_history_id": order, "tamper_order_id": tamper_order, "reason": reason}
    SkippedWakeUp.objects.get_or_create(cause=cause, defaults=noted | {"at": timezone.now()})
