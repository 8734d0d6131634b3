"""Cells from files in OpenCelliD's columns, read as a stream and kept in batches.

    radio,mcc,net,area,cell,unit,lon,lat,range,samples,changeable,created,updated,averageSignal

With or without that heading; `.gz` too. A cell that is known is replaced, unless what is known is newer by `updated`.
"""

import csv
import gzip
import io
from collections.abc import Callable, Collection, Generator, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.db import connection, transaction

from apps.connectivity.cells import Cell, Radio
from apps.connectivity.places import MICRO

BATCH = 20_000  # lines
COLUMNS = ("mcc", "net", "area", "cell", "radio", "lat", "lon", "range", "samples", "updated")
KEY = COLUMNS[:5]
HEADING = (
    "radio", "mcc", "net", "area", "cell", "unit", "lon", "lat", "range", "samples", "changeable", "created", "updated",
    "averageSignal",
)  # fmt: skip
LEAST = 12  # fields of a line: up to `created`; what comes after may be missing
LONGEST = 1000  # characters of a line
INT = 2**31 - 1

Row = tuple[int, ...]


class BadLine(Exception):
    """Names the line by its number in the file, counted from 1."""


class BadHeading(BadLine):
    """Its lines are not to be read at all, bad ones left out or not."""


@dataclass
class Taken:
    lines: int = 0
    kept: int = 0
    other: int = 0  # of countries that were not asked for
    bad: int = 0


def opened(path: str) -> Generator[str, None, None]:
    with Path(path).open("rb") as raw:
        packed = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        source: Any = gzip.GzipFile(fileobj=raw) if packed else raw
        # -sig: spreadsheets put a mark before the first heading, which is no part of it.
        with io.TextIOWrapper(source, encoding="utf-8-sig", errors="replace", newline="") as lines:
            yield from lines


def import_cells(
    lines: Iterable[str],
    *,
    mccs: Collection[int] = (),
    skip_bad: Callable[[str], None] | None = None,
    progress: Callable[[Taken], None] = lambda taken: None,
) -> Taken:
    """Keep the cells of these lines; `mccs`: of these countries only. `skip_bad` is told of each bad line, and the rest
    is kept; without it the first raises BadLine, and nothing of its batch is kept. Again is safe."""
    taken = Taken()
    held: dict[Row, Row] = {}
    for number, line in enumerate(lines, 1):
        taken.lines = number
        if number == 1 and line.lower().lstrip('"').startswith("radio"):
            _check_heading(line)
            continue
        if not line.strip():
            continue
        try:
            row = read(line)
        except ValueError as error:
            if skip_bad is None:
                raise BadLine(f"line {number}: {error}") from None
            taken.bad += 1
            skip_bad(f"line {number}: {error}")
            continue
        if mccs and row[0] not in mccs:
            taken.other += 1
            continue
        held[row[:5]] = row if row[:5] not in held else max(held[row[:5]], row, key=lambda one: one[-1])
        taken.kept += 1
        if len(held) == BATCH:
            _store(held.values())
            held = {}
            progress(taken)
    if held:
        _store(held.values())
    progress(taken)
    return taken


def _check_heading(line: str) -> None:
    """Lines are read by the place of a column: where a heading says another order, each would be read wrongly."""
    named = [name.strip().lower() for name in next(csv.reader([line.strip()[:LONGEST]]))]
    if len(named) < LEAST or any(name != column.lower() for name, column in zip(named, HEADING, strict=False)):
        raise BadHeading(f"line 1: its columns must be {','.join(HEADING)}, separated by commas")


def read(line: str) -> Row:
    """A line as a row of COLUMNS. Raises ValueError, which names the column."""
    if len(line) > LONGEST:
        raise ValueError("is too long")
    fields = next(csv.reader([line.strip()]))
    if len(fields) < LEAST:
        raise ValueError(f"has {len(fields)} columns, where at least {LEAST} are needed")
    radio, mcc, net, area, cell, _unit, lon, lat, reach, samples = fields[:10]
    kind = radio.strip().upper().replace("-", "")
    if kind not in Radio.__members__:
        raise ValueError(f"radio {radio[:20]!r} is none of {', '.join(Radio.__members__)}")
    return (
        _whole("mcc", mcc, 1, 999), _whole("net", net, 0, 32_767), _whole("area", area, 0, INT),
        _whole("cell", cell, 0, 2**36 - 1), Radio[kind].value, _degrees("lat", lat, 90), _degrees("lon", lon, 180),
        _whole("range", reach or "0", 0, INT), _whole("samples", samples or "0", 0, INT),
        _whole("updated", fields[12] if len(fields) > 12 and fields[12] else "0", 0, INT),
    )  # fmt: skip


def _whole(name: str, text: str, least: int, most: int) -> int:
    try:
        value = int(text)
    except ValueError:
        raise ValueError(f"{name} {text[:20]!r} is no whole number") from None
    if not least <= value <= most:
        raise ValueError(f"{name} {value} is not from {least} to {most}")
    return value


def _degrees(name: str, text: str, most: int) -> int:
    try:
        value = float(text)
    except ValueError:
        raise ValueError(f"{name} {text[:20]!r} is no number of degrees") from None
    if not -most <= value <= most:
        raise ValueError(f"{name} {text[:20]} is not from -{most} to {most}")
    return round(value * MICRO)


def _store(rows: Collection[Row]) -> None:
    """One upsert a batch; on PostgreSQL the rows come by COPY."""
    table, columns = connection.ops.quote_name(Cell._meta.db_table), ", ".join(COLUMNS)
    values = ", ".join(f"{name} = excluded.{name}" for name in COLUMNS if name not in KEY)
    others = [name for name in COLUMNS if name not in KEY]
    stands, brought = (", ".join(f"{which}.{name}" for name in others) for which in (table, "excluded"))
    upsert = (
        f"ON CONFLICT ({', '.join(KEY)}) DO UPDATE SET {values}"
        # A line that says what is known writes nothing: to take a file in again makes the table no larger.
        f" WHERE excluded.updated >= {table}.updated AND ({stands}) <> ({brought})"
    )
    with transaction.atomic(), connection.cursor() as cursor:
        if connection.vendor != "postgresql":
            places = ", ".join(["%s"] * len(COLUMNS))
            cursor.executemany(f"INSERT INTO {table} ({columns}) VALUES ({places}) {upsert}", list(rows))  # noqa: S608
            return
        cursor.execute(f"CREATE TEMP TABLE cells_brought AS SELECT {columns} FROM {table} LIMIT 0")  # noqa: S608
        text = "".join("\t".join(map(str, row)) + "\n" for row in sorted(rows))
        cursor.cursor.copy_expert(f"COPY cells_brought ({columns}) FROM STDIN", io.StringIO(text))
        cursor.execute(f"INSERT INTO {table} ({columns}) SELECT {columns} FROM cells_brought {upsert}")  # noqa: S608
        cursor.execute("DROP TABLE cells_brought")
