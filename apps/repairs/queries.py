"""What sits in units, and what is known of it."""

import datetime as dt
from typing import Any

from django.db.models import OuterRef, QuerySet, Subquery

from apps.parts.models import PartParameter, PartType, PartTypeReplacementLinker
from apps.products.models import Product, ProductParameter
from apps.repairs.models import PartProductLinker, Repair


def owned_by_workflow(repair: Repair) -> tuple[str, ...]:
    """The columns of a repair that its workflow writes, and nobody through the table."""
    owned = ("product_imei", "workflow_name", "workflow_state_id", "context", "outcome")
    return owned if repair.workflow_version else ()


def fitted(product: Product) -> QuerySet[PartProductLinker]:
    """The fittings of what sits in the unit now."""
    return PartProductLinker.objects.filter(product=product, date_removed=None)


def pending_part_parameters(product: Product) -> QuerySet[PartParameter]:
    """What the unit is to tell its parts, the oldest order first."""
    rows = PartParameter.objects.select_related("parameter_type", "part__part_type").filter(status="pending")
    return rows.filter(part__in=fitted(product).values("part")).order_by("pk")


def part_parameter(part_id: int, kind: int) -> PartParameter | None:
    """What is ordered of this parameter for this part, else what holds."""
    held = PartParameter.objects.filter(part=part_id, parameter_type=kind, status__in=("active", "pending"))
    return held.order_by("-status", "-pk").first()


def latest_fittings(product: Product) -> list[PartProductLinker]:
    """Of every part that sits or sat in this unit its latest fitting there, by part."""
    newest = PartProductLinker.objects.filter(product=product, part=OuterRef("part")).order_by("-pk").values("pk")[:1]
    rows = PartProductLinker.objects.filter(product=product, pk=Subquery(newest))
    return list(rows.select_related("part__part_type__part_type_category").order_by("part_id"))


def replacements(product: Product, part_types: set[int]) -> dict[int, list[Any]]:
    """{part type: the types that may replace it in this type of unit}, by rules for this type or for none."""
    rules = PartTypeReplacementLinker.objects.select_related("replacement_part_type")
    rules = rules.filter(existing_part_type__in=part_types)
    found: dict[int, list[Any]] = {}
    for rule in rules.order_by("replacement_part_type_id", "pk"):
        listed = found.setdefault(rule.existing_part_type_id, [])
        if rule.product_type_id in (None, product.product_type_id) and rule.replacement_part_type not in listed:
            listed.append(rule.replacement_part_type)
    return found


def unnumbered(product: Product) -> QuerySet[PartType]:
    """What every unit of this type is made of and bears no number of its own."""
    rows = PartType.objects.filter(part_type_product_type_linker__product_type=product.product_type_id)
    return rows.exclude(serial_number_category="known").distinct()


def product_parameters(product: Product, at: dt.datetime | None) -> list[ProductParameter]:
    return _as_of(ProductParameter.objects.filter(product=product), at)


def part_parameters(product: Product, at: dt.datetime | None) -> dict[int, list[PartParameter]]:
    """{part: its parameters} of the parts that sit or sat in this unit: what was set while they did; with a time, of
    those that sat in it then, what held then."""
    fittings = PartProductLinker.objects.filter(product=product).order_by("part_id", "pk")
    found: dict[int, list[PartParameter]] = {}
    for fitting in fittings:
        if at is not None and not _holds(fitting.date_added or fitting.created_at, fitting.date_removed, at):
            continue
        rows = PartParameter.objects.filter(part=fitting.part_id)
        if fitting.date_removed is not None:
            rows = rows.filter(created_at__lt=fitting.date_removed)
        known = found.setdefault(fitting.part_id, [])
        known += [row for row in _as_of(rows, at) if row not in known]
    return found


def _as_of(rows: QuerySet[Any], at: dt.datetime | None) -> list[Any]:
    """All rows; or with a time those that were active then, as they were then."""
    if at is None:
        return list(rows.order_by("pk"))
    held = [
        row for row in rows.filter(date_added__lte=at).order_by("pk") if _holds(row.date_added, row.date_removed, at)
    ]
    for row in held:
        row.status, row.date_removed = "active", None
    return held


def _holds(since: dt.datetime, until: dt.datetime | None, at: dt.datetime) -> bool:
    return since <= at and (until is None or until > at)


def battery_type(product: Product) -> int | None:
    """The part type of the battery that sits in the unit."""
    rows = fitted(product).filter(part__part_type__part_type_category__name__iexact="battery")
    return rows.order_by("-pk").values_list("part__part_type_id", flat=True).first()
