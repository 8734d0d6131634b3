"""SQL compiled once from a queryset and run again and again with other parameters.

For hot paths, where building and planning a query costs more than carrying it out: on PostgreSQL each connection
prepares a statement once (`PREPARED_STATEMENTS=0` behind a pooler in transaction mode). The queryset stays the one
source of what is asked, scope included; nothing is written by hand.
"""

import contextlib
import re
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from sqlite3 import Error
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.models import QuerySet

# Stand-ins that mark where the parameters go; no real row bears them.
ENTITY = 2_000_000_011
NUMBER = 2_000_000_033
TEXT = "\x01key\x01"


@dataclass(frozen=True)
class Statement:
    sql: str
    params: tuple[Any, ...]
    converters: Any
    compiler: Any

    def run(self, key: Any, entity: int | None = None) -> list[Sequence[Any]]:
        filled = [key if value in (TEXT, NUMBER) else entity if value == ENTITY else value for value in self.params]
        with connection.cursor() as cursor:
            execute_prepared(cursor, self.sql, filled)
            rows = cursor.fetchall()
        if rows and self.converters:
            rows = list(self.compiler.apply_converters(rows, self.converters))
        return rows


def compiled(rows: QuerySet, *, key: Any) -> Statement:
    """A statement from a values_list() queryset in which `key` (TEXT or NUMBER) stands once. Not for two databases:
    cache it per connection.vendor."""
    compiler = rows.query.get_compiler(using="default")
    sql, params = compiler.as_sql()
    if sum(1 for value in params if value == key) != 1:
        raise TypeError("the key must stand exactly once in a compiled statement")
    expressions = [entry[0] for entry in compiler.select[: compiler.col_count]]
    return Statement(sql, tuple(params), compiler.get_converters(expressions), compiler)


@contextlib.contextmanager
def hasty_commits() -> Iterator[None]:
    """Commits that need not be on disk when they are over: seen by everybody at once, they outlive this process, but
    not surely the machine, which loses none without losing all that came after it. For work that is only done again
    where it is lost. Inside a transaction that is already that one's affair; and behind a pooler, where one statement
    goes to this connection of the server and the next to that, the setting would stay on one that others pay by."""
    is_postgres = connection.vendor == "postgresql"
    if connection.in_atomic_block or (is_postgres and not settings.PREPARED_STATEMENTS):
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("SET synchronous_commit TO off" if is_postgres else "PRAGMA synchronous=NORMAL")
    try:
        yield
    finally:
        with connection.cursor() as cursor:
            cursor.execute("RESET synchronous_commit" if is_postgres else "PRAGMA synchronous=FULL")


_PLACES = re.compile(r"%[s%]")


def execute_prepared(cursor: Any, sql: str, params: Sequence[Any]) -> None:
    """cursor.execute(), by a statement prepared on this connection where the database is PostgreSQL.

    Parameters whose type the statement does not show need a cast in it: `%s::integer`.
    """
    if connection.vendor != "postgresql" or not settings.PREPARED_STATEMENTS:
        cursor.execute(sql, params)
        return
    held: Any = connection
    if getattr(held, "prepared_on", None) is not held.connection:
        held.prepared_on, held.prepared = held.connection, {}
    name = held.prepared.get(sql)
    if name is None:
        name = f"statement_{len(held.prepared)}"
        number = 0

        def place(found: re.Match[str]) -> str:
            nonlocal number
            if found[0] == "%%":
                return "%"
            number += 1
            return f"${number}"

        cursor.execute(f"PREPARE {name} AS {_PLACES.sub(place, sql)}")
        held.prepared[sql] = name
    places = ", ".join(["%s"] * len(params))
    cursor.execute(f"EXECUTE {name}({places})" if params else f"EXECUTE {name}", params)


LIMIT = settings.STATEMENT_SECONDS  # seconds; 0: none
_STEPS = 20_000  # of SQLite's machine between two looks at the clock: a fraction of a millisecond


@contextlib.contextmanager
def limited() -> Iterator[None]:
    """Within: no statement of SQLite runs longer than LIMIT; it ends as one of PostgreSQL does by its own timeout."""
    if connection.vendor != "sqlite" or not LIMIT:
        yield
        return

    def timed(execute: Any, sql: str, params: Any, many: bool, context: Any) -> Any:
        last = time.monotonic() + LIMIT
        context["connection"].connection.set_progress_handler(lambda: time.monotonic() > last, _STEPS)
        return execute(sql, params, many, context)

    try:
        with connection.execute_wrapper(timed):
            yield
    finally:
        with contextlib.suppress(AttributeError, Error):  # there is no connection, or it has been closed meanwhile
            connection.connection.set_progress_handler(None, 0)


def was_too_slow(error: BaseException) -> bool:
    """Whether the database stopped a statement for its time (and not, say, because it is away)."""
    cause = error.__cause__ or error
    return getattr(cause, "pgcode", None) == "57014" or str(cause) == "interrupted"
