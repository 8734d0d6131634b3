"""What is derived from whole tables (counts, places of pages), kept until a row or column it depends on changes.

PostgreSQL only. Triggers write one row for each table, or table and column, that a transaction changed. A kept value
holds the snapshot it was seen under; it still stands when no change has become visible since. Checking costs one short
query, nobody waits for anybody, and what is answered is exact. Elsewhere everything is worked out anew.
"""

import functools
import re
import threading
import time
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import connection, models, transaction

from apps.core.models import Row
from apps.core.statements import execute_prepared

MOST_KEPT = 512
KEPT_FOR = 600.0  # seconds without use
FORGET_AFTER = "15 minutes"  # more than KEPT_FOR, so that nothing kept outlives the changes that would end it

_TABLE = """
    CREATE TABLE IF NOT EXISTS core_change (
        name text NOT NULL, xid xid8 NOT NULL DEFAULT pg_current_xact_id(), seen_at timestamptz, PRIMARY KEY (name, xid)
    );
    CREATE OR REPLACE FUNCTION core_note_change() RETURNS trigger LANGUAGE plpgsql AS $$
    BEGIN
        INSERT INTO core_change (name) VALUES (TG_ARGV[0]) ON CONFLICT DO NOTHING;
        RETURN NULL;
    END $$;
"""
_ALL, _OFF = "*", "off"  # everything may have changed; nothing is watched at present
# Null in a transaction that has written: it sees what nobody else does, and may be undone.
_SNAPSHOT = "CASE WHEN pg_current_xact_id_if_assigned() IS NULL THEN pg_current_snapshot()::text END"
_CHANGED = f"""
    SELECT EXISTS (
        SELECT 1 FROM core_change
        WHERE name = ANY(%s::text[]) AND xid >= pg_snapshot_xmin(%s::pg_snapshot)
        AND NOT pg_visible_in_snapshot(xid, %s::pg_snapshot) OR name = '{_OFF}'
    ), {_SNAPSHOT}
"""  # noqa: S608  # constants
_PREFIX = "changed"
_NAMES = re.compile(r'"([^"]+)"')


def install(**signal: Any) -> None:
    """Make the table and the triggers that are missing; after each migrate."""
    if connection.vendor != "postgresql":
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_TABLE)
        there, columns = set(_triggers(cursor)), set(_columns(cursor))
        for model in _models().values():
            table = model._meta.db_table
            if not issubclass(model, Row) or "*" in model.BUSY:
                continue
            if (table, _PREFIX) not in there and (table, model._meta.pk.column) in columns:
                cursor.execute(_trigger(table, _PREFIX, "INSERT OR DELETE OR TRUNCATE", table))
            for field in model._meta.concrete_fields:
                name = f"{_PREFIX}_{field.column}"[:63]
                watched = not field.primary_key and field.column not in model.BUSY
                if watched and (table, name) not in there and (table, field.column) in columns:
                    cursor.execute(_trigger(table, name, f'UPDATE OF "{field.column}"', f"{table}.{field.column}"))
        cursor.execute("DELETE FROM core_change WHERE name = %s", [_OFF])
        cursor.execute("INSERT INTO core_change (name) VALUES (%s) ON CONFLICT DO NOTHING", [_ALL])


def suspend(*, plan: Any = (), **signal: Any) -> None:
    """Take the triggers away before migrations alter columns; nothing kept counts until install() has been here."""
    if connection.vendor != "postgresql" or not plan:
        return
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SELECT to_regclass('core_change') IS NOT NULL")
        if not cursor.fetchone()[0]:
            return
        cursor.execute("INSERT INTO core_change (name) VALUES (%s) ON CONFLICT DO NOTHING", [_OFF])
        for table, name in _triggers(cursor):
            cursor.execute(f'DROP TRIGGER "{name}" ON "{table}"')


def _triggers(cursor: Any) -> list[tuple[str, str]]:
    cursor.execute(
        "SELECT c.relname, t.tgname FROM pg_trigger t JOIN pg_class c ON c.oid = t.tgrelid"
        " WHERE t.tgfoid = 'core_note_change'::regproc"
    )
    found: list[tuple[str, str]] = cursor.fetchall()
    return found


def _columns(cursor: Any) -> list[tuple[str, str]]:
    cursor.execute(
        "SELECT table_name, column_name FROM information_schema.columns WHERE table_schema = current_schema()"
    )
    found: list[tuple[str, str]] = cursor.fetchall()
    return found


def _trigger(table: str, name: str, event: str, change: str) -> str:
    return (
        f'CREATE TRIGGER "{name}" AFTER {event} ON "{table}" '
        f"FOR EACH STATEMENT EXECUTE FUNCTION core_note_change('{change}')"
    )


def tidy() -> None:
    """Forget changes that became visible long ago; what started before and ended late is seen from when it ended."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM core_change WHERE seen_at < now() - interval '{FORGET_AFTER}'")  # noqa: S608
        cursor.execute("UPDATE core_change SET seen_at = now() WHERE seen_at IS NULL")


@dataclass(frozen=True)
class _Kept:
    value: Any
    snapshot: str
    until: float


_lock = threading.Lock()
_kept: OrderedDict[Any, _Kept] = OrderedDict()


def kept(expression: str, params: Iterable[Any]) -> Any:
    """The value of an SQL expression in brackets, such as `(SELECT COUNT(*) FROM …)`; never None.

    Worked out only when something that it names has changed since the last time.
    """
    params = tuple(params)
    names = _depends_on(expression)
    if names is None:
        return _ask(expression, params)[0]
    try:
        key = hash((expression, params)), expression, params, connection.settings_dict["NAME"]
    except TypeError:  # a parameter that can't be a key
        return _ask(expression, params)[0]
    with _lock:
        before = _kept.get(key)
    now = time.monotonic()
    changed, snapshot = True, None
    if before is not None and before.until > now:
        changed, snapshot = _since(before.snapshot, names)
    value, snapshot = _ask(expression, params) if before is None or changed else (before.value, snapshot)
    if snapshot is None:
        return value
    with _lock:
        _kept[key] = _Kept(value, snapshot, now + KEPT_FOR)
        _kept.move_to_end(key)
        while len(_kept) > MOST_KEPT:
            _kept.popitem(last=False)
    return value


def forget() -> None:
    """For tests, whose databases come and go."""
    with _lock:
        _kept.clear()


def _ask(expression: str, params: Iterable[Any]) -> tuple[Any, str | None]:
    """The value, and the snapshot it was seen under."""
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {expression}, {_SNAPSHOT}", list(params))  # noqa: S608  # Django's SQL
        found: tuple[Any, str | None] = cursor.fetchone()
        return found


def _since(snapshot: str, names: tuple[str, ...]) -> tuple[bool, str | None]:
    """Whether one of these changes has become visible since, and the snapshot of now."""
    with connection.cursor() as cursor:
        execute_prepared(cursor, _CHANGED, [[*names, _ALL], snapshot, snapshot])
        found: tuple[bool, str | None] = cursor.fetchone()
        return found


@functools.lru_cache(maxsize=MOST_KEPT)
def _depends_on(expression: str) -> tuple[str, ...] | None:
    """The changes that may alter the value, from the names in its SQL; None: it can't be kept."""
    quoted = set(_NAMES.findall(expression))
    found: list[str] = []
    for table, model in _models().items():
        if table not in quoted:
            continue
        busy = model.BUSY if issubclass(model, Row) else ("*",)
        columns = {str(field.column) for field in model._meta.concrete_fields} & quoted
        if "*" in busy or columns & set(busy):
            return None
        found += [table, *(f"{table}.{column}" for column in sorted(columns))]
    return tuple(found) or None


_by_table: dict[str, type[models.Model]] = {}


def _models() -> dict[str, type[models.Model]]:
    if not _by_table:
        _by_table.update({model._meta.db_table: model for model in apps.get_models()})
    return _by_table
