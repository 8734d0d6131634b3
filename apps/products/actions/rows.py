"""What deleting and editing rows of units' tables means beyond the row itself."""

from typing import Any

from apps.core.actions import action
from apps.core.actors import Actor
from apps.core.levels import Level
from apps.core.refusals import refuse_if
from apps.products.actions.announce import announce
from apps.products.actions.credit_terms import set_dcm_enabled_flag
from apps.products.actions.switching import disable_product, enable_product
from apps.products.models import Connection, EnableHistory, Product, RtcConnectionHistory, State

# Which pointers of a unit stand on which history.
POINTERS: dict[type, tuple[str, ...]] = {
    EnableHistory: ("latest_enable_history",),
    State: ("latest_state",),
    Connection: ("latest_connection", "latest_connection_location"),
    RtcConnectionHistory: ("latest_rtc_connection_history",),
}


@action(level=Level.SYSTEM)
def set_desired_enable_flag(product: Product, *, value: bool | None, by: Actor) -> None:
    """A PUT of `desired_enable_flag` is an order like any other."""
    refuse_if(value is None, "desired_enable_flag", "may not be null")
    (enable_product if value else disable_product)(product, by=by)


@action(level=Level.SYSTEM)
def put_dcm_enabled_flag(product: Product, *, value: bool, by: Actor) -> None:
    """A PUT of `dcm_enabled_flag` is bound by the same rules; one that says what stands says nothing."""
    if product.dcm_enabled_flag != value:
        set_dcm_enabled_flag(product, value=value, by=by)


@action(level=Level.SYSTEM)
def remove_history_row(row: Any, *, by: Actor) -> None:
    """Delete a row of a history; a pointer that stood on it falls back to the row before."""
    product = Product.objects.select_for_update(no_key=True).filter(product_imei=row.product_id).first()
    if product is not None:
        earlier = type(row)._base_manager.filter(product=product, pk__lt=row.pk).order_by("-pk")
        changed = [pointer for pointer in POINTERS[type(row)] if getattr(product, f"{pointer}_id") == row.pk]
        for pointer in changed:
            located = {"location_failed_flag": False} if pointer == "latest_connection_location" else {}
            setattr(product, pointer, earlier.filter(**located).first())
        if "latest_connection_location" in changed:
            product.before_write()
            changed.append("located")
        if changed:
            product.save(update_fields=changed)
    row.delete()


@action(level=Level.SYSTEM)
def delete_product(product: Product, *, by: Actor) -> None:
    """A unit without payments and repairs goes with its histories; any other is refused by its protected rows."""
    announce("product.deleted", product, by=by)
    product.delete()
