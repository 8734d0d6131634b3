"""Parts that leave and enter a unit in a repair, and parts that are wished for.

Called by workflows inside a step, which holds the unit's row. Fittings are never rewritten: what is undone ends, and
what was taken out comes back as a fitting of its own.
"""

import datetime as dt
from dataclasses import dataclass

from django.db.models import F, Q

from apps.core.actors import Actor
from apps.core.identifiers import readings
from apps.core.refusals import Invalid, Refused
from apps.core.rows import new, touch
from apps.parts.models import Part, PartType, PartTypeReplacementLinker
from apps.products.models import Product
from apps.repairs import queries, stock
from apps.repairs.models import PartProductLinker, Repair, RepairPartTypeLinker
from apps.repairs.models.fittings import REUSE

SCANNED = "known"  # serial_number_category of what bears a number that can be scanned


@dataclass(frozen=True)
class Done:
    """`removed`: the key of the fitting that ended, if one did."""

    fitting: PartProductLinker
    wish: RepairPartTypeLinker
    wish_is_new: bool
    removed: int | None


def wish(repair: Repair, kind: PartType, *, at: dt.datetime, by: Actor) -> RepairPartTypeLinker:
    """A part of this type is wanted; what it is to replace is said where it is known."""
    old = _replaced_by(repair.product, kind)
    replaced = old.part.part_type if old else None
    row: RepairPartTypeLinker = new(
        RepairPartTypeLinker, by=by, repair=repair, new_part_type=kind, old_part_type=replaced, requested_date=at,
        non_transferable=_non_transferable(replaced, kind),
    )  # fmt: skip
    return row


def fit(product: Product, repair: Repair, *, serial: str, at: dt.datetime, by: Actor) -> Done:
    """Fit the part of this serial number. Invalid where there is none in sight, where it sits in a unit, and where
    nothing in this unit may be replaced by its type."""
    part = _part(serial, by=by)
    if sitting := PartProductLinker.objects.filter(part=part, date_removed=None).first():
        if sitting.product_id == product.product_imei:
            raise Invalid({"serial": "sits in this unit already"})
        raise Invalid({"serial": "sits in another unit already"})
    if (part.part_type.part_type_category.name or "").lower() == "pcb":
        raise Invalid({"serial": "is a board; the step that replaces the board puts it in"})
    old = _replaced_by(product, part.part_type)
    if old is None and not _belongs(product, part.part_type):
        kind = part.part_type.name
        raise Invalid({"serial": f"is of the type {kind}, which replaces nothing that sits in this unit"})
    return _put_in(product, repair, part, old, at=at, by=by)


def fit_unscanned(product: Product, repair: Repair, *, at: dt.datetime, by: Actor) -> list[Done]:
    """Fit what is still wished for and bears no number that could be scanned (`serial_number_category`): each becomes a
    part of its own without one."""
    wishes = RepairPartTypeLinker.objects.filter(repair=repair, replaced_date=None, new_part_type__isnull=False)
    wishes = wishes.exclude(new_part_type__serial_number_category=SCANNED).select_related("new_part_type")
    done = []
    stock.hold(repair, [row.new_part_type_id for row in wishes])
    for row in wishes.order_by("pk"):
        part = new(Part, by=by, part_type=row.new_part_type)
        done.append(_put_in(product, repair, part, _replaced_by(product, part.part_type), at=at, by=by))
    return done


def _put_in(
    product: Product, repair: Repair, part: Part, old: PartProductLinker | None, *, at: dt.datetime, by: Actor
) -> Done:
    shelf = stock.for_fitting(repair, part.part_type)
    if old is not None:
        end(old, repair=repair, at=at, by=by)
    fitting: PartProductLinker = new(
        PartProductLinker, by=by, part=part, product=product, date_added=at, added_repair=repair,
        replaced_part=old.part if old else None,
    )  # fmt: skip
    open_wishes = RepairPartTypeLinker.objects.filter(repair=repair, new_part_type=part.part_type, replaced_date=None)
    wished = open_wishes.order_by(F("reserved_at").asc(nulls_last=True), "pk").first()
    row = wished or new(
        RepairPartTypeLinker, by=by, repair=repair, new_part_type=part.part_type,
        old_part_type=old.part.part_type if old else None,
        non_transferable=_non_transferable(old.part.part_type if old else None, part.part_type),
    )  # fmt: skip
    row.new_part, row.replaced_date = part, at
    touch(row, "new_part", "replaced_date", by=by)
    row.from_stock = stock.used(shelf, repair, by=by)  # after the wish: what was kept for it is no more promised
    touch(row, "from_stock", by=by)
    return Done(fitting, row, wished is None, old.pk if old else None)


def unfit(
    repair: Repair,
    fitting: PartProductLinker,
    *,
    wish: int,
    wish_was_new: bool,
    removed: int | None,
    at: dt.datetime,
    by: Actor,
) -> None:
    """Take back what fit() did. Invalid where the part has moved on since."""
    # A later step that was undone may have put it back under a fitting of its own.
    sits = PartProductLinker.objects.filter(part=fitting.part_id, product=fitting.product, date_removed=None).first()
    if sits is None:
        raise Invalid({"undo": f"the part {fitting.part} has left the unit since"}, code="not_undoable")
    row = RepairPartTypeLinker.objects.filter(pk=wish).first()  # None: deleted in its table since
    shelf = row.from_stock_id if row else None
    if row is not None and row.new_part is not None:
        stock.hold(repair, [row.new_part.part_type_id])
    end(sits, repair=repair, at=at, by=by)
    if removed is not None:
        old = PartProductLinker.objects.select_related("part__part_type").filter(pk=removed).first()
        if old is None:
            raise Refused("This step cannot be taken back: what it wrote has been deleted since", code="not_undoable")
        if PartProductLinker.objects.filter(part=old.part_id, date_removed=None).exists():
            raise Invalid({"undo": f"the part {old.part} sits in a unit since"}, code="not_undoable")
        if old.fate is not None:  # it goes back into the unit: what was said of it holds no more
            if old.fate == REUSE:
                stock.withheld(repair, old.part.part_type, by=by)
            old.fate = None
            touch(old, "fate", by=by)
        new(
            PartProductLinker, by=by, part=old.part, product=fitting.product, date_added=at, added_repair=repair,
            replaced_part=fitting.part,
        )  # fmt: skip
    if row is not None and wish_was_new:
        row.delete()
    elif row is not None:
        row.new_part = row.replaced_date = row.from_stock = None
        touch(row, "new_part", "replaced_date", "from_stock", by=by)
    if shelf is not None:
        stock.came_back(shelf, repair, by=by)


def end(fitting: PartProductLinker, *, repair: Repair, at: dt.datetime, by: Actor) -> None:
    fitting.date_removed, fitting.removed_repair = at, repair
    touch(fitting, "date_removed", "removed_repair", by=by)


def _part(serial: str, *, by: Actor) -> Part:
    for wanted in dict.fromkeys(one for read in readings(serial) for one in (read, read.upper())):
        part = Part.objects.visible_to(by).select_for_update(of=("self",), no_key=True).filter(serial_number=wanted)
        if found := part.select_related("part_type__part_type_category").first():
            return found
    raise Invalid({"serial": "is no part that is known here; look at the label once more"})


def _replaced_by(product: Product, kind: PartType) -> PartProductLinker | None:
    """What sits in the unit and may be replaced by this type: one of the same type first."""
    sitting = list(queries.fitted(product).select_related("part__part_type").order_by("pk"))
    same = next((fitting for fitting in sitting if fitting.part.part_type_id == kind.pk), None)
    if same is not None:
        return same
    allowed = queries.replacements(product, {fitting.part.part_type_id for fitting in sitting})
    return next(
        (one for one in sitting if kind in allowed.get(one.part.part_type_id, [])),
        None,
    )


def _belongs(product: Product, kind: PartType) -> bool:
    """Whether this type of part has a place in this type of unit that nothing of its category fills now."""
    if queries.fitted(product).filter(part__part_type__part_type_category=kind.part_type_category_id).exists():
        return False
    return kind.part_type_product_type_linker.filter(product_type=product.product_type_id).exists()


def _non_transferable(old: PartType | None, kind: PartType) -> bool:
    rule = PartTypeReplacementLinker.objects.filter(Q(existing_part_type=old), replacement_part_type=kind).first()
    return bool(rule and rule.non_transferable)
