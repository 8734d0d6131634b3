"""Reading CSV and XLSX files, a line at a time and within bounds."""

import csv
import io
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from apps.core.refusals import Invalid
from apps.core.sheets import cells, xlsx
from apps.core.telling import tell

MOST_COLUMNS = 200
_SEP = re.compile(r'"?sep=(.)"?\r?\n', re.IGNORECASE)
_DELIMITERS = ",;\t|"
LOOKED_AT = 10  # lines, for the delimiter
PULSE = 100  # lines between two looks at whether the work is still wanted


@dataclass(frozen=True)
class Line:
    """A line that holds something, by the number that a spreadsheet shows beside it."""

    number: int
    cells: list[Any]


def _nothing() -> None:
    pass


def lines(content: bytes, *, pulse: Callable[[], None] = _nothing) -> Iterator[Line]:
    """The lines of a file that are not empty. Raises Invalid with what is wrong with the file. `pulse` is called every
    now and then, also where nothing is found; what it raises ends the reading."""
    if content[:4] == b"PK\x03\x04":
        found = xlsx.read(content, most_columns=MOST_COLUMNS, pulse=pulse)
    elif content[:4] == b"\xd0\xcf\x11\xe0":
        raise Invalid({"file": tell("is an old Excel file (.xls); save it as .xlsx or .csv")})
    else:
        found = _csv(content)
    for count, (number, row) in enumerate(found, start=1):
        if count % PULSE == 0:
            pulse()
        while row and cells.is_empty(row[-1]):
            row.pop()
        if len(row) > MOST_COLUMNS:
            raise Invalid({"file": tell("has more than %(most)s columns", most=MOST_COLUMNS)})
        if row:
            yield Line(number, row)


def _csv(content: bytes) -> Iterator[tuple[int, list[Any]]]:
    text = _decoded(content)
    if "\x00" in text:
        raise Invalid({"file": tell("is neither CSV nor XLSX")})
    if named := _SEP.match(text):  # Excel's own line, which it does not show
        text = text[named.end() :]
    delimiter = named[1] if named else _delimiter(text)
    csv.field_size_limit(cells.LONGEST)
    try:
        yield from enumerate(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True), 1)
    except (csv.Error, TypeError) as error:
        raise Invalid({"file": tell("can't be read as CSV: %(why)s", why=error)}) from None


def _delimiter(text: str) -> str:
    """What stands in most of the first lines; a title above the heading may hold commas of its own."""
    first: list[str] = []
    for line in io.StringIO(text):
        if line.strip():
            first.append(line)
        if len(first) == LOOKED_AT:
            break
    return max(
        _DELIMITERS, key=lambda one: (sum(one in line for line in first), sum(line.count(one) for line in first))
    )


def _decoded(content: bytes) -> str:
    for encoding in ("utf-16",) if content[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "cp1252"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Invalid({"file": tell("is in no encoding that spreadsheets write; save it as CSV UTF-8")})
