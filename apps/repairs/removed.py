"""Reading what sits in a unit, what each part replaced, and what a repair has taken out and put in."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import QuerySet

from apps.products.models import Product
from apps.repairs.models import PartProductLinker, Repair, RepairPartTypeLinker

DEEPEST = 10


def of(repair: Repair) -> list[PartProductLinker]:
    """Of each part that was taken out in this repair the fitting that ended; nothing of what was undone, nor of what
    went along into the unit of another board."""
    rows = PartProductLinker.objects.filter(removed_repair=repair).select_related("part__part_type", "product")
    latest = {row.part_id: row for row in rows.order_by("pk")}
    came_before = {row.part_id for row in rows if row.added_repair_id != repair.pk}
    wishes = RepairPartTypeLinker.objects.filter(repair=repair, replaced_date__isnull=False, new_part__isnull=False)
    fitted_here = set(wishes.values_list("new_part_id", flat=True))
    # Either sits there by a later fitting of the same repair.
    back = PartProductLinker.objects.filter(part__in=latest, added_repair=repair, date_removed=None)
    undone = set(back.values_list("part_id", flat=True))
    return [
        row for part, row in latest.items() if part not in undone and (part in came_before or part in fitted_here)
    ]  # fmt: skip


def came_in(repair: Repair) -> QuerySet[PartProductLinker]:
    """The fittings of the parts that this repair has put in and that sit there now: not of those that undo put back, or
    that went along into the unit of another board."""
    there_before = PartProductLinker.objects.filter(removed_repair=repair).exclude(added_repair=repair)
    rows = PartProductLinker.objects.filter(added_repair=repair, date_removed=None)
    return rows.exclude(part__in=there_before.values("part"))


def sits_somewhere(part_id: int) -> bool:
    return PartProductLinker.objects.filter(part=part_id, date_removed=None).exists()


@dataclass(frozen=True)
class Branch:
    """A part that sits in the unit (depth 0), or one that the part above it replaced."""

    fitting: PartProductLinker
    depth: int

    @property
    def level(self) -> int:
        return min(self.depth, 3)


def tree(product: Product) -> list[Branch]:
    """What sits in the unit, each with what it replaced and what that had replaced."""
    rows = list(
        PartProductLinker.objects.filter(product=product)
        .select_related("part__part_type__part_type_category", "added_repair", "removed_repair")
        .order_by("pk")
    )
    found: list[Branch] = []
    for row in rows:
        if row.date_removed is None:
            found += _branch(row, rows)
    return found


def _branch(row: PartProductLinker, rows: Iterable[PartProductLinker]) -> list[Branch]:
    """A part that was put back by undo has replaced nobody: its fitting before the slip is gone over."""
    found, seen, now = [Branch(row, 0)], {row.part_id}, row
    while now.replaced_part_id is not None and now.replaced_part_id not in seen and len(found) < DEEPEST:
        earlier = [one for one in rows if one.part_id == now.replaced_part_id and one.pk < now.pk and one.date_removed]
        if not earlier:
            break
        now = earlier[-1]
        seen.add(now.part_id)
        found.append(Branch(now, len(found)))
    return found
