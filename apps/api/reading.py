"""Reading rows of tables. The SQL of "one row by its key within a scope" is compiled once per table from the queryset
that visible_to() makes, and then run with its parameters filled in; it is never written by hand.
"""

import base64
import functools
from collections.abc import Iterable, Sequence
from typing import Any

from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Case, Expression, F, QuerySet, Value, When
from django.db.models.fields import TextField

from apps.core.actors import Actor, Machine
from apps.core.columns import MASK, BadValue, Column, digest_of
from apps.core.levels import Level
from apps.core.refusals import NotFound
from apps.core.statements import ENTITY, NUMBER, TEXT, Statement, compiled
from apps.core.tables import Table


def selection(table: Table) -> tuple[list[str], dict[str, Expression]]:
    """What to select for a table's columns: attribute names, and the masks that stand for secrets."""
    names: list[str] = []
    masks: dict[str, Expression] = {}
    for column in table.columns.values():
        if column.secret:
            alias = f"mask_{column.name}"
            masks[alias] = _mask(table, column)
            names.append(alias)
        else:
            names.append(column.attname)
    return names, masks


def _mask(table: Table, column: Column) -> Expression:
    digest = digest_of(table.model, column.attname)
    empty = {f"{digest.name if digest else column.field.name}__isnull": True}
    return Case(When(**empty, then=Value(None)), default=Value(MASK), output_field=TextField())


def select(table: Table, rows: QuerySet) -> QuerySet:
    names, masks = selection(table)
    return rows.annotate(**masks).values_list(*names)


@functools.lru_cache(maxsize=512)
def _indexes(table: Table, kind: str) -> tuple[int, ...]:
    return tuple(
        index for index, column in enumerate(table.columns.values()) if column.value_field.get_internal_type() == kind
    )


def records(table: Table, rows: QuerySet) -> list[dict[str, Any]]:
    """The records of these rows in the contract's column names, times as naive UTC, which JSON shows without zone."""
    return as_records(table, _values(select(table, rows)))


def as_records(table: Table, rows: Iterable[Sequence[Any]]) -> list[dict[str, Any]]:
    """Records of rows that select() chose. Times with a zone (the connection speaks UTC) lose it."""
    names = list(table.columns)
    moments, binaries = _indexes(table, "DateTimeField"), _indexes(table, "BinaryField")
    found = []
    for row in rows:
        values = list(row)
        for index in moments:
            moment = values[index]
            if moment is not None and moment.tzinfo is not None:
                values[index] = moment.replace(tzinfo=None)
        for index in binaries:
            if values[index] is not None:
                values[index] = base64.b64encode(values[index]).decode()
        found.append(dict(zip(names, values, strict=True)))
    return found


def _values(rows: QuerySet) -> Iterable[Sequence[Any]]:
    """The rows of a values_list() queryset. On PostgreSQL straight from the cursor, which leaves out the zones that
    every time would have to lose again: 0.60 → 0.71 of the json_agg view (bench/lists.py)."""
    if connection.vendor != "postgresql":
        return rows
    compiler = rows.query.get_compiler(using="default")
    try:
        sql, params = compiler.as_sql()
    except EmptyResultSet:
        return []
    with connection.cursor() as cursor:
        cursor.cursor.tzinfo_factory = None
        cursor.execute(sql, params)
        found: Any = cursor.fetchall()
    converters = compiler.get_converters([entry[0] for entry in compiler.select[: compiler.col_count]])
    return compiler.apply_converters(found, converters) if converters else found


@functools.lru_cache(maxsize=1024)
def _one_by_key(table: Table, scoped: bool, vendor: str) -> Statement:
    reader = Machine("reader", Level.OVERVIEW, is_global=not scoped, entity_key=ENTITY)
    text_key = table.key.value_field.get_internal_type() in ("CharField", "TextField")
    stand_in: Any = TEXT if text_key else NUMBER
    rows = table.model.objects.visible_to(reader).filter(**{table.key.field.name: stand_in})
    return compiled(select(table, rows.order_by()), key=stand_in)


def one(table: Table, key: Any, *, by: Actor) -> dict[str, Any]:
    """The record under this key within the reader's scope, or NotFound."""
    try:
        value = table.key.take(key)
    except BadValue:
        raise NotFound() from None
    if not by.is_global and by.entity_key is None:
        raise NotFound()
    try:
        rows = _one_by_key(table, not by.is_global, connection.vendor).run(value, by.entity_key)
    except EmptyResultSet:  # the scope holds no row at all
        raise NotFound() from None
    if not rows:
        raise NotFound()
    record: dict[str, Any] = as_records(table, rows)[0]
    return record


def record_of(table: Table, row: Any) -> dict[str, Any]:
    """The record of a row just written, read back as any reader sees it."""
    return records(table, table.model._base_manager.filter(pk=row.pk))[0]


def default_order(table: Table) -> list[Any]:
    ordering = list(table.model._meta.ordering or ())
    return ordering or [F(table.key.field.name).asc()]
