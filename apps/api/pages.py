"""A page of records as JSON text that PostgreSQL writes: the same records as reading.records() makes, several times
faster, since no value of them passes through Python. tests/test_pages.py holds the two together.

First the keys of the page, by the queryset with its filters, scope and order; then the columns of these rows, by a
statement compiled once per table.
"""

import functools
from typing import Any

import orjson
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet

from apps.api import reading
from apps.core.tables import Table


def page(table: Table, rows: QuerySet) -> Any:
    """The records of these ordered rows, ready to stand in an answer: a list, or JSON text."""
    if connection.vendor != "postgresql":
        return reading.records(table, rows)
    try:
        keys, params = rows.values_list("pk").query.get_compiler(using="default").as_sql()
    except EmptyResultSet:
        return []
    with connection.cursor() as cursor:
        cursor.execute(_SQL.format(keys=keys, **_columns(table)), params)
        return orjson.Fragment(cursor.fetchone()[0])


_SQL = """
    SELECT COALESCE(json_agg(record ORDER BY number), '[]')::text
    FROM (
        SELECT wanted.number, {selected}
        JOIN (SELECT key, row_number() OVER () AS number FROM ({keys}) keys (key)) wanted ON wanted.key = {key}
    ) line (number, {names}), LATERAL (SELECT {values}) record
"""
_VALUES = {
    "DateTimeField": """replace(to_char({0} AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), '.000000', '') AS {0}""",
    "BinaryField": "translate(encode({0}, 'base64'), E'\\n', '') AS {0}",
}


@functools.lru_cache(maxsize=256)
def _columns(table: Table) -> dict[str, str]:
    """The pieces of the statement that are the table's own. Masks are its only parameters, and constants."""
    compiler = reading.select(table, table.model._base_manager.order_by()).query.get_compiler(using="default")
    with connection.cursor() as cursor:
        selected = cursor.cursor.mogrify(*compiler.as_sql()).decode()
    names = {f'"{name}"': column.value_field.get_internal_type() for name, column in table.columns.items()}
    return {
        "selected": selected.removeprefix("SELECT ").replace("%", "%%"),
        "key": f'"{table.model._meta.db_table}"."{table.model._meta.pk.column}"',
        "names": ", ".join(names),
        "values": ", ".join(_VALUES.get(kind, "{0}").format(name) for name, kind in names.items()),
    }
