"""«Take in a file»: inputs from other systems' bug reports (the number beside each), and what leaves and comes back."""

import datetime as dt
import io
import zipfile

import pytest
from django.db import models
from openpyxl import Workbook, load_workbook

from apps.accounts.models import Entity, Hub, Shop
from apps.core.rows import create_row
from apps.core.sheets import xlsx as xlsx_reader
from apps.jobs.models import Job, State
from apps.parts.models import Part
from apps.products.models import Product, ProductNote
from apps.products.tables import NOTES
from apps.repairs.models import SymptomType
from apps.transfer.dataset import moved
from apps.transfer.importing import importable
from backoffice.catalogue import TABLES
from tests.cast import make_unit
from tests.contract.test_admin import browser_of, where
from tests.contract.test_files import exported, tried, upload, xlsx
from tests.factories import make

pytestmark = pytest.mark.django_db

IMEI = "013579024681121"
AZERTY_IMEI = "à&\"(èçàé'-_&&é&"


@pytest.fixture
def unit(cast):
    """A unit whose IMEI begins with a zero."""
    return make_unit(IMEI, entity=cast.a, gps_lat=None)


@pytest.fixture
def browser(cast):
    browser = browser_of(cast.root)
    browser.cookies["django_language"] = "en"
    return browser


def raw_xlsx(cells, **parts):
    """A workbook whose first sheet has this XML as its data."""
    held = {
        "[Content_Types].xml": "<Types/>",
        "xl/workbook.xml": '<workbook xmlns:r="r"><sheets><sheet name="a" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": '<Relationships><Relationship Id="r1" Type="x/worksheet" Target="worksheets/sheet1.xml"/>'
        '<Relationship Id="r2" Type="x/sharedStrings" Target="sharedStrings.xml"/></Relationships>',
        "xl/worksheets/sheet1.xml": f"<worksheet><sheetData>{cells}</sheetData></worksheet>",
    } | parts  # fmt: skip
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in held.items():
            archive.writestr(name, text)
    return out.getvalue()


def one_of(job):
    assert job.state == State.READY, job.problem
    ((_line, outcome, text),) = tried(job)
    return outcome, text


def note_file(cell):
    return f'product_imei,note_text\n"{cell}",Roof\n'


NOT_THERE = "points to no row that exists"
SHORTENED = "was shortened by a spreadsheet"

# (cases, table, file, outcome, words of the preview)
CASES = [
    ("2", "products", f"product_imei,iccid\n{IMEI},8.98831E+18\n", "refused", f"ICCID: “8.98831E+18”: {SHORTENED}"),
    ("2", "products", f"product_imei,iccid\n{IMEI},\"8,98831E+18\"\n", "refused", f": {SHORTENED}"),
    ("5", "products", f"product_imei,serial_number\n{IMEI},1E+05\n", "refused", f"serial number: “1E+05”: {SHORTENED}"),
    ("2", "products", f"product_imei,iccid\n{IMEI},8.98831e18\n", "refused", f"ICCID: “8.98831e18”: {SHORTENED}"),
    ("2", "products", f"product_imei,iccid\n{IMEI},\"8,98831E18\"\n", "refused", f": {SHORTENED}"),
    ("2", "products", f"product_imei,serial_number\n{IMEI},1E05\n", "changed", "→ 1E05"),
    ("7", "products", [["product_imei", "iccid"], [IMEI, 8988303012345678848]], "refused", f": {SHORTENED}"),
    ("7", "products", [["product_imei", "iccid"], [IMEI, 8.98830301234568e18]], "refused", f": {SHORTENED}"),
    ("7", "products", [["product_imei", "iccid"], [IMEI, "8988303012345678848"]], "changed", "→ 8988303012345678848"),
    ("17", "product_notes", [["product_imei", "note_text"], [int(IMEI), "Roof"]], "changed", IMEI),
    ("18a", "products", f"product_imei,gps_lat\n{IMEI.lstrip('0')},1.5\n", "changed", "→ 1.5"),
    ("18b", "products", [["product_imei", "gps_lat"], [int(IMEI), 1.5]], "changed", "→ 1.5"),
    ("24", "products", f"product_imei,warranty_start_date\n{IMEI},05/06/26\n", "changed", "→ 2026-06-05"),
    ("27", "products", f"product_imei,disable_date\n{IMEI},05/06/2026 2:30 PM\n", "changed", "→ 5 Jun 2026 14:30"),
    ("27", "products", f"product_imei,disable_date\n{IMEI},05/06/2026 12:00 AM\n", "changed", "→ 5 Jun 2026 00:00"),
    ("27", "products", f"product_imei,warranty_start_date\n{IMEI},5-6-2026\n", "changed", "→ 2026-06-05"),
    ("27", "products", f"product_imei,warranty_start_date\n{IMEI},5.6.2026\n", "changed", "→ 2026-06-05"),
    ("27", "products", f"product_imei,warranty_start_date\n{IMEI},12/31/2026\n", "refused", "must be a whole date"),
    ("31", "products", f"product_imei,warranty_start_date\n{IMEI},12\n", "refused", "must be a whole date"),
    ("31", "products", [["product_imei", "warranty_start_date"], [IMEI, 7]], "refused", "must be a whole date"),
    ("31", "products", [["product_imei", "warranty_start_date"], [IMEI, dt.time(14, 30)]], "refused", "without its day"),
    ("32", "products", f"product_imei,warranty_start_date\n{IMEI},1/2\n", "refused", "must be a whole date"),
    ("36", "products", f"product_imei,disable_date\n{IMEI},2016-11-25 10:51:30 CAT\n", "refused", "must be a whole date"),
    ("38", "products", f"product_imei,disable_date\n{IMEI},2016-11-25T10:51:30 02:00\n", "refused", "must be a whole date"),
    ("27", "products", f"product_imei,warranty_start_date\n{IMEI},6 Dec 2026\n", "changed", "→ 2026-12-06"),
    ("27", "products", f"product_imei,disable_date\n{IMEI},6 déc. 2026 14:01\n", "changed", "→ 6 Dec 2026 14:01"),
    ("88", "product_notes", f"product_imei,note_text\n{IMEI},Roof faces north, and it leaks\n", "refused", "under no heading"),
    ("88", "product_notes", [["product_imei", "note_text"], [IMEI, "Roof", None, "x"]], "refused", "under no heading"),
    ("88", "product_notes", f"product_imei,note_text,\n{IMEI},Roof,x\n", "refused", "under no heading"),
    ("89", "product_notes", f"product_imei,note_text\n{IMEI},\n", "refused", "note text: is required"),
    ("89", "product_notes", f"product_imei,note_text\n{IMEI},\u00a0 \n", "refused", "note text: is required"),
    ("90", "products", f"product_imei,iccid\n{IMEI},#N/A\n", "refused", "ICCID: “#N/A”: holds an error of the spreadsheet (#N/A)"),
    ("90", "products", f"product_imei,gps_lat\n{IMEI},#DIV/0!\n", "refused", "GPS latitude (°): “#DIV/0!”: holds an error"),
    ("90", "products", [["product_imei", "assembler"], [IMEI, "#REF!"]], "refused", "assembler: holds an error of the spreadsheet (#REF!)"),
    ("90", "products", [["product_imei", "assembler"], [IMEI, "=A1&B1"]], "refused", "assembler: is a formula without a value"),
    ("93", "product_notes", note_file(f" {IMEI} "), "changed", IMEI),
    ("94", "product_notes", note_file(f"{IMEI}\t"), "changed", IMEI),
    ("95", "product_notes", note_file(f"\u00a0{IMEI}\u00a0"), "changed", IMEI),
    ("95", "product_notes", [["product_imei", "note_text"], [f"{IMEI} ", "Roof"]], "changed", IMEI),
    ("96", "entities", "name,bboxx_company_flag\nAccra account ,no\n", "refused", "name: “Accra account”: is already in use"),
    ("100", "product_notes", note_file(f"\u200b{IMEI}"), "changed", IMEI),
    ("134", "product_notes", note_file(f"\x02{IMEI}"), "changed", IMEI),
    ("103", "products", f'product_imei,gps_lat\n{IMEI},"1,234"\n', "refused", "GPS latitude (°): “1,234”: may be 1234 or 1.234"),
    ("103", "products", f'product_imei,gps_lat\n{IMEI},"1,5"\n', "changed", "→ 1.5"),
    ("108a", "entities", "sep=;\nname;bboxx_company_flag\nNew;no\n", "changed", "New"),
    ("108b", "entities", "sep=,\r\nname,bboxx_company_flag\r\nNew,no\r\n", "changed", "New"),
    ("110", "entities", "\n\nOur entities, as of today,\n\nname,bboxx_company_flag\nNew,no\n", "changed", "New"),
    ("110", "entities", [["Our entities"], [], ["name", "bboxx_company_flag"], ["New", True]], "changed", "New"),
    ("130a", "product_notes", note_file(f"]C1{IMEI}"), "changed", IMEI),
    ("130b", "product_notes", note_file(f"IMEI: {IMEI}"), "changed", IMEI),
    ("130d", "product_notes", note_file("013579 024681 121"), "changed", IMEI),
    ("132", "product_notes", note_file(AZERTY_IMEI.replace('"', '""')), "changed", IMEI),
    ("point 10", "parts", 'serial_number,part_type_id,properties\nP-1,77,"{""n"": 89883030000000000017}"\n', "refused", "longer than 64 bits"),
    ("point 10", "parts", f'serial_number,part_type_id,properties\nP-1,77,{"[" * 400 + "]" * 400}\n', "refused", "nested deeper than 32"),
    ("point 10", "parts", f"serial_number,part_type_id,properties\nP-1,77,{'[' * 90000}\n", "refused", "must be JSON"),
    ("point 10", "parts", f"serial_number,part_type_id,properties\nP-1,77,{'9' * 5000}\n", "refused", "must be JSON"),
    ("point 10", "parts", "serial_number,part_type_id,properties\nP-1,77,NaN\n", "refused", "must be JSON"),
    ("point 16", "product_notes", f'product_imei,note_text\n{IMEI},"\'  "\n', "refused", "note text: “'”: may not be blank"),
]  # fmt: skip


@pytest.mark.parametrize(("case", "table", "file", "outcome", "words"), CASES, ids=lambda value: str(value)[:40])
def test_a_cell_is_what_it_says_or_refused(cast, browser, unit, case, table, file, outcome, words):
    Entity.objects.create(name="Accra account", bboxx_company_flag=False, created_by="test")
    content, name = (file, "rows.csv") if isinstance(file, str) else (xlsx(*file), "rows.xlsx")
    found, text = one_of(upload(browser, table, content, name))
    assert (found, words in text) == (outcome, True), (case, found, text)


def test_the_first_sheet_in_sight_is_read(browser, cast):  # 112
    book, out = Workbook(), io.BytesIO()
    book.active.append(["internal_key"])
    book.active.append([5])
    book.active.sheet_state = "hidden"
    book.create_sheet("empty")
    sheet = book.create_sheet("rows")
    sheet.append(["name", "bboxx_company_flag"])
    sheet.append(["New", True])
    book.save(out)
    assert one_of(upload(browser, "entities", out.getvalue(), "rows.xlsx"))[0] == "changed"


def test_a_number_that_a_format_shows_with_zeros_has_them(browser, unit):  # 18
    book, out = Workbook(), io.BytesIO()
    book.active.append(["product_imei", "serial_number"])
    book.active.append([IMEI, 123])
    book.active["B2"].number_format = "000000"
    book.save(out)
    assert "→ 000123" in one_of(upload(browser, "products", out.getvalue(), "rows.xlsx"))[1]


def test_a_text_that_a_spreadsheet_made_a_date_is_refused(browser, unit):
    content = xlsx(["product_imei", "serial_number"], [IMEI, dt.datetime(2026, 5, 12)])  # noqa: DTZ001
    outcome, text = one_of(upload(browser, "products", content, "rows.xlsx"))
    assert (outcome, "was made a date by a spreadsheet" in text) == ("refused", True)


def test_lines_bear_the_numbers_that_the_spreadsheet_shows(browser, unit):
    job = upload(browser, "symptom_types", "Symptoms\n\nname,label\n\nSmoke,smoke\n,x\n")
    assert [line for line, _outcome, _text in tried(job)] == ["5", "6"]


def test_values_above_the_heading_are_not_passed_over(browser, unit):
    job = upload(browser, "product_notes", f"{IMEI},First\nproduct_imei,note_text\n{IMEI},Second\n")
    assert (job.state, "above its heading" in job.problem) == (State.FAILED, True)


@pytest.mark.parametrize(
    "title",
    ["Report of 06/12/2026", "Units of 06/12/2026, as of 2026-12-07T10:30:00", dt.datetime(2026, 12, 6)],  # noqa: DTZ001
)
def test_a_title_with_days_in_it_is_a_title(browser, unit, title):
    content = xlsx([title], ["product_imei", "note_text"], [IMEI, "First"])
    assert one_of(upload(browser, "product_notes", content, "rows.xlsx"))[0] == "changed"
    if isinstance(title, str):
        job = upload(browser, "product_notes", f"{title}\nproduct_imei;note_text\n{IMEI};Second\n")
        assert one_of(job)[0] == "changed"


@pytest.mark.parametrize(
    ("cell", "words"),
    [
        (dt.datetime(2026, 5, 12), "was made a date by a spreadsheet"),  # noqa: DTZ001
        (8.988303e18, "was shortened"),
        (10**15, "was shortened"),
    ],
)
def test_json_takes_nothing_that_a_spreadsheet_made_of_it(browser, unit, cell, words):
    row = make(Part, None)
    told = one_of(upload(browser, "parts", xlsx(["part_id", "properties"], [row.pk, cell]), "rows.xlsx"))
    assert (told[0], words in told[1]) == ("refused", True), told
    assert (
        one_of(upload(browser, "parts", xlsx(["part_id", "properties"], [row.pk, 12.5]), "rows.xlsx"))[0] == "changed"
    )


def test_the_french_page_reads_a_comma_as_its_decimal(cast, unit):  # 103
    browser = browser_of(cast.root)
    browser.cookies["django_language"] = "fr"
    assert one_of(upload(browser, "products", f"product_imei;gps_lat\n{IMEI};1,234\n"))[1].endswith("→ 1.234")


def shared(index, text, times=1):
    row = f'<c t="s"><v>{index}</v></c>'
    strings = f"<sst><si><t>{text}</t></si></sst>"
    return raw_xlsx(f'<row r="1">{row}</row>' + f"<row>{row}</row>" * (times - 1), **{"xl/sharedStrings.xml": strings})


BOMBS = {
    "a row without end": (raw_xlsx('<row r="1000000000000"><c><v>1</v></c></row>'), "can't be read as XLSX"),
    "rows beyond any sheet": (raw_xlsx("<row/>" * 1_001), "can't be read as XLSX"),
    "a column beyond ours": (raw_xlsx('<row r="1"><c r="XFD1"><v>1</v></c></row>'), "more than 200 columns"),
    "a column without end": (raw_xlsx('<row r="1"><c r="ZZZ1"><v>1</v></c></row>'), "more than 200 columns"),
    "no such string": (raw_xlsx('<row r="1"><c t="s"><v>5</v></c></row>'), "can't be read as XLSX"),
    "entities": (raw_xlsx("", **{"xl/worksheets/sheet1.xml": '<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'}), "can't be read"),
    "too much text": (
        raw_xlsx('<row r="1"><c t="s"><v>0</v></c></row>', **{"xl/sharedStrings.xml": "<sst><si><t>" + "x" * 2**20}),
        "too large when unpacked",
    ),
    "too many cells": (raw_xlsx('<row r="1">' + "<c/>" * 1001 + "</row>"), "too large when unpacked"),
    "too large a sheet": (raw_xlsx("", **{"xl/worksheets/sheet1.xml": b"<a>" + b" " * 2**20}), "too large when unpacked"),
    "a row of 201": (b",".join(b"%d" % number for number in range(201)) + b"\n1\n", "more than 200 columns"),
    "a text before the first": (shared("-1", "a"), "cell A1 says nothing"),
    "a text after the last": (shared("999", "a"), "cell A1 says nothing"),
    "a text of other digits": (shared("٠", "a"), "cell A1 says nothing"),
    "a number with an underline": (raw_xlsx('<row r="4"><c/><c><v>1_000.5</v></c></row>'), "cell B4 says nothing"),
    "a number of other digits": (raw_xlsx('<row r="1"><c><v>١٢٣</v></c></row>'), "cell A1 says nothing"),
    "a day of other digits": (raw_xlsx('<row r="1_0"><c><v>1</v></c></row>'), "can't be read as XLSX"),
    "neither true nor false": (raw_xlsx('<row r="1"><c t="b"><v>2</v></c></row>'), "cell A1 says nothing"),
    "one text a thousand times": (shared("0", "x" * 3000, 1000), "too large when unpacked"),
    "one text in place a thousand times": (
        raw_xlsx('<row r="1">' + f'<c t="inlineStr"><is><t>{"x" * 3000}</t></is></c>' * 100 + "</row>"),
        "too large when unpacked",
    ),
    "half a letter as heading": (shared("0", "_xD800_name", 2), "holds characters that cannot be stored (line 1, column A)"),
    "a heading longer than a cell": (shared("0", "name" * 10_000, 2), "is longer than 32767 characters (line 1, column A)"),
    "a tag without end": (raw_xlsx(f'<row a="{"x" * 2**18}"/>'), "can't be read as XLSX"),
    "a text's tag without end": (shared("0", f'</t><t a="{"x" * 2**18}">'), "can't be read as XLSX"),
    "a book's tag without end": (raw_xlsx("", **{"xl/workbook.xml": f'<workbook a="{"x" * 2**18}"/>'}), "can't be read as XLSX"),
    "a number without end": (raw_xlsx(f'<row r="1"><c><v>{"9" * 10**5}</v></c></row>'), "can't be read as XLSX"),
}  # fmt: skip


@pytest.mark.parametrize("bomb", BOMBS)
def test_a_file_costs_what_it_holds_and_not_what_it_claims(cast, browser, bomb, monkeypatch):  # point 8
    for name, most in (
        ("MOST_LINES", 1000),
        ("MOST_CELLS", 1000),
        ("MOST_SHEET", 2**19),
        ("MOST_STRINGS", 2**19),
        ("MOST_TAKEN", 2**18),
        ("MOST_UNPARSED", 2**16),
        ("PIECE", 2**13),
    ):
        monkeypatch.setattr(xlsx_reader, name, most)
    content, words = BOMBS[bomb]
    job = upload(browser, "symptom_types", content, "rows.xlsx")
    assert (job.state, words in job.problem) == (State.FAILED, True), job.problem


@pytest.mark.parametrize(
    ("written", "outcome", "words"),
    [
        ("x" * 32_768, "refused", "note text: is longer than 32767 characters"),
        ("_x0041_" * 32_768, "refused", "note text: is longer than 32767 characters"),
        ("_x0041_" * 32_767, "changed", "AAA"),
        ("a_xD800_b", "refused", "note text: holds characters that cannot be stored"),
        ("a_xDE00__xD83D_b", "refused", "note text: holds characters that cannot be stored"),
        ("a_xD83D__xDE00_b", "changed", "a😀b"),
    ],
    ids=lambda value: value[:20],
)
@pytest.mark.parametrize("kind", ["shared", "inline"])
def test_what_no_cell_holds_is_refused_where_it_stands(cast, browser, unit, kind, written, outcome, words):
    text = '<c t="inlineStr"><is><t>%s</t></is></c>'
    cell = '<c t="s"><v>0</v></c>' if kind == "shared" else text % written
    heading = f'<row r="1">{text % "product_imei"}{text % "note_text"}</row>'
    strings = {"xl/sharedStrings.xml": f"<sst><si><t>{written}</t></si></sst>"}
    content = raw_xlsx(f'{heading}<row r="2">{text % IMEI}{cell}</row>', **strings)
    found, told = one_of(upload(browser, "product_notes", content, "rows.xlsx"))
    assert (found, words in told) == (outcome, True), told


@pytest.mark.parametrize("format", ["csv", "xlsx"])
@pytest.mark.parametrize("language", ["en", "fr"])
def test_negative_numbers_leave_as_numbers(cast, language, format):  # 137
    hub = make(Hub, cast.a)
    shop = make(Shop, cast.a, hub=hub, latitude="-1.9441", longitude="-0.5")
    browser = browser_of(cast.root)
    browser.cookies["django_language"] = language
    content = exported(browser, "shops", [shop.pk], format)
    if format == "csv":
        assert "-1.9441" in content.decode().replace(";", ",").split(",")
    else:
        assert "-1.9441" in [
            cell.value for row in load_workbook(io.BytesIO(content)).active.iter_rows() for cell in row
        ]
    assert one_of(upload(browser, "shops", content, f"rows.{format}"))[0] == "same"


TEXTS = (
    "one\r\ntwo",
    "one\ntwo\r\n",
    "bell \x07",
    "\ufffe",
    "a\uffffb",
    "_x000D_",
    " padded ",
    "\u200b0135",
    "#N/A",
    "8.9E+18",
    "-1",
    "-1x",
    "",
)


@pytest.mark.parametrize("format", ["csv", "xlsx"])
@pytest.mark.parametrize("language", ["en", "fr"])
def test_what_leaves_comes_back_and_nothing_would_change(cast, unit, language, format):  # 140, 141
    browser = browser_of(cast.root)
    browser.cookies["django_language"] = language
    notes = [create_row(NOTES, {"product_imei": IMEI, "note_text": text or "x"}, by=cast.root) for text in TEXTS]
    ProductNote.objects.filter(pk=notes[-1].pk).update(note_text="")  # from before there was a rule
    content = exported(browser, "product_notes", [note.pk for note in notes], format)
    if format == "xlsx":
        load_workbook(io.BytesIO(content))
    job = upload(browser, "product_notes", content, f"rows.{format}")
    assert [outcome for _line, outcome, _text in tried(job)] == ["same"] * len(notes), tried(job)


@pytest.mark.parametrize("format", ["csv", "xlsx"])
def test_every_table_that_may_be_written_comes_back_as_it_left(cast, format):
    browser = browser_of(cast.root)
    browser.cookies["django_language"] = "fr"
    moment = dt.datetime(2026, 11, 25, 10, 51, 30, 77685, tzinfo=dt.UTC)
    for path, table in moved().items():
        if not importable(table) or table.model is Product:
            continue
        row = make(table.model, cast.a)
        times = {f.attname: moment for f in table.model._meta.concrete_fields if type(f) is models.DateTimeField}
        table.model._base_manager.filter(pk=row.pk).update(**times)
        job = upload(browser, path, exported(browser, path, [row.pk], format), f"rows.{format}")
        assert one_of(job)[0] == "same", (path, tried(job))


def test_a_text_too_long_for_a_cell_is_refused_with_its_row(cast, unit, browser):
    note = create_row(NOTES, {"product_imei": IMEI, "note_text": "é" * 32_768}, by=cast.root)
    body = {"action": "export_xlsx", "_selected_action": [note.pk]}
    answer = browser.post(where(TABLES["product_notes"], "changelist"), body, follow=True)
    assert f"Row {note.pk}, note_text: longer than the 32767 letters" in answer.content.decode()
    fits = create_row(NOTES, {"product_imei": IMEI, "note_text": "é" * 32_767}, by=cast.root)
    job = upload(browser, "product_notes", exported(browser, "product_notes", [fits.pk], "xlsx"), "rows.xlsx")
    assert one_of(job)[0] == "same"


def test_nothing_is_left_of_the_jobs_that_failed(cast, browser):
    before = SymptomType.objects.count()
    upload(browser, "symptom_types", BOMBS["a row without end"][0], "rows.xlsx")
    assert (SymptomType.objects.count(), Job.objects.get().items.count()) == (before, 0)
