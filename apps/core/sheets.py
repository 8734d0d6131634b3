"""Tables as files that people open in a spreadsheet: CSV and XLSX, in English and in French, a row at a time.

What is written can be read back as it was. A text that a spreadsheet would take for a formula gets an apostrophe in
front (guarantees.md, "CSV injection"), which reading takes off again.
"""

import csv
import datetime as dt
import io
import json
import re
import unicodedata
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from typing import IO, Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext as _

from apps.core.refusals import Invalid

CSV, XLSX = "csv", "xlsx"
KINDS = {CSV: "text/csv; charset=utf-8", XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"}
MOST_COLUMNS = 200
MOST_UNPACKED = 400 * 1024 * 1024
LONGEST_CELL = 100_000
_FORMULA = re.compile(r"^\s*[=+\-@\t\r]")
_NUMBER = re.compile(r"^[+-]?\d+(\.\d+)?(e[+-]?\d+)?\Z", re.IGNORECASE)
_DAY_FIRST = re.compile(r"(\d{1,2})[./](\d{1,2})[./](\d{4})(?:[ T]+(\d{1,2}:\d{2}(?::\d{2})?))?\Z")
_TRUE = {"1", "true", "yes", "y", "x", "oui", "vrai", "o"}
_FALSE = {"0", "false", "no", "n", "non", "faux"}


# Out


def cell(value: Any, language: str) -> str:
    """A value as the reader's spreadsheet takes it: French ones read `1,5` and `vrai`."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return {"fr": ("faux", "vrai")}.get(language, ("false", "true"))[value]
    if isinstance(value, float):
        return repr(value).replace(".", ",") if language == "fr" else repr(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ")
    if isinstance(value, dict | list):
        return safe(json.dumps(value, ensure_ascii=False))
    return safe(str(value))


def safe(text: str) -> str:
    return f"'{text}" if _FORMULA.match(text) or text.startswith("'") else text


def csv_piece(rows: Iterable[Sequence[Any]], *, language: str, first: bool) -> bytes:
    """Some lines of a CSV file. The first piece begins with a mark by which spreadsheets know UTF-8."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";" if language == "fr" else ",", lineterminator="\r\n")
    for row in rows:
        writer.writerow([cell(value, language) for value in row])
    return (b"\xef\xbb\xbf" if first else b"") + out.getvalue().encode()


def write_xlsx(rows: Iterable[Sequence[Any]], out: IO[bytes]) -> None:
    from openpyxl import Workbook
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Font

    book = Workbook(write_only=True)
    sheet = book.create_sheet()
    sheet.freeze_panes = "A2"
    bold = Font(bold=True)
    for number, row in enumerate(rows):
        cells = [_xlsx(value) for value in row]
        if number == 0:
            cells = [WriteOnlyCell(sheet, value) for value in cells]
            for one in cells:
                one.font = bold
        sheet.append(cells)
    book.save(out)


def _xlsx(value: Any) -> Any:
    if value is None or isinstance(value, bool | int | float):
        return value
    if isinstance(value, dt.datetime):
        return value.replace(tzinfo=None)
    text = json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)
    return safe("".join(character for character in text if character >= " " or character in "\t\n\r")[:32_000])


# In


def read(name: str, content: bytes) -> Iterator[list[Any]]:
    """The rows of a file, the heading first. Raises Invalid with what is wrong with the file."""
    if content[:4] == b"PK\x03\x04":
        return _read_xlsx(content)
    if content[:4] == b"\xd0\xcf\x11\xe0":
        raise Invalid({"file": _("is an old Excel file (.xls); save it as .xlsx or .csv")})
    return _read_csv(content)


def _read_csv(content: bytes) -> Iterator[list[str]]:
    text = _decoded(content)
    if "\x00" in text:
        raise Invalid({"file": _("is neither CSV nor XLSX")})
    first = text.partition("\n")[0]
    delimiter = max(",;\t|", key=first.count)
    csv.field_size_limit(LONGEST_CELL)
    try:
        for row in csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True):
            if any(value.strip() for value in row):
                yield row[:MOST_COLUMNS]
    except csv.Error as error:
        raise Invalid({"file": _("can't be read as CSV: %(why)s") % {"why": error}}) from None


def _decoded(content: bytes) -> str:
    for encoding in ("utf-16",) if content[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "cp1252"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Invalid({"file": _("is in no encoding that spreadsheets write; save it as CSV UTF-8")})


def _read_xlsx(content: bytes) -> Iterator[list[Any]]:
    from openpyxl import load_workbook

    unreadable = Invalid({"file": _("can't be read as XLSX; save it anew and try again")})
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > MOST_UNPACKED:
                raise Invalid({"file": _("is too large when unpacked; cut it into several")})
        book = load_workbook(io.BytesIO(content), read_only=True, data_only=True)
        sheet = book.worksheets[0]
        for row in sheet.iter_rows(values_only=True, max_col=MOST_COLUMNS):
            if any(value not in (None, "") for value in row):
                yield [_plain(value) for value in row]
    except Invalid:
        raise
    except Exception:
        raise unreadable from None


def _plain(value: Any) -> Any:
    if isinstance(value, dt.datetime | dt.date | dt.time):
        return value.isoformat()
    return "" if value is None else value


# What people write, as our columns take it


def unescaped(value: Any) -> Any:
    if isinstance(value, str) and value.startswith("'") and (_FORMULA.match(value[1:]) or value[1:2] == "'"):
        return value[1:]
    return value


def truth(value: Any) -> Any:
    word = str(value).strip().lower()
    return True if word in _TRUE else False if word in _FALSE else value


def number(value: Any) -> Any:
    """`1 234,5` and `1,234.5` as 1234.5."""
    if not isinstance(value, str):
        return value
    text = re.sub(r"[\s\u00a0\u202f]", "", unescaped(value))
    if "," in text and "." in text:
        thousands = "," if text.rindex(".") > text.rindex(",") else "."
        text = text.replace(thousands, "")
    text = text.replace(",", ".")
    if not _NUMBER.match(text):
        return value
    return int(text) if text.lstrip("+-").isdigit() else float(text)


def moment(value: Any) -> Any:
    """A day first, as both languages of ours write it (31/12/2026), as ISO; the rest as it is."""
    found = _DAY_FIRST.match(value.strip()) if isinstance(value, str) else None
    if not found:
        return value
    day, month, year, time = found.groups()
    return f"{year}-{int(month):02d}-{int(day):02d}" + (f"T{time.zfill(5)}" if time else "")


def bare(text: Any) -> str:
    """`Numéro de série`, `numero_de_serie` and `NUMERO DE SERIE` are one heading."""
    plain = unicodedata.normalize("NFKD", str(text).replace("_", " ").replace("-", " ").replace("’", "'"))
    return " ".join("".join(one for one in plain if not unicodedata.combining(one)).lower().split())


def option(given: Any, choices: Iterable[tuple[Any, Any]]) -> Any:
    """The value that a cell names: itself, or by what pages call it in any language of ours; else what was given."""
    held, wanted = list(choices), bare(given)
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            for value, label in held:
                if wanted in (bare(value), bare(label)):
                    return value
    return given
