"""Writing files: CSV a piece at a time, XLSX whole, a row at a time."""

import csv
import datetime as dt
import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from itertools import count
from typing import IO, Any

from apps.core.refusals import Refused
from apps.core.sheets import cells, days
from apps.core.telling import tell

LONGEST_WRITTEN = 32_767  # letters of a cell of XLSX, by the format
_UNWRITABLE = re.compile("[\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]|_(?=x[0-9A-Fa-f]{4}_)")


def csv_piece(rows: Iterable[Sequence[Any]], *, language: str, first: bool) -> bytes:
    """Some lines of a CSV file. The first piece begins with a mark by which spreadsheets know UTF-8."""
    out = io.StringIO()
    writer = csv.writer(out, delimiter=";" if language == "fr" else ",", lineterminator="\r\n")
    for row in rows:
        writer.writerow([cells.written(value, language) for value in row])
    return (b"\xef\xbb\xbf" if first else b"") + out.getvalue().encode()


_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_DOCUMENT = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_KIND = "application/vnd.openxmlformats-officedocument.spreadsheetml"
_STYLES = """<styleSheet xmlns="{main}"><numFmts count="2">
<numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss"/>
<numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd"/></numFmts>
<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>
<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>
<fills count="2"><fill><patternFill patternType="none"/></fill>
<fill><patternFill patternType="gray125"/></fill></fills>
<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border></borders>
<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/></cellStyleXfs><cellXfs count="4">
<xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>
<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/>
<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/>
<xf numFmtId="165" fontId="0" fillId="0" borderId="0" xfId="0" applyNumberFormat="1"/></cellXfs>
<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles></styleSheet>"""
_PARTS = {
    "[Content_Types].xml": f"""<Types xmlns="{_PACKAGE}/content-types">
<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>
<Default Extension="xml" ContentType="application/xml"/>
<Override PartName="/xl/workbook.xml" ContentType="{_KIND}.sheet.main+xml"/>
<Override PartName="/xl/worksheets/sheet1.xml" ContentType="{_KIND}.worksheet+xml"/>
<Override PartName="/xl/styles.xml" ContentType="{_KIND}.styles+xml"/></Types>""",
    "_rels/.rels": f"""<Relationships xmlns="{_PACKAGE}/relationships">
<Relationship Id="rId1" Type="{_DOCUMENT}/officeDocument" Target="xl/workbook.xml"/></Relationships>""",
    "xl/workbook.xml": f"""<workbook xmlns="{_MAIN}" xmlns:r="{_DOCUMENT}"><sheets>
<sheet name="Sheet1" sheetId="1" r:id="rId1"/></sheets></workbook>""",
    "xl/_rels/workbook.xml.rels": f"""<Relationships xmlns="{_PACKAGE}/relationships">
<Relationship Id="rId1" Type="{_DOCUMENT}/worksheet" Target="worksheets/sheet1.xml"/>
<Relationship Id="rId2" Type="{_DOCUMENT}/styles" Target="styles.xml"/></Relationships>""",
    "xl/styles.xml": _STYLES.replace("{main}", _MAIN),
}
_SHEET = f"""<worksheet xmlns="{_MAIN}"><sheetViews><sheetView workbookViewId="0">
<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/></sheetView></sheetViews><sheetData>
"""
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_BOLD, _MOMENT, _DATE = 1, 2, 3
_AMP = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;"})


def write_xlsx(rows: Iterable[Sequence[Any]], out: IO[bytes]) -> None:
    """A workbook of one sheet whose first row is its heading, written row by row. Raises Refused where a text is longer
    than a cell may be."""
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED, compresslevel=5) as archive:
        for name, part in _PARTS.items():
            archive.writestr(name, _HEAD + part)
        heading: Sequence[Any] = ()
        with archive.open("xl/worksheets/sheet1.xml", "w", force_zip64=True) as member:
            member.write((_HEAD + _SHEET).encode())
            for number, row in zip(count(1), rows):
                heading = heading or row
                try:
                    inner = "".join(_cell(value, bold=number == 1) if value is not None else "<c/>" for value in row)
                except _TooLong as found:
                    raise Refused(tell(
                        "Row %(row)s, %(column)s: longer than the %(most)s letters of a cell; take CSV instead.",
                        row=row[0], column=heading[list(row).index(found.value)], most=LONGEST_WRITTEN,
                    )) from None  # fmt: skip
                member.write(f'<row r="{number}">{inner}</row>\n'.encode())
            member.write(b"</sheetData></worksheet>")


class _TooLong(Exception):
    def __init__(self, value: Any) -> None:
        super().__init__()
        self.value = value


def _cell(value: Any, *, bold: bool) -> str:
    if isinstance(value, bool):
        return f'<c t="b"><v>{int(value)}</v></c>'
    if isinstance(value, float) or (isinstance(value, int) and abs(value) < cells.EXACT):
        return f"<c><v>{value!r}</v></c>"
    if isinstance(value, dt.datetime):
        value = value.replace(tzinfo=None)
        if value >= days.FIRST and days.read(repr(count := days.counted(value))) == {"date": value.isoformat()}:
            return f'<c s="{_MOMENT}"><v>{count!r}</v></c>'
        value = value.isoformat(sep=" ")
    elif isinstance(value, dt.date):
        if value > days.FIRST.date():
            return f'<c s="{_DATE}"><v>{(value - days.EPOCH.date()).days}</v></c>'
        value = value.isoformat()
    text = cells.safe(cells.as_text(value))
    if len(text) > LONGEST_WRITTEN // 2 and len(text.encode("utf-16-le", "surrogatepass")) // 2 > LONGEST_WRITTEN:
        raise _TooLong(value)
    text = _UNWRITABLE.sub(lambda found: f"_x{ord(found[0]):04X}_", text).translate(_AMP)
    style = f' s="{_BOLD}"' if bold else ""
    return f'<c{style} t="inlineStr"><is><t xml:space="preserve">{text}</t></is></c>'
