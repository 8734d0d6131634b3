"""Saying what happened to a unit, in one shape."""

from collections.abc import Iterable
from typing import Any

from apps.core.actors import Actor
from apps.events.actions import emit
from apps.events.models import Event
from apps.products import queries
from apps.products.models import Product


def announce(name: str, product: Product, *, by: Actor, also_for: Iterable[int] = (), **payload: Any) -> Event:
    """An event about a unit. `also_for`: entities it has just left, which hear of that as the last thing."""
    return emit(
        name,
        subject=product.subject,
        entity_ids={*queries.entity_ids(product), *also_for},
        by=by,
        payload={"product_imei": product.product_imei, **payload},
    )
