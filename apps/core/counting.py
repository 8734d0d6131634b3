"""How many rows a list has, and where its far pages begin: exact, kept until a row of it changes (core.changes)."""

from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import F, QuerySet

from apps.core import changes

STEP = 500  # rows between two anchors: the most that a page of a long list skips
NEAR = 5000  # rows that are skipped as fast as an anchor is looked up

_ANCHORS = """(
    SELECT COALESCE(array_agg(place ORDER BY place), '{{}}')
    FROM (SELECT place, row_number() OVER (ORDER BY place) AS number FROM ({places}) places (place)) numbered
    WHERE mod(number, {step}) = 1
)"""


def count(rows: QuerySet) -> int:
    """How many rows match."""
    if connection.vendor != "postgresql":
        return rows.count()
    compiled = _compiled(rows, rows.model._meta.pk.name)
    if compiled is None:
        return 0
    sql, params = compiled
    number: int = changes.kept(f"(SELECT COUNT(*) FROM ({sql}) counted)", params)  # noqa: S608  # Django's SQL
    return number


def window(rows: QuerySet, order: list[Any], start: int, stop: int) -> QuerySet:
    """The rows from `start` to `stop` in this order. Far down a list in the order of one rising column, the rows before
    an anchor are left out by the index instead of being read and thrown away."""
    ordered = rows.order_by(*order)
    key = _one_rising_column(order)
    if start < NEAR or key is None or connection.vendor != "postgresql":
        return ordered[start:stop]
    compiled = _compiled(rows, key)
    if compiled is None:
        return ordered[start:stop]
    sql, params = compiled
    anchors = changes.kept(_ANCHORS.format(places=sql, step=STEP), params)
    number = start // STEP
    if number >= len(anchors):
        return ordered[start:stop]
    skipped = number * STEP
    return ordered.filter(**{f"{key}__gte": anchors[number]})[start - skipped : stop - skipped]


def _one_rising_column(order: list[Any]) -> str | None:
    if len(order) != 1:
        return None
    by = order[0]
    if isinstance(by, str):
        return None if by.startswith("-") else by
    return None if by.descending or not isinstance(by.expression, F) else str(vars(by.expression)["name"])


def _compiled(rows: QuerySet, column: str) -> tuple[str, tuple[Any, ...]] | None:
    try:
        return rows.order_by().values_list(column).query.get_compiler(using="default").as_sql()
    except EmptyResultSet:
        return None
