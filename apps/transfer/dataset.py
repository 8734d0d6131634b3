"""Moving a whole data set in and out: one JSON object `{table: [rows]}` in the contract's column names (design.md §3).

Primary keys, created_at and created_by are kept. Both ways go row by row, so a file may be larger than memory.
"""

from collections.abc import Callable, Iterator
from decimal import Decimal
from typing import IO, Any

import ijson
from django.core.exceptions import ValidationError
from django.core.management.color import no_style
from django.db import DataError, IntegrityError, connection, models, transaction

from apps.api import reading
from apps.api.envelope import dumps
from apps.core import catalogue
from apps.core.columns import MASK, BadValue, Column, digest_of
from apps.core.tables import Table
from apps.core.times import strict_moment
from apps.parts.models import Part
from apps.transfer.escapes import HalfCharacter, WholeCharacters

BATCH = 2000
# People come with their passwords, which are never exported: make them anew with create_user.
LEFT_OUT = {"users"}
Progress = Callable[[str, int], None]


def moved() -> dict[str, Table]:
    """The tables that a data set holds, by path."""
    return {path: table for path, table in catalogue.tables().items() if path not in LEFT_OUT}


class Refusal(Exception):
    """The import stops and nothing is kept; the text names table, key and column."""


def export_tables(out: IO[bytes], *, secrets: bool, progress: Progress) -> None:
    """Write every table. Secrets are masked unless asked for, which is the one way out for them."""
    out.write(b"{")
    for number, table in enumerate(moved().values()):
        out.write((b"," if number else b"") + dumps(table.path) + b": [")
        for count, record in enumerate(_records(table, secrets)):
            out.write((b",\n" if count else b"\n") + dumps(record))
            if count % BATCH == 0:
                progress(table.path, count)
        out.write(b"]\n")
    out.write(b"}\n")


def _records(table: Table, secrets: bool) -> Iterator[dict[str, Any]]:
    rows = table.model._base_manager.order_by("pk")
    if not (secrets and (table.model.SECRET or table.model is Part)):
        yield from reading.as_records(table, reading.select(table, rows).iterator(chunk_size=BATCH))
        return
    for row in rows.iterator(chunk_size=BATCH):
        record = reading.record_of(table, row)
        for name in table.model.SECRET:
            record[name] = getattr(row, table.columns[name].attname)
        if isinstance(row, Part) and row.device_key is not None:  # the copy among a board's properties
            record["properties"] = {**(row.properties or {}), "device_key": row.device_key}
        yield record


def import_tables(source: IO[bytes], *, progress: Progress) -> dict[str, int]:
    """Take a data set in, all or nothing; a row whose key exists is replaced. {table: rows}. Raises Refusal."""
    counts: dict[str, int] = {}
    try:
        with transaction.atomic():
            _take_time()
            with _Seen() as seen:
                for table, batch in _batches(source):
                    _store(table, batch, seen)
                    counts[table.path] = counts.get(table.path, 0) + len(batch)
                    progress(table.path, counts[table.path])
            _rising_keys(counts)
            connection.check_constraints()
    except ijson.JSONError as error:
        raise Refusal(f"The file is no JSON: {error}") from None
    except HalfCharacter as error:
        raise Refusal(f"The file {error}; mend it where it was written") from None
    except IntegrityError as error:
        raise Refusal(str(error).strip()) from None
    return counts


def _take_time() -> None:
    """Checking the keys of a million rows is one statement, and a long one."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = 0")


def _batches(source: IO[bytes]) -> Iterator[tuple[Table, list[dict[str, Any]]]]:
    held: list[dict[str, Any]] = []
    current: Table | None = None
    for table, row in _rows(source):
        if not isinstance(row, dict):
            raise Refusal(f"{table.path}: a row must be an object")
        if held and (table is not current or len(held) == BATCH):
            assert current is not None
            yield current, held
            held = []
        current = table
        held.append(row)
    if held and current is not None:
        yield current, held


def _rows(source: IO[bytes]) -> Iterator[tuple[Table, Any]]:
    """(table, row) one after the other, whatever the size of the file; what is no list of rows is refused."""
    tables = moved()
    table: Table | None = None
    builder, depth = None, 0
    for prefix, event, value in ijson.parse(WholeCharacters(source), use_float=True):
        if builder is not None:
            builder.event(event, value)
            depth += {"start_map": 1, "start_array": 1, "end_map": -1, "end_array": -1}.get(event, 0)
            if depth == 0:
                assert table is not None
                yield table, builder.value
                builder = None
        elif table is None:
            if event == "map_key":
                table = tables.get(value)
                if table is None:
                    raise Refusal(f"{value[:80]}: no such table (there are {', '.join(sorted(tables)[:8])}, …)")
            elif event not in ("start_map", "end_map") or prefix:
                raise Refusal("The file must be one JSON object, {table: [rows]}")
        elif prefix == table.path:
            if event not in ("start_array", "end_array"):
                raise Refusal(f"{table.path}: must be a list of rows")
            if event == "end_array":
                table = None
        elif event == "start_map":
            builder, depth = ijson.ObjectBuilder(), 1
            builder.event(event, value)
        else:
            yield table, value


class _Seen:
    """The keys that the file has brought, kept by the database, for there may be more than memory holds."""

    def __enter__(self) -> "_Seen":
        with connection.cursor() as cursor:
            cursor.execute("CREATE TEMPORARY TABLE brought (key text PRIMARY KEY)")
        return self

    def __exit__(self, kind: Any, *_rest: Any) -> None:
        if kind is None:  # else the transaction takes it away
            with connection.cursor() as cursor:
                cursor.execute("DROP TABLE brought")

    def add(self, table: Table, rows: list[Any]) -> None:
        """Raises Refusal with the first key that the file brings twice."""
        keys = [f"{table.path} {getattr(row, table.key.attname)}" for row in rows]
        for start in range(0, len(keys), 500):
            some = keys[start : start + 500]
            with connection.cursor() as cursor:
                places = ",".join(["(%s)"] * len(some))
                cursor.execute(f"INSERT INTO brought VALUES {places} ON CONFLICT DO NOTHING", some)  # noqa: S608
                if cursor.rowcount == len(some):
                    continue
            once: set[str] = set()
            twice = next((key for key in keys[: start + 500] if key in once or once.add(key)), None)  # type: ignore[func-returns-value]
            raise Refusal(f"{twice or some[0]}: stands in the file twice")


def _store(table: Table, batch: list[dict[str, Any]], seen: _Seen) -> None:
    """One upsert for rows that bring their secrets and one for those that bring masks, which keep what is there."""
    masked = [row for row in batch if _is_masked(table, row)]
    whole = [row for row in batch if not _is_masked(table, row)] if masked else batch
    for rows, keep in ((whole, False), (masked, True)):
        if rows:
            made = [_row(table, row) for row in rows]
            seen.add(table, made)
            _upsert(table, made, keep)
            table.model.after_import(made)


def _is_masked(table: Table, row: dict[str, Any]) -> bool:
    properties = row.get("properties") if table.model is Part else None
    inner = isinstance(properties, dict) and properties.get("device_key") == MASK
    return inner or any(row.get(name) == MASK for name in table.model.SECRET)


def _upsert(table: Table, rows: list[Any], keep_secrets: bool) -> None:
    model, key = table.model, table.key.field
    kept = {model._meta.pk.name, key.name}
    if keep_secrets:
        kept |= set(model.HIDDEN) - set(model.DERIVED)
    if keep_secrets:
        kept |= set(model.SECRET)
    hidden = {field.name for field in model._meta.concrete_fields if field.column in model.HIDDEN}
    digests = {digest.name for name in model.SECRET if (digest := digest_of(model, name))}
    replaced = [
        field.name
        for field in model._meta.concrete_fields
        if field.name not in kept
        and (field.name not in hidden or field.name in model.DERIVED or (field.name in digests and not keep_secrets))
    ]
    if model is Part and not keep_secrets:
        replaced += ["device_key", "device_key_digest"]
    keys = [getattr(row, key.attname) for row in rows]
    try:
        model._base_manager.bulk_create(
            rows, batch_size=500, update_conflicts=True, unique_fields=[key.name], update_fields=replaced
        )
    except (IntegrityError, DataError) as error:
        raise Refusal(f"{table.path}, keys {keys[0]} to {keys[-1]}: {str(error).strip()}") from None


def _row(table: Table, given: dict[str, Any]) -> Any:
    key = given.get(table.key.name)
    where = f"{table.path} {key!r}"
    if key is None:
        raise Refusal(f"{table.path}: a row without {table.key.name}")
    values: dict[str, Any] = {}
    for name, value in given.items():
        column = table.columns.get(name)
        if column is None:
            raise Refusal(f"{where}: {name} is no column of this table")
        values[column.attname] = _value(column, value, where)
    for column in table.columns.values():
        missing = column.attname not in values and not column.field.null and not column.field.has_default()
        if missing and not column.meta:
            raise Refusal(f"{where}: {column.name} is required")
    row = table.model(**values)
    row.before_write()
    for name, why in row.before_import().items():
        raise Refusal(f"{where}: {name} {why}")
    return row


def _value(column: Column, value: Any, where: str) -> Any:
    if column.secret and value == MASK:
        return None
    if isinstance(value, Decimal):
        value = float(value)
    field = column.value_field
    try:
        if isinstance(field, models.CharField | models.TextField) and not isinstance(value, str | None):
            raise BadValue("must be a text")  # of a number nobody knows whether it came whole
        if isinstance(field, models.DateTimeField | models.DateField) and isinstance(value, str) and value.strip():
            value = _moment(value)
        return column.take(value)
    except (BadValue, ValidationError) as bad:
        raise Refusal(f"{where}: {column.name} {bad}") from None


def _moment(text: str) -> str:
    try:
        return strict_moment(text).isoformat()
    except ValueError:
        raise BadValue(f"must be a whole time such as 2016-11-25T10:51:30, not {text[:40]!r}") from None


def _rising_keys(counts: dict[str, int]) -> None:
    """Rows that brought their keys leave PostgreSQL's sequences behind."""
    models = [catalogue.tables()[path].model for path in counts]
    for statement in connection.ops.sequence_reset_sql(no_style(), models):
        with connection.cursor() as cursor:
            cursor.execute(statement)
