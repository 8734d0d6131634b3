"""The checked tree as conditions. Every hop to another table is a subquery over what the reader may see there."""

from typing import Any

from django.db.models import Exists, F, Q

from apps.api.q import tree
from apps.api.q.values import DAY, MOMENT, Never, kind_of
from apps.core.actors import Actor
from apps.core.columns import Column

ALL, NONE = Q(), Q(pk__in=[])
LOOKUPS = {
    "eq": "exact", "ne": "ne", "gt": "gt", "ge": "gte", "lt": "lt", "le": "lte", "like": "q_like", "ilike": "q_ilike",
}  # fmt: skip


def condition(node: tree.Node, by: Actor) -> Q:
    match node:
        case tree.All(nodes):
            found = ALL
            for one in nodes:
                found &= condition(one, by)
            return found
        case tree.Any_(nodes):
            if not nodes:
                return ALL  # an empty formula is no condition
            found = condition(nodes[0], by)
            for one in nodes[1:]:
                following = condition(one, by)
                found = ALL if ALL in (found, following) else found | following
            return found
        case tree.Compare(column, operator, value):
            return _compare(column, operator, value)
        case tree.CompareColumns(column, operator, other):
            return _columns(column, operator, other)
        case tree.Related(relation, inner, negated):
            rows: Any = relation.model.objects.visible_to(by).filter(relation.linked())
            if inner is not None:
                rows = rows.filter(condition(inner, by))
            return ~Q(Exists(rows)) if negated else Q(Exists(rows))


def _compare(column: Column, operator: str, value: Any) -> Q:
    name = column.attname
    present = Q(**{f"{name}__isnull": False})
    match operator:
        case "is_null":
            return ~present
        case "is_not_null":
            return present
        case "in" | "not_in":
            return _in(column, operator, value)
    if isinstance(value, Never):
        matches = operator == "ne" or (value.above is not None and (operator in ("lt", "le")) == value.above)
        matches = matches and operator != "eq"
        return present if matches else NONE
    if isinstance(value, float) and column.value_field.get_internal_type() != "FloatField":
        return _between_whole_numbers(name, operator, value, present)
    return Q(**{f"{name}__{LOOKUPS[operator]}": value})


def _in(column: Column, operator: str, value: list[Any]) -> Q:
    name = column.attname
    whole = column.value_field.get_internal_type() != "FloatField"
    known = [
        item
        for item in value
        if item is not None and not isinstance(item, Never) and not (whole and isinstance(item, float))
    ]
    if operator == "in":
        return Q(**{f"{name}__in": known}) if known else NONE
    if not value:
        return ALL  # not in nothing: every row, NULLs included
    if None in value:
        return NONE
    found = Q(**{f"{name}__isnull": False})
    return found & ~Q(**{f"{name}__in": known}) if known else found


def _between_whole_numbers(name: str, operator: str, value: float, present: Q) -> Q:
    """3.5 on a column of whole numbers: equals none; below it means up to 3, above it from 4."""
    low = int(value // 1)
    match operator:
        case "eq":
            return NONE
        case "ne":
            return present
        case "lt" | "le":
            return Q(**{f"{name}__lte": low})
        case _:
            return Q(**{f"{name}__gt": low})


def _columns(column: Column, operator: str, other: Column) -> Q:
    name, value = column.attname, F(other.attname)
    kinds = kind_of(column), kind_of(other)
    if kinds == (MOMENT, DAY):
        name = f"{name}__date"
    elif kinds == (DAY, MOMENT):
        value = F(f"{other.attname}__date")
    return Q(**{f"{name}__{LOOKUPS[operator]}": value})
