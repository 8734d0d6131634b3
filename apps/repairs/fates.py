"""What becomes of parts that were taken out in a repair."""

from apps.core.actions import action
from apps.core.actors import Actor
from apps.core.levels import Level
from apps.core.refusals import Invalid, NotFound
from apps.core.rows import touch
from apps.products import queries as products
from apps.repairs import removed, stock
from apps.repairs.models import PartProductLinker, Repair
from apps.repairs.models.fittings import FATES, REUSE


@action(level=Level.TECHNICAL)
def set_fate(repair: Repair, *, fitting_id: int, fate: str | None, by: Actor) -> PartProductLinker:
    """Say what becomes of the part of this fitting, which ended in this repair; None: it is open again. One that is to
    be reused is in the centre's stock at once. Also after the repair's end. NotFound for any other fitting."""
    if fate is not None and fate not in FATES:
        raise Invalid({"fate": f"must be one of: {', '.join(FATES)}"})
    products.fetch(repair.product_id, by=by, lock=True)
    row = next((one for one in removed.of(repair) if one.pk == fitting_id), None)
    if row is None:
        raise NotFound()
    if row.fate == fate:
        return row
    if removed.sits_somewhere(row.part_id):
        raise Invalid({"fate": "cannot be changed: the part sits in a unit again"})
    if row.fate == REUSE:
        stock.withheld(repair, row.part.part_type, by=by)
    if fate == REUSE:
        stock.reused(repair, row.part.part_type, by=by)
    row.fate = fate
    touch(row, "fate", by=by)
    return row


def shelve(repair: Repair, *, by: Actor) -> None:
    """The repair, whose unit's row the caller holds, belongs to a centre from now on: what was taken out in it to be
    reused lies on that centre's shelf."""
    for row in removed.of(repair):
        if row.fate == REUSE and not removed.sits_somewhere(row.part_id):
            stock.reused(repair, row.part.part_type, by=by)
