"""XLSX in, within bounds.

Ours, because no library shows all that matters here: a number as the file writes it, a formula without a value, an
error, a hidden sheet; and none can be stopped while it reads (docs/adr/0017). A sheet is parsed piece by piece, so a
file costs what it holds and not what it claims to hold.
"""

import io
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator
from typing import Any
from xml.parsers import expat

from apps.core.refusals import Invalid
from apps.core.sheets import cells, days
from apps.core.telling import tell

PIECE = 128 * 1024
MB = 1024 * 1024
# Unpacked, by what it is. A sheet of 100,000 rows and twenty columns has about 90 MB.
MOST_SHEET, MOST_STRINGS, MOST_OTHER = 256 * MB, 64 * MB, 4 * MB
MOST_STRING_COUNT = 2_000_000
MOST_LINES = 1_048_576  # of any sheet, by the format
MOST_SHEETS = 100
MOST_CELLS = 10_000_000  # filled or not: half a minute of reading
MOST_LETTERS = 32_767  # of a cell, by the format
MOST_TAKEN = 64 * MB  # letters of all cells: a text is held once, but cells may name it as often as they like
MOST_HELD = 8 * MOST_LETTERS  # as the file writes a cell: seven signs for a letter that XML has no other way to say
MOST_UNPARSED = MB  # the parser goes through a tag from its start again with each piece; no honest one is so long
_ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
_COLUMN = re.compile(r"([A-Z]{1,3})([0-9]{1,16})\Z")
_DATE_NUMBERS = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}
_NUMBER = re.compile(r"[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\Z")
_BLANKS = " \t\r\n"
_HALF = re.compile("[\ud800-\udfff]")
_NO_LETTERS = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]')


class _Broken(Exception):
    """The file is no XLSX, or none that can be read."""


def read(content: bytes, *, most_columns: int, pulse: Callable[[], None]) -> Iterator[tuple[int, list[Any]]]:
    """(line, cells) of the first sheet in sight that holds anything."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            book = _Book(archive, pulse)
            for sheet in book.sheets()[:MOST_SHEETS]:
                found = False
                for line in _Sheet(book, most_columns).lines(sheet):
                    found = True
                    yield line
                if found:
                    return
    except (_Broken, expat.ExpatError, zipfile.BadZipFile, zlib.error, EOFError, KeyError, OSError, RuntimeError,
            NotImplementedError, ValueError, OverflowError, IndexError) as error:  # fmt: skip
        raise Invalid({"file": tell("can't be read as XLSX; save it anew and try again")}) from error


def _too_large() -> Invalid:
    return Invalid({"file": tell("is too large when unpacked; cut it into several")})


class _Letters:
    """The text of one cell, as the parser comes by it. What no cell may hold is counted and let go."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.count = 0

    def clear(self) -> None:
        self.pieces.clear()
        self.count = 0

    def add(self, piece: str) -> None:
        self.count += len(piece)
        if self.count <= MOST_HELD:
            self.pieces.append(piece)

    def raw(self) -> str:
        return "".join(self.pieces)

    def text(self) -> Any:
        """A text, or {"refused": why}."""
        text = "" if self.count > MOST_HELD else _unescaped(self.raw())
        if self.count > MOST_HELD or len(text) > MOST_LETTERS:
            return {"refused": f"is longer than {MOST_LETTERS} characters"}
        if _HALF.search(text):
            try:  # two halves make a whole
                return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le")
            except UnicodeDecodeError:
                return {"refused": "holds characters that cannot be stored"}
        return text


class _Book:
    """What the sheets of a file share."""

    def __init__(self, archive: zipfile.ZipFile, pulse: Callable[[], None]) -> None:
        self.archive, self.pulse = archive, pulse
        self.files = {name.lower(): name for name in archive.namelist()[:5000]}
        self.path = next(iter(self._related("").get("officeDocument", {}).values()), "xl/workbook.xml")
        self.targets = self._related(self.path)
        self.epoch = days.EPOCH
        self.dates: set[int] = set()
        self.zeros: dict[int, int] = {}
        self._styles()
        self._strings: list[Any] | None = None

    def parse(self, name: str, most: int, start: Any, end: Any = None, text: Any = None) -> Iterator[None]:
        """Runs a member of the archive through the parser, and stops after each piece."""
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler, parser.EndElementHandler, parser.CharacterDataHandler = start, end, text
        parser.StartDoctypeDeclHandler = _refuse_doctype
        size = 0
        with self.archive.open(self.files[name.lower()]) as member:
            while piece := member.read(PIECE):
                self.pulse()
                size += len(piece)
                if size > most:
                    raise _too_large()
                parser.Parse(piece, False)
                if size - parser.CurrentByteIndex > MOST_UNPARSED:
                    raise _Broken("a tag without end")
                yield
        parser.Parse(b"", True)
        yield

    def _elements(self, name: str) -> list[tuple[str, dict[str, str]]]:
        found: list[tuple[str, dict[str, str]]] = []
        for _piece in self.parse(name, MOST_OTHER, lambda tag, given: found.append((_local(tag), given))):
            pass
        return found

    def _related(self, path: str) -> dict[str, dict[str, str]]:
        """{kind: {id: path}} of what a part of the file points to."""
        folder, _slash, name = path.rpartition("/")
        rels = f"{folder}/_rels/{name}.rels".lstrip("/")
        found: dict[str, dict[str, str]] = {}
        if rels.lower() in self.files:
            for tag, given in self._elements(rels):
                if tag == "Relationship" and given.get("TargetMode") != "External":
                    target = given.get("Target", "")
                    full = target.lstrip("/") if target.startswith("/") else f"{folder}/{target}".lstrip("/")
                    kind = given.get("Type", "").rpartition("/")[2]
                    found.setdefault(kind, {})[given.get("Id", "")] = full
        return found

    def sheets(self) -> list[str]:
        """The files of the sheets in sight, in their order."""
        known, found = self.targets.get("worksheet", {}), []
        for tag, given in self._elements(self.path):
            if tag == "workbookPr" and given.get("date1904") in ("1", "true"):
                self.epoch = days.EPOCH_1904
            if tag == "sheet" and given.get("state", "visible") == "visible":
                key = next((value for name, value in given.items() if _local(name) == "id"), "")
                if key in known:
                    found.append(known[key])
        if not found:
            raise _Broken("no sheet in sight")
        return found

    def _styles(self) -> None:
        """Which formats make days of numbers, and which show them with zeros in front."""
        path = next(iter(self.targets.get("styles", {}).values()), None)
        if path is None or path.lower() not in self.files:
            return
        codes: dict[int, str] = {}
        inside, number = False, 0
        for tag, given in self._elements(path):
            if tag == "numFmt":
                codes[_whole(given.get("numFmtId", "0"))] = given.get("formatCode", "")
            elif tag in ("cellXfs", "cellStyleXfs", "cellStyles", "dxfs"):
                inside = tag == "cellXfs"
            elif tag == "xf" and inside:
                key = _whole(given.get("numFmtId") or "0")
                code = _NO_LETTERS.sub("", codes.get(key, "")).partition(";")[0].lower()
                if key in _DATE_NUMBERS or (code != "general" and re.search("[dmyhs]", code)):
                    self.dates.add(number)
                elif re.fullmatch("0{2,30}", code):
                    self.zeros[number] = len(code)
                number += 1

    def string(self, index: int) -> Any:
        """The shared text of this number, or {"refused": why}. Raises IndexError."""
        if self._strings is None:
            path = next(iter(self.targets.get("sharedStrings", {}).values()), "xl/sharedStrings.xml")
            self._strings = _shared(self, path)
        return self._strings[index]


def _shared(book: _Book, path: str) -> list[Any]:
    found: list[Any] = []
    held = _Letters()
    taking = phonetic = False

    def start(tag: str, given: dict[str, str]) -> None:
        nonlocal taking, phonetic
        tag = _local(tag)
        if tag == "si":
            held.clear()
        phonetic = phonetic or tag == "rPh"
        taking = tag == "t" and not phonetic

    def end(tag: str) -> None:
        nonlocal taking, phonetic
        tag, taking = _local(tag), False
        if tag == "rPh":
            phonetic = False
        elif tag == "si":
            found.append(held.text())

    def text(piece: str) -> None:
        if taking:
            held.add(piece)

    for _piece in book.parse(path, MOST_STRINGS, start, end, text):
        if len(found) > MOST_STRING_COUNT:
            raise _too_large()
    return found


class _Sheet:
    """The lines of one sheet, as the parser comes by them."""

    def __init__(self, book: _Book, most_columns: int) -> None:
        self.book, self.most_columns = book, most_columns
        self.done: list[tuple[int, list[Any]]] = []
        self.line = self.column = self.count = self.taken = 0
        self.row: dict[int, Any] = {}
        self.kind, self.style, self.formula = "n", -1, False
        self.held = _Letters()
        self.taking = self.phonetic = False

    def lines(self, path: str) -> Iterator[tuple[int, list[Any]]]:
        for _piece in self.book.parse(path, MOST_SHEET, self.start, self.end, self.held_text):
            yield from self.done
            self.done.clear()

    def start(self, tag: str, given: dict[str, str]) -> None:
        tag = tag.rpartition(":")[2]
        if tag == "c":
            where = _COLUMN.match(given.get("r", ""))
            self.column = _place(where[1]) if where else self.column + 1
            self.kind, self.style = given.get("t", "n"), _whole(given["s"]) if "s" in given else -1
            self.formula = False
            self.held.clear()
            self.count += 1
            if self.count > MOST_CELLS:
                raise _too_large()
        elif tag == "v" or (tag == "t" and self.kind == "inlineStr" and not self.phonetic):
            self.taking = True
        elif tag == "f":
            self.formula = True
        elif tag == "row":
            self.line = _whole(given["r"]) if "r" in given else self.line + 1
            if not 0 < self.line <= MOST_LINES:
                raise _Broken("a line beyond any sheet")
            self.column = 0
            self.row = {}
        elif tag == "rPh":
            self.phonetic = True

    def held_text(self, piece: str) -> None:
        if self.taking:
            self.held.add(piece)

    def end(self, tag: str) -> None:
        tag = tag.rpartition(":")[2]
        if tag in ("v", "t"):
            self.taking = False
        elif tag == "c":
            value = self._value()
            if value is not None and value != "":
                if self.column > self.most_columns:
                    raise Invalid({"file": tell("has more than %(most)s columns", most=self.most_columns)})
                if isinstance(value, str):
                    self.taken += len(value)
                    if self.taken > MOST_TAKEN:
                        raise _too_large()
                self.row[self.column] = value
        elif tag == "row" and self.row:
            self.done.append((self.line, [self.row.get(place, "") for place in range(1, max(self.row) + 1)]))
        elif tag == "rPh":
            self.phonetic = False

    def _value(self) -> Any:
        if self.kind in ("inlineStr", "str"):
            return self.held.text()
        raw = self.held.raw().strip(_BLANKS)
        if self.kind == "e":
            return {"refused": cells.IS_ERROR % {"error": raw[:40] or "#?"}}
        if not raw and self.kind != "s":
            return {"refused": "is a formula without a value; open and save the file once"} if self.formula else None
        try:
            return self._taken(raw)
        except (ValueError, IndexError, KeyError, OverflowError) as error:
            place = f"{cells.place(self.column - 1)}{self.line}"
            why = tell("can't be read as XLSX: cell %(cell)s says nothing that can be understood", cell=place)
            raise Invalid({"file": why}) from error

    def _taken(self, raw: str) -> Any:
        """What stands in the cell, by its kind. Raises ValueError and the like where that means nothing."""
        if self.kind == "s":
            return self.book.string(_whole(raw)) if raw else None
        if self.kind == "b":
            return {"1": True, "true": True, "0": False, "false": False}[raw]
        if self.kind == "d" and len(raw) <= 40:
            return {"date": raw}
        if self.kind != "n" or len(raw) >= 400 or not _NUMBER.match(raw):
            raise ValueError("no number")
        if self.style in self.book.dates:
            return days.read(raw, self.book.epoch)
        if raw.lstrip("-").isdigit():
            value = int(raw)
            wide = self.book.zeros.get(self.style)
            return str(value).zfill(wide) if wide and 0 <= value < cells.EXACT else value
        number = float(raw)
        if number - number != 0:
            raise ValueError("no number")
        return number


def _refuse_doctype(*_given: Any) -> None:
    raise _Broken("a document type")


def _local(tag: str) -> str:
    return tag.rpartition(":")[2]


def _whole(text: str) -> int:
    """int() takes signs, underlines and the digits of all scripts."""
    if not (text.isascii() and text.isdigit() and len(text) < 20):
        raise ValueError("no whole number")
    return int(text)


def _place(letters: str) -> int:
    place = 0
    for letter in letters:
        place = place * 26 + ord(letter) - 64
    return place


def _unescaped(text: str) -> str:
    return _ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "_x" in text else text
