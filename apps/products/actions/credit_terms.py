"""Which units keep their own credit, and which are paid off (seed 004, "set_dcm_enabled_flag", "set_is_payg")."""

from apps.core import history
from apps.core.actions import action
from apps.core.actors import Actor
from apps.core.levels import Level
from apps.core.refusals import Invalid
from apps.core.rows import touch
from apps.products import queries
from apps.products.actions.announce import announce
from apps.products.models import Product


@action(level=Level.TECHNICAL)
def set_dcm_enabled_flag(product: Product, *, value: bool, by: Actor) -> Product:
    """Let the unit keep its own credit, or no more. Refused: types that do so by default (`dcm_by_default`); off while
    commands are open (`commands_open`)."""
    product = queries.fetch(product.product_imei, by=by, lock=True)
    if product.product_type.dcm_by_default:
        text = f"units of type {product.product_type.name} are DCM enabled by default; this can't be changed"
        raise Invalid({"enabled": text}, code="dcm_by_default")
    count = 0 if value else sum(number(product) for number in Product.CREDIT_OPEN)
    if count and product.dcm_enabled_flag:
        text = f"{count} payment commands are not yet acknowledged; wait for the unit, or force_reset it"
        raise Invalid({"enabled": text}, code="commands_open")
    return _set(product, "dcm_enabled_flag", value, by)


@action(level=Level.TECHNICAL)
def set_is_payg(product: Product, *, value: bool, by: Actor) -> Product:
    """Whether the customer is still paying: a unit that is paid off never switches off for want of credit."""
    return _set(queries.fetch(product.product_imei, by=by, lock=True), "is_payg", value, by)


def _set(product: Product, name: str, value: bool, by: Actor) -> Product:
    if getattr(product, name) == value:
        return product
    before = {field.attname: getattr(product, field.attname) for field in product._meta.concrete_fields}
    setattr(product, name, value)
    product.order_seq += 1  # its instructions say so
    touch(product, name, "order_seq", by=by)
    history.record(product, history.CHANGED, by=by, before=before)
    announce("product.credit_terms_changed", product, by=by, column=name, value=value)
    return product
