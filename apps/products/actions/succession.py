"""A unit gets another board, and so another IMEI: a new unit takes its place (design.md, "PCB replacement")."""

from django.utils import timezone

from apps.core.actions import action
from apps.core.actors import Actor
from apps.core.rows import new, touch
from apps.products import queries
from apps.products.actions.announce import announce
from apps.products.actions.lifecycle import move_to, registered
from apps.products.actions.parameters import order_parameter
from apps.products.actions.switching import enable_product, enable_tamper_switch
from apps.products.models import Product, ProductEntityLinker, ProductParameter, ProductProductGroupLinker, State
from apps.products.states import TERMINATED

# What people know of the unit, whichever board is in it.
KEPT = ("product_type_id", "hub_id", "shop_id", "assembler", "warranty_start_date", "is_payg", "dcm_enabled_flag",
        "software_lock_id")  # fmt: skip


@action(level=None)
def succeed(old: Product, *, product_imei: str, imsi: str, iccid: str | None, device_key: str, by: Actor) -> Product:
    """The unit that takes the place of this one, whose row the caller holds: with its serial number, entities, groups,
    state, what is wanted of it (power, tamper switch, software lock, parameters) and what people know of it.
    The old one is TERMINATED; its serial number carries its IMEI from then on."""
    serial, wanted = old.serial_number, old.desired_enable_flag
    state = old.latest_state.current_state_type_id if old.latest_state else None
    told = f"-{old.product_imei}"
    old.serial_number = serial[: 255 - len(told)] + told
    touch(old, "serial_number", by=by)
    heir: Product = registered(  # by whoever is at the bench: nothing is made that was not there
        product_imei=product_imei, imsi=imsi, iccid=iccid, device_key=device_key, serial_number=serial,
        **{name: getattr(old, name) for name in KEPT}, by=by,
    )  # fmt: skip
    _entities(old, heir, by)
    _groups(old, heir, by)
    if state is not None and heir.latest_state and heir.latest_state.current_state_type_id != state:
        heir.latest_state = new(
            State, by=by, product=heir, prev_state_type_id=heir.latest_state.current_state_type_id,
            current_state_type_id=state,
        )  # fmt: skip
        touch(heir, "latest_state", by=by)
    for row in _parameters(old):
        order_parameter(heir, kind=row.parameter_type, value=row.value, by=by)
    if wanted:
        enable_product(heir, by=by)
    if old.desired_tamper_flag:
        enable_tamper_switch(heir, by=by)
    for carry in Product.SUCCEEDED:
        carry(old, heir, by=by)
    move_to(old, new_state=TERMINATED, by=by)
    announce("product.succeeded", old, by=by, heir=heir.product_imei, serial_number=serial)
    found: Product = queries.fetch(heir.product_imei, by=by, lock=True)
    return found


def _entities(old: Product, heir: Product, by: Actor) -> None:
    now = timezone.now()
    ProductEntityLinker.objects.filter(product=heir, date_removed=None).delete()
    for entity_id in queries.entity_ids(old):
        new(ProductEntityLinker, by=by, product=heir, entity_id=entity_id, date_added=now)


def _groups(old: Product, heir: Product, by: Actor) -> None:
    """The old board is in none from now on: a roll-out or a count by group is of units that somebody has."""
    now = timezone.now()
    for row in ProductProductGroupLinker.objects.filter(product=old, date_removed=None).order_by("pk"):
        row.date_removed = now
        touch(row, "date_removed", by=by)
        new(ProductProductGroupLinker, by=by, product=heir, product_group_id=row.product_group_id, date_added=now)


def _parameters(old: Product) -> list[ProductParameter]:
    """What holds or is ordered of each parameter: the order where there is one."""
    rows = ProductParameter.objects.filter(product=old, status__in=("pending", "active"))
    found: dict[object, ProductParameter] = {}
    for row in rows.select_related("parameter_type").order_by("status", "pk"):  # an order after what holds
        key = (row.parameter_type_id, row.value) if row.parameter_type.repeatable else row.parameter_type_id
        found[key] = row
    return sorted(found.values(), key=lambda row: row.pk)
