"""Whose credit ends soon: counts per entity, and the units behind them. Each question is a range of the index on
`expected_expiry`; nothing counts what ran out long ago."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from apps.accounts.models import Entity
from apps.dcm.models import Balance
from apps.products import queries as products
from apps.products.models import ProductEntityLinker
from apps.products.states import TERMINATED

LATELY = dt.timedelta(days=30)
EXPIRED, TODAY, THREE, SEVEN, LONG = "expired", "today", "3", "7", "long"
COUNTED = (TODAY, THREE, SEVEN, EXPIRED)


def _spans() -> Mapping[str, tuple[dt.datetime | None, dt.datetime]]:
    """{name: (from, before)}. Today ends at the reader's midnight; 3 and 7 days hold today too."""
    now = timezone.now()
    here = timezone.localtime(now)
    midnight = (here + dt.timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return {
        TODAY: (now, midnight),
        THREE: (now, now + dt.timedelta(days=3)),
        SEVEN: (now, now + dt.timedelta(days=7)),
        EXPIRED: (now - LATELY, now),
        LONG: (None, now - LATELY),
    }


def _in(name: str, before: str = "") -> Q:
    start, end = _spans()[name]
    found = Q(**{f"{before}expected_expiry__lt": end})
    return found & Q(**{f"{before}expected_expiry__gte": start}) if start else found


def _counts_down(before: str = "") -> Q:
    """Units that switch off for want of credit: those that keep it, are still paid for, and are in use."""
    left = Q(**{f"{before}latest_state__current_state_type_id": TERMINATED})
    return Q(**{f"{before}dcm_enabled_flag": True, f"{before}is_payg": True}) & ~left


def units(by: Any, which: str, entity: int | None = None) -> QuerySet[Balance]:
    """The balances of such units, whose credit ends first at the top (of those that ran out, the latest)."""
    rows: QuerySet[Balance] = Balance.objects.visible_to(by).filter(_in(which), _counts_down("product__"))
    if entity is not None:
        rows = rows.filter(product__in=products.units(by).filter(products.in_entity(entity)))
    order = "-" if which in (EXPIRED, LONG) else ""
    return rows.select_related("product__product_type").order_by(f"{order}expected_expiry", f"{order}pk")


def counts(by: Any) -> list[tuple[Entity, dict[str, int]]]:
    """[(entity in sight, {"today", "3", "7", "expired": number of units})], by name, of those that have any."""
    spans = _spans()
    first, last = spans[EXPIRED][0], max(end for _start, end in spans.values())
    rows: Any = ProductEntityLinker.objects.filter(
        _counts_down("product__"), date_removed=None, entity__in=Entity.objects.visible_to(by),
        product__balance__expected_expiry__gte=first, product__balance__expected_expiry__lt=last,
    )  # fmt: skip
    found = (
        rows.order_by()
        .values("entity")
        .annotate(**{f"n_{name}": Count("product", filter=_in(name, "product__balance__")) for name in COUNTED})
    )
    held = {row["entity"]: {name: row[f"n_{name}"] for name in COUNTED} for row in found}
    entities = Entity.objects.filter(pk__in=held).order_by("name", "pk")
    return [(entity, held[entity.pk]) for entity in entities]
