"""Units that come back: what was found and done when they were here before."""

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from apps.products.models import Product
from apps.repairs.models import (
    Repair,
    RepairActionTypeLinker,
    RepairPartTypeLinker,
    RepairProductLinker,
    RepairSymptomTypeLinker,
)

REPEAT = dt.timedelta(days=90)
OFTEN = 2  # repairs after which another one says something about the unit
NO_REPAIRS = ("prepared", "set_aside")  # outcomes of a stock preparation


@dataclass(frozen=True)
class Past:
    """An earlier repair: what was found, what was done, which parts were fitted."""

    repair: Repair
    ended: dt.datetime | dt.date | None
    symptoms: Sequence[str]
    actions: Sequence[str]
    parts: Sequence[str]


@dataclass(frozen=True)
class Back:
    """Why a unit is looked at twice: it was repaired less than 90 days before it came in, or twice or more already."""

    times: int
    last: dt.date | None
    soon: bool
    days: int | None = None

    @property
    def flagged(self) -> bool:
        return self.soon or self.times >= OFTEN


def ended(units: Iterable[str]) -> QuerySet[Repair]:
    """The repairs of these units that are over, those made through the table too; the newest first."""
    rows = Repair.objects.filter(product__in=list(units), running=False)
    rows = rows.filter(Q(ended_at__isnull=False) | Q(refurbishment_date__isnull=False))
    return rows.exclude(outcome__in=NO_REPAIRS).order_by("-created_at", "-pk")


def same_units(product: Product) -> list[str]:
    """The IMEI of this unit, and those it had before its board was replaced, however often that was."""
    return list(_formerly([product.product_imei]))


def _formerly(units: Iterable[str]) -> dict[str, str]:
    """{each of these IMEIs and those that their units had with boards before: the IMEI it is now}"""
    found = {imei: imei for imei in units}
    newest = set(found)
    while newest:
        rows: Any = RepairProductLinker.objects.filter(repair__product__in=list(newest))
        pairs = rows.values_list("repair__product_id", "product_imei")
        before = {old: found[now] for now, old in pairs if old != now}
        newest = set(before) - set(found)
        found |= {imei: before[imei] for imei in newest}
    return found


def earlier(product: Product, *, language: str, before: Repair | None = None, most: int = 10) -> list[Past]:
    """The latest repairs of this unit that are over, in a number of queries that does not depend on how many.
    `before`: those that came before this one."""
    found = ended(same_units(product)).select_related("repair_centre")
    if before is not None:
        then = before.created_at
        over = Q(ended_at__lte=then) | Q(ended_at=None, refurbishment_date__lte=then.date())
        found = found.filter(over).exclude(pk=before.pk)
    rows = list(found[:most])
    keys = [row.pk for row in rows]
    symptoms: dict[int, list[str]] = {}
    for one in RepairSymptomTypeLinker.objects.filter(repair__in=keys).select_related("symptom_type").order_by("pk"):
        symptoms.setdefault(one.repair_id, []).append(one.symptom_type.said(language))
    acts: dict[int, list[str]] = {}
    for act in RepairActionTypeLinker.objects.filter(repair__in=keys).select_related("action_type").order_by("pk"):
        acts.setdefault(act.repair_id, []).append(act.action_type.said(language))
    parts: dict[int, list[str]] = {}
    fitted = RepairPartTypeLinker.objects.filter(repair__in=keys).exclude(replaced_date=None)
    for part in fitted.select_related("new_part_type").order_by("pk"):
        if part.new_part_type:
            parts.setdefault(part.repair_id, []).append(part.new_part_type.name)
    return [
        Past(row, ended_on(row), *(list(dict.fromkeys(found.get(row.pk, []))) for found in (symptoms, acts, parts)))
        for row in rows
    ]


def ended_on(repair: Repair) -> dt.datetime | dt.date | None:
    return repair.ended_at or repair.refurbishment_date


def back_of(past: Sequence[Past], *, came: dt.date | None = None) -> Back:
    """The same of one unit whose earlier repairs are at hand."""
    return _back([_day(one.ended) for one in past if one.ended], came or timezone.now().date())


def back(units: Iterable[str], *, came: dict[str, dt.date] | None = None) -> dict[str, Back]:
    """{IMEI: how often it was repaired and whether it is back within 90 days}, under whichever board, of units that are
    in no repair or in a running one; `came`: the day it came in where that is not today. In a number of queries that
    depends on how often boards were replaced, not on how many units there are."""
    today, formerly = timezone.now().date(), _formerly(units)
    found: dict[str, list[dt.date]] = {}
    rows: Any = ended(formerly).order_by().values_list("product_id", "ended_at", "refurbishment_date")
    for imei, at, day in rows:
        found.setdefault(formerly[imei], []).append(_day(at or day))
    return {imei: _back(days, (came or {}).get(imei) or today) for imei, days in found.items()}


def _day(moment: dt.datetime | dt.date) -> dt.date:
    return moment.date() if isinstance(moment, dt.datetime) else moment


def _back(days: Sequence[dt.date], since: dt.date) -> Back:
    before = [day for day in days if day <= since]
    last = max(before, default=None)
    apart = (since - last).days if last else None
    return Back(len(before), last, apart is not None and apart <= REPEAT.days, apart)
