"""Reading what repairs wait for, what lies on the shelves, and what is to be ordered."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, F, Min, Q, QuerySet

from apps.accounts.models import RepairCentre, UserRepairCentreLink
from apps.core.actors import Actor
from apps.core.refusals import NotFound
from apps.parts.models import PartType
from apps.repairs.models import CentreStock, Repair, RepairPartTypeLinker, StockMove


def centres(by: Actor) -> QuerySet[RepairCentre]:
    return RepairCentre.objects.visible_to(by).order_by("name")


def own_centre(by: Actor) -> int | None:
    """Where this user works."""
    links = UserRepairCentreLink.objects.filter(username__iexact=by.name_for_record)
    return links.values_list("repair_centre_id", flat=True).first()


def wishes(*, by: Actor, centre: int | None) -> QuerySet[RepairPartTypeLinker]:
    """The open wishes of running repairs in scope, of one centre or of all, the longest waiting first."""
    rows = RepairPartTypeLinker.objects.visible_to(by).filter(
        replaced_date=None, new_part_type__isnull=False, repair__running=True
    )
    if centre is not None:
        rows = rows.filter(repair__repair_centre=centre)
    rows = rows.select_related("new_part_type", "old_part_type", "repair__product__product_type")
    return rows.order_by(F("requested_date").asc(nulls_last=True), "pk")


def wish(key: int, *, by: Actor) -> RepairPartTypeLinker:
    rows = RepairPartTypeLinker.objects.visible_to(by).select_related("repair")
    found: RepairPartTypeLinker | None = rows.filter(pk=key).first()
    if found is None:
        raise NotFound()
    return found


def moves(centre: int, most: int) -> list[StockMove]:
    """What was last done to a centre's stock."""
    rows = StockMove.objects.filter(stock__repair_centre=centre).select_related("stock__part_type")
    return list(rows.order_by("-pk")[:most])


@dataclass
class Line:
    """A part type at a centre, or (None) for repairs of no centre. `waiting`: open wishes that nothing is kept for;
    `oldest`: the first of them."""

    centre: int | None
    centre_name: str
    kind: PartType
    in_stock: int = 0
    low_mark: int = 0
    reserved: int = 0
    waiting: int = 0
    oldest: dt.datetime | None = None
    counted: bool = False

    @property
    def free(self) -> int:
        return self.in_stock - self.reserved

    @property
    def is_low(self) -> bool:
        return self.free < self.low_mark

    @property
    def to_order(self) -> int:
        return max(0, self.waiting + self.low_mark - self.free)


def lines(*, by: Actor, centre: int | None) -> list[Line]:
    """What is there, kept and waited for, by centre and part type. All wishes of a centre count, whosever units; and
    where no centre is asked for, those of repairs in scope that belong to none."""
    shown: dict[int | None, str] = {one.pk: one.name for one in centres(by) if centre in (None, one.pk)}
    found: dict[tuple[int | None, int], Line] = {}
    stocks = CentreStock.objects.filter(repair_centre__in=list(shown)).select_related("part_type")
    for row in stocks:
        name = shown[row.repair_centre_id]
        found[row.repair_centre_id, row.part_type_id] = Line(
            row.repair_centre_id, name, row.part_type, row.in_stock, row.low_mark, counted=True
        )  # fmt: skip
    where = Q(repair__repair_centre__in=list(shown))
    if centre is None:
        shown[None] = ""
        where |= Q(repair__in=Repair.objects.visible_to(by).filter(repair_centre=None))
    for one in _counted(where):
        key = (one["repair__repair_centre"], one["new_part_type"])
        found.setdefault(key, Line(key[0], shown[key[0]], PartType(pk=key[1])))
        line = found[key]
        line.reserved, line.waiting, line.oldest = one["kept"], one["waiting"], one["oldest"]
    kinds = PartType.objects.in_bulk([line.kind.pk for line in found.values() if not line.kind.name])
    for line in found.values():
        line.kind = kinds.get(line.kind.pk, line.kind)
    return sorted(found.values(), key=lambda line: (line.centre_name, line.kind.name))


def _counted(where: Q) -> list[dict[str, Any]]:
    rows = RepairPartTypeLinker.objects.filter(
        where, replaced_date=None, new_part_type__isnull=False, repair__running=True
    )
    waits = Q(reserved_at=None)
    counted: Any = rows.values("repair__repair_centre", "new_part_type").annotate(
        kept=Count("pk", filter=~waits), waiting=Count("pk", filter=waits), oldest=Min("requested_date", filter=waits)
    )
    return list(counted)


def to_order(*, by: Actor, centre: int | None) -> list[Line]:
    """What waits without a part, and what is under its low mark."""
    return [line for line in lines(by=by, centre=centre) if line.to_order]
