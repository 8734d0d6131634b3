"""A unit under repair gets another board (contract/actions.md, "A board replaced in mid-repair")."""

import datetime as dt

from apps.core.actions import action
from apps.core.actors import Actor
from apps.core.identifiers import readings
from apps.core.locks import alone
from apps.core.refusals import Invalid, refuse_if
from apps.core.rows import new, touch
from apps.factory import numbers
from apps.factory.free_boards import ready
from apps.factory.kinds import UNITS, board_of
from apps.parts.models import Part
from apps.products.actions.succession import succeed
from apps.products.models import Product
from apps.products.models.product import LOCK
from apps.repairs import fittings, queries, stock
from apps.repairs.models import PartProductLinker, Repair, RepairPartTypeLinker, RepairProductLinker


@action(level=None)
def replace_board(repair: Repair, *, serial: str, at: dt.datetime, by: Actor) -> Product:
    """Put the board of this IMEI into the unit of the repair, whose row the caller holds: a new unit with the board's
    numbers takes its place, with the parts that sat in it; the repair goes on there. Invalid with `serial`.
    """
    old: Product = repair.product
    pcb, worn = _board(serial, by=by), _fitted(old)
    kind = pcb.part_type
    refuse_if(
        not _may_replace(pcb, worn, old), "serial",
        f"is of the type {kind.name}, which replaces nothing that sits in this unit",
    )  # fmt: skip
    alone(LOCK)
    sim, wrong = ready(pcb, by=by)
    if wrong or sim is None:
        raise Invalid({"serial": str(wrong)})
    heir: Product = succeed(
        old, product_imei=str(pcb.serial_number), imsi=str(pcb.imsi), iccid=pcb.iccid, device_key=str(pcb.device_key),
        by=by,
    )  # fmt: skip
    _move_parts(old, heir, repair, instead={numbers.PCB: pcb, numbers.SIM_CARD: sim}, at=at, by=by)
    for imei in (old.product_imei, heir.product_imei):
        new(RepairProductLinker, by=by, repair=repair, product_imei=imei)
    row = RepairPartTypeLinker.objects.filter(repair=repair, new_part_type=kind, replaced_date=None).first() or new(
        RepairPartTypeLinker, by=by, repair=repair, new_part_type=kind,
        old_part_type=worn.part.part_type if worn else None, non_transferable=False,
    )  # fmt: skip
    shelf = stock.for_fitting(repair, kind)  # before the wish, as all who hold both
    row.new_part, row.replaced_date = pcb, at
    touch(row, "new_part", "replaced_date", by=by)
    row.from_stock = stock.used(shelf, repair, by=by)
    touch(row, "from_stock", by=by)
    repair.product = heir
    touch(repair, "product", by=by)
    return heir


def _board(serial: str, *, by: Actor) -> Part:
    for wanted in readings(serial):
        parts = Part.objects.visible_to(by).select_for_update(of=("self",), no_key=True).select_related("part_type")
        boards = parts.filter(serial_number=wanted, part_type__part_type_category__name__iexact=numbers.PCB)
        if found := boards.first():
            return found
    raise Invalid({"serial": "is no board that is known here"})


def _may_replace(pcb: Part, worn: PartProductLinker | None, unit: Product) -> bool:
    """A board such as units of this type are made of, one like the old, or one that a rule names in its place."""
    made_of = {kind.board for kind in UNITS.values() if kind.product_type_id == unit.product_type_id}
    if board_of(pcb.board, pcb.part_type_id) in made_of:
        return True
    if worn is None:
        return False
    old = worn.part.part_type_id
    return pcb.part_type_id == old or pcb.part_type in queries.replacements(unit, {old}).get(old, [])


def _fitted(product: Product) -> PartProductLinker | None:
    boards = queries.fitted(product).filter(part__part_type__part_type_category__name__iexact=numbers.PCB)
    return boards.select_related("part__part_type").order_by("pk").first()


def _move_parts(
    old: Product, heir: Product, repair: Repair, *, instead: dict[str, Part], at: dt.datetime, by: Actor
) -> None:
    worn: dict[str, Part] = {}
    sitting = queries.fitted(old).select_related("part__part_type__part_type_category").order_by("pk")
    for fitting in list(sitting):
        fittings.end(fitting, repair=repair, at=at, by=by)
        category = fitting.part.part_type.part_type_category.name
        slot = next((name for name in instead if name.lower() == category.lower()), None)
        if slot is None:
            new(
                PartProductLinker, by=by, part=fitting.part, product=heir, date_added=at, added_repair=repair,
                replaced_part=fitting.replaced_part,
            )  # fmt: skip
        else:
            worn[slot] = fitting.part
    for slot, part in instead.items():
        new(
            PartProductLinker, by=by, part=part, product=heir, date_added=at, added_repair=repair,
            replaced_part=worn.get(slot),
        )  # fmt: skip
