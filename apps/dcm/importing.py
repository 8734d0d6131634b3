"""The standard factory file of OpenPAYGO units, as `manage.py import_openpaygo` reads it.

    Serial Number,Starting Code,Key,Count,Time Divider,Restricted Digit Mode,Hardware Model,Version,Test Code

UTF-8, with that header; the last two columns are not kept.
"""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from apps.dcm.tokens import MOST_COUNT, OpenPaygo

HEADER = (
    "Serial Number", "Starting Code", "Key", "Count", "Time Divider", "Restricted Digit Mode", "Hardware Model",
    "Version", "Test Code",
)  # fmt: skip
LONGEST = 255


class BadFile(ValueError):
    """It can't be read, or a row of it can't be; the text names the row by its line, the header's being 1."""


@dataclass(frozen=True, repr=False)
class KeyRow:
    line: int
    serial: str
    secret_key: str
    starting_code: str | None
    count: int
    time_divider: int
    restricted: bool
    hardware_model: str | None

    def bad(self, text: str) -> BadFile:
        return BadFile(f"row {self.line} ({self.serial}): {text}")


def read(path: str) -> list[KeyRow]:
    """All rows of the file. Raises BadFile with the first that is wrong, and OSError."""
    try:
        text = Path(path).read_bytes().decode("utf-8-sig")  # spreadsheets put a mark before the header
    except UnicodeDecodeError as error:
        raise BadFile(f"is no UTF-8 (byte {error.start}); save it as CSV UTF-8") from None
    lines = csv.reader(io.StringIO(text, newline=""), strict=True)
    try:
        header = [name.strip() for name in next(lines, [])]
        if missing := [name for name in HEADER if header.count(name) != 1]:
            raise BadFile(f"row 1: the header needs the column {missing[0]}, once; the columns are {','.join(HEADER)}")
        found = list(_rows(lines, header))
    except csv.Error as error:
        raise BadFile(f"row {lines.line_num}: is no CSV ({error})") from None
    seen: dict[str, int] = {}
    for row in found:
        if row.serial in seen:
            raise row.bad(f"Serial Number stands in row {seen[row.serial]} already")
        seen[row.serial] = row.line
    return found


def _rows(lines: Iterator[list[str]], header: list[str]) -> Iterator[KeyRow]:
    for cells in lines:
        number = lines.line_num  # type: ignore[attr-defined]  # of csv.reader
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header):
            raise BadFile(f"row {number}: has {len(cells)} cells, the header {len(header)}")
        yield _row(number, {name: cell.strip() for name, cell in zip(header, cells, strict=True)})


def _row(number: int, cells: dict[str, str]) -> KeyRow:
    serial, model, code = cells["Serial Number"], cells["Hardware Model"], cells["Starting Code"]

    def bad(column: str, text: str) -> BadFile:
        return BadFile(f"row {number} ({serial[:40]}): {column} {text}")

    def whole(column: str, least: int, most: int, default: int) -> int:
        cell = cells[column]
        if not cell:
            return default
        if not (cell.isascii() and cell.isdecimal() and len(cell) < 10 and least <= int(cell) <= most):
            raise bad(column, f"must be a whole number from {least} to {most}")
        return int(cell)

    for column, cell in (("Serial Number", serial), ("Hardware Model", model)):
        if len(cell) > LONGEST or not cell.isprintable():
            raise bad(column, f"must be at most {LONGEST} printable characters")
    if not serial:
        raise bad("Serial Number", "is empty")
    if not cells["Count"]:
        raise bad("Count", "is empty; 0 for a unit that took no code yet")
    row = KeyRow(
        number, serial, cells["Key"].lower(), code.lstrip("0") or None, whole("Count", 0, MOST_COUNT, 0),
        whole("Time Divider", 1, 255, 1), bool(whole("Restricted Digit Mode", 0, 1, 0)), model or None,
    )  # fmt: skip
    if code and not (code.isascii() and code.isdecimal() and len(code) <= 9):
        raise bad("Starting Code", "must be 1 to 9 digits, or empty")
    try:
        OpenPaygo(row.secret_key, row.starting_code, row.time_divider, row.restricted)
    except ValueError:
        raise bad("Key", "must be 32 hexadecimal digits") from None
    return row
