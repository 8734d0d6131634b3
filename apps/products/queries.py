"""Reading units."""

import contextlib
from collections.abc import Iterable
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from apps.accounts.models import Entity
from apps.core.actors import Actor
from apps.core.identifiers import SHORTENED, readings, typed, with_zeros
from apps.core.refusals import NotFound, refuse_if
from apps.products.models import (
    Product,
    ProductEntityLinker,
    ProductParameter,
    ProductSoftwareLinker,
    SoftwareVersionType,
)

LONGEST_SEARCH = 64


def fetch(imei: str, *, by: Actor, lock: bool = False) -> Product:
    """The unit within the scope, or NotFound. With `lock`, its row is ours until the transaction ends.

    Everybody locks a unit so that its key stays free (FOR NO KEY UPDATE): a row that points to it asks for that at its
    own commit, and would wait for whoever waits for it.
    """
    rows: QuerySet[Product] = Product.objects.visible_to(by)
    if lock:
        rows = rows.select_for_update(of=("self",), no_key=True)
    product = rows.filter(product_imei=imei).first() if "\x00" not in imei else None
    if product is None:
        raise NotFound()
    return product


def named(text: str, *, by: Actor, lock: bool = False) -> Product:
    """The one unit in scope that somebody's list names: by IMEI, serial number or SIM, as scanners, labels and
    spreadsheets leave them (core.identifiers).

    Raises NotFound, or Invalid where a number is shortened or stands for several.
    """
    refuse_if(SHORTENED.match(clean(text)), "unit", "was shortened by a spreadsheet; format that column as text")
    rows = Product.objects.visible_to(by)
    if lock:
        rows = rows.select_for_update(of=("self",), no_key=True)
    for wanted in readings(text[:LONGEST_SEARCH]):
        with contextlib.suppress(NotFound):
            return fetch(wanted, by=by, lock=lock)  # an IMEI in full is that unit's, whatever others look like it
        found = list(rows.filter(Q(product_imei=with_zeros(wanted)) | _any("", wanted))[:2])
        refuse_if(len(found) > 1, "unit", "stands for several units; give the IMEI")
        if found:
            return found[0]
    raise NotFound("No unit in your scope has this number")


def entity_ids(product: Product) -> list[int]:
    """The keys of the entities the unit belongs to now."""
    return list(
        ProductEntityLinker.objects.filter(product=product, date_removed=None).values_list("entity_id", flat=True)
    )


def entity_ids_of(units: Iterable[Product]) -> dict[str, list[int]]:
    """The same for many, by IMEI, in one query."""
    links = ProductEntityLinker.objects.filter(product__in=[unit.product_imei for unit in units], date_removed=None)
    found: dict[str, list[int]] = {}
    rows: Any = links.order_by("pk").values_list("product_id", "entity_id")
    for imei, key in rows:
        found.setdefault(imei, []).append(key)
    return found


def entity_names(product: Product, *, by: Actor | None) -> list[str]:
    """Names of the present entities that `by` sees, the earliest first; None: of all, as the API documents its answer
    (the first is the ERP's `entity`)."""
    return entity_names_of([product], by=by).get(product.product_imei, [])


def entity_names_of(units: Iterable[Product], *, by: Actor | None) -> dict[str, list[str]]:
    """The same for many, by IMEI, in one query."""
    links = ProductEntityLinker.objects.filter(product__in=[unit.product_imei for unit in units], date_removed=None)
    if by is not None and not by.is_global:
        links = links.filter(entity__in=Entity.objects.visible_to(by))
    found: dict[str, list[str]] = {}
    rows: Any = links.order_by("date_added", "pk").values_list("product_id", "entity__name")
    for imei, name in rows:
        found.setdefault(imei, []).append(name)
    return found


def software_open(product: Product) -> QuerySet[ProductSoftwareLinker]:
    """Orders of software without either date: those that stand, and those of a roll-out that was stopped, which a
    task is about to withdraw."""
    return ProductSoftwareLinker.objects.filter(product=product, date_added=None, date_removed=None)


def software_ordered(product: Product) -> QuerySet[ProductSoftwareLinker]:
    """Orders of software that the unit has not confirmed and nobody has ended."""
    return software_open(product).exclude(rollout__state="stopped").filter(_in_time())


def parameters_ordered(product: Product) -> QuerySet[ProductParameter]:
    """Orders of parameters that the unit is to be told."""
    rows = ProductParameter.objects.select_related("parameter_type").filter(product=product, status="pending")
    return rows.filter(_in_time())


def _in_time() -> Q:
    """An order past its deadline is handed out no more, though nobody may have noticed yet (actions.lapse_orders)."""
    return Q(valid_until=None) | Q(valid_until__gt=timezone.now())


def software_running(product: Product) -> QuerySet[ProductSoftwareLinker]:
    return ProductSoftwareLinker.objects.filter(product=product, date_added__isnull=False, date_removed=None)


def runs_software(product: Product, version: SoftwareVersionType) -> bool:
    """What the unit says counts; before it has said anything, what is written down."""
    if product.reported_software is not None:
        return product.reported_software == version.name
    return software_running(product).filter(software_version_type=version).exists()


def parameter_siblings(row: ProductParameter) -> QuerySet[ProductParameter]:
    """The unit's rows of the same type of parameter, this one among them."""
    return ProductParameter.objects.filter(product__product_imei=row.product_id, parameter_type=row.parameter_type_id)


def units(by: Actor) -> QuerySet[Product]:
    """The units in scope with what a list shows of each."""
    rows: QuerySet[Product] = Product.objects.visible_to(by)
    return rows.select_related("product_type", "latest_enable_history", "latest_connection", "latest_state")


def in_state(state: int) -> Q:
    """Units that are in this state now."""
    return Q(latest_state__current_state_type_id=state)


def in_entity(entity: int) -> Q:
    """Units that belong to this entity now."""
    links = ProductEntityLinker.objects.filter(entity_id=entity, date_removed=None)
    return Q(product_imei__in=links.values("product_id"))


def search(text: str, *, by: Actor) -> QuerySet[Product]:
    """Units whose IMEI, serial number or SIM (IMSI, ICCID) begins with this text, or is it.

    Prefixes, so that the unique indexes answer; scanners and people give the beginning, not the middle.
    """
    rows = units(by)
    found = rows.none()
    for wanted in readings(text[:LONGEST_SEARCH]):
        whole = Q(product_imei=with_zeros(wanted)) | _any("", wanted)
        for condition in (whole, _any("__startswith", wanted)):
            found = rows.filter(condition)
            if found.exists():
                return found
    return found


def clean(text: str) -> str:
    """What a scanner or a person typed, on one line and without what can't be seen."""
    return typed(text[:LONGEST_SEARCH])


def _any(lookup: str, wanted: str) -> Q:
    found = Q()
    for column in ("product_imei", "serial_number", "imsi", "iccid"):
        for text in {wanted, wanted.upper()}:  # serials are in capitals, however they are typed
            found |= Q(**{column + lookup: text})
    return found


def number_of_units(by: Any) -> int:
    return int(Product.objects.visible_to(by).count())
