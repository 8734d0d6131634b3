"""Reading rows of tables. The SQL of "one row by its key within a scope" is compiled once per table from the queryset
that visible_to() makes, and then run with its parameters filled in; it is never written by hand.
"""

import base64
import functools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import orjson
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import Case, Expression, F, QuerySet, Value, When
from django.db.models.fields import TextField

from apps.api.envelope import dumps
from apps.core.actors import Actor, Machine
from apps.core.columns import MASK, BadValue, Column, digest_of
from apps.core.levels import Level
from apps.core.refusals import NotFound
from apps.core.statements import ENTITY, NUMBER, TEXT, Statement, compiled
from apps.core.tables import Table

PIECE = 100  # records


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
    """The records of these ordered rows in the contract's column names, times as naive UTC, which JSON shows without
    zone."""
    return [record for some in _in_pieces(table, rows) for record in some]


def page(table: Table, rows: QuerySet) -> Any:
    """The same, ready to stand in an answer. Written piece by piece: what is made and forgotten again within the
    processor's cache costs a fifth less than a thousand records side by side."""
    pieces = [dumps(some)[1:-1] for some in _in_pieces(table, rows)]
    return orjson.Fragment(b"[" + b",".join(pieces) + b"]")


def _in_pieces(table: Table, rows: QuerySet) -> Iterator[list[dict[str, Any]]]:
    """On PostgreSQL only the keys are asked for by the queryset; what is read of them is compiled once a table."""
    if connection.vendor != "postgresql":
        if found := as_records(table, select(table, rows)):
            yield found
        return
    try:
        keys, params = rows.values_list("pk").query.get_compiler(using="default").as_sql()
    except EmptyResultSet:
        return
    page = _page(table)
    names, binaries = list(table.columns), _indexes(table, "BinaryField")
    with connection.cursor() as cursor:
        cursor.cursor.tzinfo_factory = (
            None  # straight from the cursor, without zones that would only be taken off again
        )
        cursor.execute(page.of(keys), [*page.select.params, *params])
        while some := cursor.fetchmany(PIECE):
            if page.select.converters:
                some = page.select.compiler.apply_converters(some, page.select.converters)
            yield as_records(table, some) if binaries else [dict(zip(names, row, strict=True)) for row in some]


@dataclass(frozen=True)
class _Page:
    """The columns of a table, and how a query of its keys starts."""

    select: Statement
    key: str

    def of(self, keys: str) -> str:
        """The columns of the rows that a query of keys finds, in its order."""
        only_key = f'SELECT {self.key} AS "pk" FROM '  # noqa: S608  # Django's SQL, here and below
        columns, _from, whence = self.select.sql.partition(" FROM ")
        if keys.startswith(only_key):
            return f"{columns} FROM {keys.removeprefix(only_key)}"
        numbered = f"SELECT key, row_number() OVER () AS number FROM ({keys}) keys (key)"  # noqa: S608
        return f"{columns} FROM {whence} JOIN ({numbered}) wanted ON wanted.key = {self.key} ORDER BY wanted.number"


@functools.lru_cache(maxsize=256)
def _page(table: Table) -> _Page:
    compiler = select(table, table.model._base_manager.order_by()).query.get_compiler(using="default")
    sql, params = compiler.as_sql()
    expressions = [entry[0] for entry in compiler.select[: compiler.col_count]]
    statement = Statement(sql, tuple(params), compiler.get_converters(expressions), compiler)
    return _Page(statement, f'"{table.model._meta.db_table}"."{table.model._meta.pk.column}"')


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


def of_row(table: Table, row: Any) -> dict[str, Any]:
    """The record of a row in hand, which need not be in the database as it is here."""
    values = [
        MASK if column.secret and getattr(row, column.attname) is not None else getattr(row, column.attname)
        for column in table.columns.values()
    ]
    return as_records(table, [values])[0]


def default_order(table: Table) -> list[Any]:
    ordering = list(table.model._meta.ordering or ())
    return ordering or [F(table.key.field.name).asc()]
