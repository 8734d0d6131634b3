"""What time does to orders."""

from apps.core.actions import action
from apps.core.actors import Actor
from apps.products.actions.parameters import lapse_parameters
from apps.products.actions.software import lapse_software
from apps.products.actions.switching import lapse_switches
from apps.products.models import Product


@action(level=None)
def lapse_orders(product: Product, *, by: Actor) -> None:
    """End the unit's orders whose time is over; the caller holds its row."""
    lapse_switches(product, by=by)
    lapse_software(product, by=by)
    lapse_parameters(product, by=by)
