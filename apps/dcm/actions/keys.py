"""Keys of OpenPAYGO units, as their factory hands them over."""

from collections.abc import Sequence
from typing import Any

from django.utils import timezone

from apps.core.actions import action
from apps.core.actors import Actor
from apps.core.levels import Level
from apps.dcm.importing import KeyRow
from apps.dcm.models import OfflineToken, TokenKey
from apps.products.models import Product

PIECE = 500
KEPT = ("secret_key", "starting_code", "time_divider", "restricted", "hardware_model")


@action(level=Level.SYSTEM)
def import_keys(rows: Sequence[KeyRow], *, replace: bool = False, by: Actor) -> dict[str, int]:
    """Take over all of these keys, or none: {"new", "replaced", "unchanged"}. BadFile names the row whose unit is not
    there, or that says something else than what is known, without `replace`. A count never goes back; where another
    key takes a unit over, the codes of the former are dead and its Metrics counters begin anew."""
    units = _units(rows)
    held = {key.product_id: key for key in _held(units)}
    told = {"new": 0, "replaced": 0, "unchanged": 0}
    seen: dict[int, KeyRow] = {}
    for row in rows:
        unit = units[row.serial]
        if unit.pk in seen:
            raise row.bad(f"is the unit of row {seen[unit.pk].line} too")
        seen[unit.pk] = row
        told[_take(row, unit, held.get(unit.pk), replace)] += 1
    return told


@action(level=None)
def retire_tokens(product: Product, heir: Product, *, by: Actor) -> None:
    """Another board takes the unit's place: what was issued for the old one can be entered nowhere."""
    OfflineToken.objects.filter(product=product, state=OfflineToken.ISSUED).update(state=OfflineToken.DEAD)


def _take(row: KeyRow, unit: Product, key: TokenKey | None, replace: bool) -> str:
    values: dict[str, Any] = {name: getattr(row, name) for name in KEPT}
    if key is None:
        TokenKey.objects.create(product=unit, count=row.count, known_count=row.count, **values)
        return "new"
    differs = [name for name, value in values.items() if getattr(key, name) != value]
    if differs and not replace:
        what = "another Key" if "secret_key" in differs else f"another {differs[0].replace('_', ' ')}"
        raise row.bad(f"the unit has {what} already; --replace puts this one in its place")
    ahead = row.count > key.count
    if not differs and not ahead:
        return "unchanged"
    for name, value in values.items():
        setattr(key, name, value)
    if {"secret_key", "starting_code", "restricted"} & set(differs):
        key.known_count, key.request_count, key.request_time = row.count, None, None
        key.answer = key.active_until = None
        OfflineToken.objects.filter(product=unit, state=OfflineToken.ISSUED).update(state=OfflineToken.DEAD)
    key.known_count = max(key.known_count, row.count)
    key.count = max(key.count, row.count)
    key.imported_at = timezone.now()
    key.save()
    return "replaced"


def _units(rows: Sequence[KeyRow]) -> dict[str, Product]:
    """Each serial's unit, locked in one order."""
    serials = [row.serial for row in rows]
    found: dict[str, Product] = {}
    for column in ("product_imei", "serial_number"):  # the second wins
        for piece in _pieces(serials):
            units = Product._base_manager.filter(**{f"{column}__in": piece}).only("pk", "product_imei", "serial_number")
            found |= {getattr(unit, column): unit for unit in units}
    for row in rows:
        if row.serial not in found:
            raise row.bad("no unit has this Serial Number, nor is it an IMEI")
    for piece in _pieces(sorted(unit.pk for unit in found.values())):
        list(
            Product._base_manager.select_for_update(of=("self",), no_key=True)
            .filter(pk__in=piece)
            .only("pk")
            .order_by("pk")
        )
    return found


def _held(units: dict[str, Product]) -> list[TokenKey]:
    keys = [unit.pk for unit in units.values()]
    return [key for piece in _pieces(keys) for key in TokenKey.objects.filter(product__in=piece)]


def _pieces(values: Sequence[Any]) -> list[Sequence[Any]]:
    return [values[first : first + PIECE] for first in range(0, len(values), PIECE)]
