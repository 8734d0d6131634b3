"""What becomes of an alert."""

from django.utils import timezone

from apps.alerts.models import Alert, AlertType
from apps.core.actions import action
from apps.core.actors import Actor
from apps.core.rows import new, touch
from apps.dcm.queries import MOST_DRIFT
from apps.products.actions.announce import announce
from apps.products.models import Product
from apps.repairs.models import Repair

DRIFT = "balance drift"  # the alert type of clocks that run wrong
_DISMISSAL = ("dismissed_at", "dismissed_by", "dismissal_reason", "repair")


@action(level=None)
def raise_alert(product: Product, *, kind: AlertType, info: str, by: Actor) -> Alert | None:
    """Something is wrong with the unit, whose row the caller holds; None where that is known already."""
    if Alert.objects.filter(product=product, alert_type=kind, dismissed_at=None).exists():
        return None
    alert: Alert = new(Alert, by=by, product=product, alert_type=kind, start_time=timezone.now(), extra_info=info)
    announce("product.alert_raised", product, by=by, alert_id=alert.pk, label=kind.label)
    return alert


@action(level=None)
def judge_clock(*, imei: str, share: float, by: Actor) -> None:
    """Raise or end the alert of a unit whose balance falls by another clock than ours (`share`: dcm.queries.drift)."""
    kind = AlertType.objects.filter(label=DRIFT, active=True).first()
    product = Product.objects.select_for_update(of=("self",), no_key=True).filter(product_imei=imei).first()
    if kind is None or product is None:
        return
    if abs(share) > MOST_DRIFT:
        word = "faster" if share > 0 else "slower"
        raise_alert(product, kind=kind, info=f"The balance falls {abs(share):.0%} {word} than time goes by", by=by)
        return
    for alert in Alert.objects.filter(product=product, alert_type=kind, dismissed_at=None):
        dismiss(alert, reason="The clock is right again", by=by)


@action(level=None)
def dismiss(alert: Alert, *, reason: str, repair: Repair | None = None, by: Actor) -> Alert:
    """It needs nobody any more; the caller holds the unit's row."""
    alert.dismissed_at, alert.dismissed_by = timezone.now(), by.name_for_record
    alert.dismissal_reason, alert.repair = reason, repair
    touch(alert, *_DISMISSAL, by=by)
    return alert


@action(level=None)
def reopen(alert: Alert, *, by: Actor) -> Alert:
    """Its dismissal was a slip."""
    alert.dismissed_at = alert.dismissed_by = alert.dismissal_reason = alert.repair = None
    touch(alert, *_DISMISSAL, by=by)
    return alert
