"""What time does to orders."""

from django.utils import timezone

from apps.core.actions import action
from apps.core.actors import Actor
from apps.products.actions.parameters import lapse_parameters
from apps.products.actions.software import lapse_software
from apps.products.actions.switching import lapse_switches
from apps.products.models import EnableHistory, Product, TamperEnableHistory


@action(level=None)
def lapse_orders(product: Product, *, by: Actor) -> None:
    """End the unit's orders whose time is over; the caller holds its row."""
    lapse_switches(product, by=by)
    lapse_software(product, by=by)
    lapse_parameters(product, by=by)


@action(level=None)
def end_overdue(*, imei: str, by: Actor) -> None:
    """The sweep's way to the same, for a unit that stays away. What is still marked as open then, though another order
    is the unit's latest (its row was deleted, or moved in), is so no more: it must not come up in each sweep."""
    product = Product.objects.select_for_update(of=("self",), no_key=True).filter(product_imei=imei).first()
    if product is None:
        return
    lapse_orders(product, by=by)
    for history in (EnableHistory, TamperEnableHistory):
        history.objects.filter(product=product, valid_until__lte=timezone.now(), lapsed=False).update(lapsed=None)
