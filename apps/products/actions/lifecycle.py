"""How a unit comes into being and moves through its states."""

from typing import Any

from django.utils import timezone

from apps.accounts.models import UNKNOWN_ENTITY
from apps.core.actions import action
from apps.core.actors import Actor
from apps.core.levels import Level
from apps.core.refusals import refuse_if
from apps.core.rows import new, touch
from apps.products import queries
from apps.products.actions.announce import announce
from apps.products.models import EnableHistory, EnableState, Product, ProductEntityLinker, State, StateType
from apps.products.states import MOVES, NON_EXISTANT, STORED


@action(level=Level.FACTORY)
def register_product(*, by: Actor, **columns: Any) -> Product:
    """A new unit (design.md, "A new unit"): state 1 → 2, enable history NULL → init, both flags false, entity 1."""
    product: Product = registered(by=by, **columns)
    return product


@action(level=None)
def registered(*, by: Actor, **columns: Any) -> Product:
    """What register_product does, for an action that asks for a level of its own."""
    product: Product = new(Product, by=by, **columns)
    now = timezone.now()
    new(ProductEntityLinker, by=by, product=product, entity_id=UNKNOWN_ENTITY, date_added=now)
    product.latest_state = new(
        State, by=by, product=product, prev_state_type_id=NON_EXISTANT, current_state_type_id=STORED
    )
    product.latest_enable_history = new(
        EnableHistory, by=by, product=product, prev_enable_state=None, current_enable_state=EnableState.INIT,
        user=by.name_for_record, date=now,
    )  # fmt: skip
    product.save(update_fields=["latest_state", "latest_enable_history"])
    announce("product.created", product, by=by, serial_number=product.serial_number)
    return product


@action(level=Level.ADMIN)
def change_state(product: Product, *, new_state: int, by: Actor) -> Product:
    """Move the unit to another state by hand; only the documented moves are allowed. What ran in the state it leaves
    ends with it (Product.LEFT)."""
    product = queries.fetch(product.product_imei, by=by, lock=True)
    refuse_if(not StateType.objects.filter(pk=new_state).exists(), "new_state", "points to no row that exists")
    held = product.latest_state.current_state_type_id if product.latest_state else NON_EXISTANT
    move_to(product, new_state=new_state, by=by)
    for end in Product.LEFT:
        end(product, left=held, by=by)
    return product


@action(level=None)
def move_to(product: Product, *, new_state: int, by: Actor) -> None:
    """The unit, whose row the caller holds, enters this state."""
    held = product.latest_state.current_state_type_id if product.latest_state else NON_EXISTANT
    refuse_if(
        new_state not in MOVES.get(held, set()),
        "state_transition",
        # The blank in front is the documentation's.
        f" A unit may not transition from state '{held}' to state '{new_state}'",
    )
    product.latest_state = new(State, by=by, product=product, prev_state_type_id=held, current_state_type_id=new_state)
    touch(product, "latest_state", by=by)
    latest = product.latest_enable_history
    announce(
        "product.state_changed", product, by=by, state=new_state,
        enabled_status=latest.current_enable_state if latest else None, user=by.name_for_record,
    )  # fmt: skip
