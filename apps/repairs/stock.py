"""What lies on the shelves of a repair centre: counted, received, kept for a wish, used up by a repair.

Who changes stock holds its row; after the unit's, where a unit is concerned, and before any wish's. How much of it is
promised is counted by the open wishes of running repairs, so that one that is fitted, withdrawn or ended gives its part
free by itself.
"""

from collections.abc import Iterable
from typing import Any

from django.db.models import F, QuerySet
from django.utils import timezone

from apps.accounts.models import RepairCentre
from apps.core import wording
from apps.core.actions import action
from apps.core.actors import Actor
from apps.core.levels import Level
from apps.core.refusals import NotFound, Refused, refuse_if
from apps.core.rows import new, touch
from apps.events.actions import emit
from apps.parts.models import PartType
from apps.products import queries as products
from apps.products.models import Product
from apps.repairs.models import CentreStock, Repair, RepairPartTypeLinker, StockMove
from apps.repairs.models.stock import COUNTED, FITTED, PUT_BACK, RECEIVED, REUSED, WITHHELD

MOST = 100_000
LONGEST_REASON = 500


@action(level=Level.TECHNICAL)
def count(
    *, repair_centre_id: int, part_type_id: int, in_stock: int, low_mark: int, reason: str, by: Actor
) -> CentreStock:
    """So many are there, whatever was written down; and what is little of them."""
    refuse_if(not 0 <= in_stock <= MOST, "in_stock", f"must lie between 0 and {MOST}")
    refuse_if(not 0 <= low_mark <= MOST, "low_mark", f"must lie between 0 and {MOST}")
    reason = wording.words("reason", reason, most=LONGEST_REASON)
    stock = _held(_centre(repair_centre_id, by=by).pk, _kind(part_type_id).pk, by=by)
    if stock.low_mark != low_mark:
        stock.low_mark = low_mark
        touch(stock, "low_mark", by=by)
    _becomes(stock, in_stock, COUNTED, reason=reason, by=by)
    return stock


@action(level=Level.TECHNICAL)
def receive(*, repair_centre_id: int, part_type_id: int, number: int, by: Actor) -> CentreStock:
    """So many have come. They are kept for those who wait, the longest waiting first."""
    refuse_if(not 1 <= number <= MOST, "number", f"must lie between 1 and {MOST}")
    stock = _held(_centre(repair_centre_id, by=by).pk, _kind(part_type_id).pk, by=by)
    refuse_if(stock.in_stock + number > MOST, "number", f"must lie between 1 and {MOST}")
    _becomes(stock, stock.in_stock + number, RECEIVED, by=by)
    return stock


@action(level=Level.TECHNICAL)
def reserve(wish: RepairPartTypeLinker, *, by: Actor) -> RepairPartTypeLinker:
    """Keep a part that nobody else is promised for this wish. Refused where there is none, and `ended`."""
    wish, product = _open_wish(wish, by=by)
    if wish.reserved_at is not None:
        return wish
    centre = wish.repair.repair_centre_id
    refuse_if(
        centre is None, "part_type_id",
        "cannot be reserved: the repair belongs to no repair centre until somebody who works at one takes the repair",
    )  # fmt: skip
    _centre(int(centre or 0), by=by)
    stock = _found(centre, wish.new_part_type_id)
    refuse_if(
        stock is None or free(stock) < 1, "part_type_id",
        "cannot be reserved: none of this type is free in the centre's stock; count or receive it first",
    )  # fmt: skip
    wish.reserved_at = timezone.now()
    touch(wish, "reserved_at", by=by)
    _told(wish.repair, product, by=by)
    return wish


@action(level=Level.TECHNICAL)
def release(wish: RepairPartTypeLinker, *, by: Actor) -> RepairPartTypeLinker:
    """The part that was kept for this wish is free again, for whoever reserves it next."""
    wish, product = _open_wish(wish, by=by)
    if wish.reserved_at is not None:
        _found(wish.repair.repair_centre_id, wish.new_part_type_id)
        wish.reserved_at = None
        touch(wish, "reserved_at", by=by)
        _told(wish.repair, product, by=by)
    return wish


# Of a repair's step, which holds the unit's row; and of what was taken out (fates.py).


def for_fitting(repair: Repair, kind: PartType) -> CentreStock | None:
    """The stock that a part of this type comes from, its row held; None where the centre keeps none of it."""
    return _found(repair.repair_centre_id, kind.pk)


def used(stock: CentreStock | None, repair: Repair, *, by: Actor) -> CentreStock | None:
    """One has been fitted. None where nothing was left in the books."""
    if stock is None or stock.in_stock < 1:
        return None
    _becomes(stock, stock.in_stock - 1, FITTED, repair=repair, by=by)
    return stock


def came_back(stock_id: int, repair: Repair, *, by: Actor) -> None:
    """The fitting was taken back."""
    stock = CentreStock.objects.select_for_update(of=("self",), no_key=True).get(pk=stock_id)
    _becomes(stock, stock.in_stock + 1, PUT_BACK, repair=repair, by=by)


def hold(repair: Repair, kinds: Iterable[int | None]) -> None:
    """The rows of these part types in the repair's centre are ours, in an order that all keep, before any wish is."""
    rows = CentreStock.objects.select_for_update(of=("self",), no_key=True).order_by("pk")
    list(rows.filter(repair_centre=repair.repair_centre_id, part_type__in=list(kinds)))


def reused(repair: Repair, kind: PartType, *, by: Actor) -> None:
    """A part that was taken out in this repair goes on the shelf of its centre."""
    if repair.repair_centre_id is not None:
        stock = _held(repair.repair_centre_id, kind.pk, by=by)
        _becomes(stock, stock.in_stock + 1, REUSED, repair=repair, by=by)


def withheld(repair: Repair, kind: PartType, *, by: Actor) -> None:
    """It does not after all."""
    stock = _found(repair.repair_centre_id, kind.pk)
    if stock is not None and stock.in_stock > 0:
        _becomes(stock, stock.in_stock - 1, WITHHELD, repair=repair, by=by)


def promised(stock: CentreStock) -> QuerySet[RepairPartTypeLinker]:
    """The wishes that a part of this stock is kept for."""
    return _wishes(stock).filter(reserved_at__isnull=False)


def free(stock: CentreStock | None) -> int:
    return stock.in_stock - promised(stock).count() if stock else 0


def _wishes(stock: CentreStock) -> QuerySet[RepairPartTypeLinker]:
    return RepairPartTypeLinker.objects.filter(
        new_part_type=stock.part_type_id, replaced_date=None, repair__running=True,
        repair__repair_centre=stock.repair_centre_id,
    )  # fmt: skip


def _becomes(
    stock: CentreStock, left: int, kind: str, *, by: Actor, reason: str = "", repair: Repair | None = None
) -> None:
    """So many are left. Nobody is promised what is no more; what is more is kept for those who wait longest."""
    change, stock.in_stock = left - stock.in_stock, left
    touch(stock, "in_stock", by=by)
    new(StockMove, by=by, stock=stock, kind=kind, change=change, left=left, reason=reason, repair=repair)
    kept = list(promised(stock).order_by("reserved_at", "pk").values_list("pk", flat=True))
    if len(kept) > left:
        _mark(kept[left:], None, by=by)
    elif change > 0:
        waiting = _wishes(stock).filter(reserved_at=None).order_by(F("requested_date").asc(nulls_last=True), "pk")
        _mark(list(waiting.values_list("pk", flat=True)[: left - len(kept)]), timezone.now(), by=by)


def _mark(wishes: list[int], at: Any, *, by: Actor) -> None:
    """By one statement: a wish may be withdrawn at this moment by the step that holds its unit."""
    rows = RepairPartTypeLinker.objects.filter(pk__in=wishes)
    rows.update(reserved_at=at, modified_at=timezone.now(), modified_by=by.name_for_record)


def _held(centre: int, kind: int, *, by: Actor) -> CentreStock:
    """The row of this pair, ours until the transaction ends; made where there is none."""
    row = CentreStock(repair_centre_id=centre, part_type_id=kind, created_by=by.name_for_record)
    CentreStock.objects.bulk_create([row], ignore_conflicts=True)
    found = _found(centre, kind)
    if found is None:
        raise NotFound()
    return found


def _found(centre: int | None, kind: int | None) -> CentreStock | None:
    rows = CentreStock.objects.select_for_update(of=("self",), no_key=True)
    return rows.filter(repair_centre=centre, part_type=kind).first()


def _centre(key: int, *, by: Actor) -> RepairCentre:
    found: RepairCentre | None = RepairCentre.objects.visible_to(by).filter(pk=key).first()
    if found is None:
        raise NotFound()
    return found


def _kind(key: int) -> PartType:
    found = PartType.objects.filter(pk=key).first()
    if found is None:
        raise NotFound()
    return found


def _open_wish(wish: RepairPartTypeLinker, *, by: Actor) -> tuple[RepairPartTypeLinker, Product]:
    """The wish as it is now, its unit's row ours. Refused where nothing is wanted any more."""
    product = products.fetch(wish.repair.product_id, by=by, lock=True)
    now = RepairPartTypeLinker.objects.select_related("repair").filter(pk=wish.pk).first()
    if now is None or now.replaced_date is not None:
        raise Refused("This part is not waited for any more: it was fitted or withdrawn")
    if not now.repair.running:
        raise Refused("The repair has ended", code="ended")
    return now, product


def _told(repair: Repair, product: Product, *, by: Actor) -> None:
    emit(
        "repair.parts_changed", subject=product.subject, entity_ids=products.entity_ids(product), by=by,
        payload={"product_imei": product.product_imei, "repair_id": repair.pk},
    )  # fmt: skip
