"""CSV and XLSX into and out of the admin's lists: tried first, by the rules of each table, in English and in French."""

import datetime as dt
import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.urls import reverse
from django.utils import translation
from hypothesis import given, settings
from hypothesis import strategies as some
from openpyxl import Workbook, load_workbook

from apps.accounts.models import Entity
from apps.core import sheets
from apps.core.levels import Level
from apps.core.sheets import cells
from apps.jobs import work
from apps.jobs.models import Job, JobFile, JobItem, State
from apps.parts.models import Part, PartType
from apps.products.models import Product, ProductNote
from apps.repairs.models import SymptomType
from apps.transfer import exporting
from apps.transfer.importing import importable
from backoffice.catalogue import TABLES
from tests.cast import make_unit
from tests.contract.test_admin import browser_of, where
from tests.factories import make

pytestmark = pytest.mark.django_db


def upload(browser, path, content, name="rows.csv"):
    meta = TABLES[path].model._meta
    page = reverse(f"admin:{meta.app_label}_{meta.model_name}_import_file")
    content = content.encode() if isinstance(content, str) else content
    answer = browser.post(page, {"file": SimpleUploadedFile(name, content)})
    if answer.status_code != 302:
        return answer
    work.work_all()
    return Job.objects.get(pk=int(answer.url.rsplit("/", 1)[1]))


def tried(job):
    return list(job.items.order_by("number").values_list("key", "trial", "trial_text"))


def xlsx(*rows):
    book, out = Workbook(), io.BytesIO()
    for row in rows:
        book.active.append(row)
    book.save(out)
    return out.getvalue()


def test_a_file_with_a_bad_row_is_tried_line_by_line_and_the_good_ones_taken(cast):
    held = make(SymptomType, None, name="Dead", label="dead", description="Dark")
    browser = browser_of(cast.root)
    text = (
        "symptom_type_id,name,label,description\n"
        f"{held.pk},Dead,dead,Wholly dark\n"
        ",Smoke,smoke,It smells\n"
        f"{held.pk},Dead,dead,Dark\n"
        "999999,Ghost,ghost,Nobody\n"
        ",Dead,other,Twice the name\n"
        "x,Odd,odd,No key\n"
    )
    job = upload(browser, "symptom_types", text)
    assert job.state == State.READY, job.problem
    assert [(line, outcome) for line, outcome, _text in tried(job)] == [
        ("2", "changed"), ("3", "changed"), ("4", "same"), ("5", "refused"), ("6", "refused"), ("7", "refused"),
    ]  # fmt: skip
    texts = [text for _line, _outcome, text in tried(job)]
    assert texts[0] == "description: Dark → Wholly dark"
    assert "Smoke" in texts[1]
    assert texts[3].startswith("symptom type id: “999999”: is of no row")
    assert texts[4].startswith("name: ")
    with translation.override("fr"):  # what is kept is said in the language of whoever reads it
        texts = [text for _line, _outcome, text in tried(job)]
        assert texts[0] == "description\u00a0: Dark → Wholly dark"
        assert texts[1].startswith("nouveau\u00a0: nom Smoke, libellé smoke")
        assert texts[3].startswith("nº type de symptôme\u00a0: «\u00a0999999\u00a0»\u00a0: ne désigne aucun")
        assert texts[4] == "nom\u00a0: «\u00a0Dead\u00a0»\u00a0: est déjà utilisé par un autre enregistrement"
    french = browser.get(f"/jobs/{job.pk}/report.csv", headers={"Accept-Language": "fr"})
    assert "«\u00a0999999\u00a0»" in b"".join(french.streaming_content).decode()
    assert "symptom_type_id" not in browser.get(f"/jobs/{job.pk}").content.decode()
    assert SymptomType.objects.filter(description="It smells").count() == 0
    browser.post(f"/jobs/{job.pk}/start")
    work.work_all()
    held.refresh_from_db()
    assert (held.description, held.modified_by) == ("Wholly dark", cast.root.email)
    assert SymptomType.objects.get(name="Smoke").created_by == cast.root.email
    assert held.history.first().history_change_reason == {"description": ["Dark", "Wholly dark"]}
    assert not JobFile.objects.exists()


def test_a_french_file_is_read_as_french(cast):
    part_type = make(PartType, None)
    rows = {column.name: column for column in TABLES["part_types"].columns.values()}
    assert "name" in rows
    browser = browser_of(cast.root)
    text = "Nom;Société Bboxx\nÉnergie du Lac;vrai\n+Plus;non\n"
    job = upload(browser, "entities", text.encode("cp1252"))
    assert [outcome for _line, outcome, _text in tried(job)] == ["changed", "changed"], (job.problem, tried(job))
    browser.post(f"/jobs/{job.pk}/start")
    work.work_all()
    assert Entity.objects.get(name="Énergie du Lac").bboxx_company_flag is True
    assert part_type.pk
    job = upload(browser, "product_types", "Nom;Type de crédit\nCompteur;gaz\nLampe;Time\nAutre;pommes\n".encode())
    assert [outcome for _line, outcome, _text in tried(job)] == ["changed", "changed", "refused"], tried(job)


def test_notes_name_their_unit_by_imei_and_the_scope_holds(cast):
    mine, theirs = make_unit("test-mine", entity=cast.a), make_unit("test-theirs", entity=cast.b)
    browser = browser_of(cast.users["A", Level.ADMIN])
    content = xlsx(["product_imei", "note_text"], [mine.serial_number, "by serial"], [mine.product_imei, 5],
                   [theirs.product_imei, "not mine"])  # fmt: skip
    job = upload(browser, "product_notes", content, "notes.xlsx")
    assert [outcome for _line, outcome, _text in tried(job)] == ["changed", "changed", "refused"], tried(job)
    browser.post(f"/jobs/{job.pk}/start")
    work.work_all()
    assert sorted(ProductNote.objects.values_list("note_text", flat=True)) == ["5", "by serial"]


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"name,colour\nx,red\n", "colour: no such column"),
        (b"name,name\nx,y\n", "twice"),
        (b"name\n", "no rows"),
        (b"PK\x03\x04nonsense", "XLSX"),
        (b"\xd0\xcf\x11\xe0old", "old Excel"),
        (b'name\n"open', "CSV"),
        (b"na\x00me\nx", "neither"),
    ],
)
def test_what_is_wrong_with_a_file_is_said(cast, content, words):
    found = upload(browser_of(cast.root), "symptom_types", content)
    said = found.problem if isinstance(found, Job) else found.content.decode()
    assert words in said
    assert SymptomType.objects.filter(name="x").count() == 0


def test_only_who_may_write_a_table_takes_files_in(cast):
    for path, table in TABLES.items():
        meta = table.model._meta
        page = reverse(f"admin:{meta.app_label}_{meta.model_name}_import_file")
        expected = 200 if importable(table) else 403
        assert browser_of(cast.root).get(page).status_code == expected, path
    assert upload(browser_of(cast.users["A", Level.ADMIN]), "entities", "name\nx\n").status_code == 403
    assert upload(browser_of(cast.alice), "symptom_types", "name\nx\n").status_code == 403  # reference data: GLOBAL's


def exported(browser, path, keys, format="csv"):
    answer = browser.post(where(TABLES[path], "changelist"), {"action": f"export_{format}", "_selected_action": keys})
    assert answer.status_code == 200, answer.content[:300]
    return answer.content


@pytest.mark.parametrize("language", ["en", "fr"])
@pytest.mark.parametrize("format", ["csv", "xlsx"])
def test_what_is_written_is_read_back_as_it_was(cast, language, format):
    names = ["=1+1", "+250 788", "@home", " -1", "'quoted", 'Énergie, du "Lac";\n2']
    keys = [make(SymptomType, None, name=name, description=name).pk for name in names]
    browser = browser_of(cast.root)
    browser.cookies["django_language"] = language
    content = exported(browser, "symptom_types", keys, format)
    if format == "csv":
        text = content.decode("utf-8-sig")
        assert (";" if language == "fr" else ",") in text.splitlines()[0]
    else:
        cells = [cell for row in load_workbook(io.BytesIO(content)).active.iter_rows() for cell in row]
        assert all(cell.data_type != "f" for cell in cells)
        text = "\n".join(str(cell.value) for cell in cells)
    for line in text.replace(";", "\n").replace(",", "\n").splitlines():
        assert not line.strip('"').lstrip().startswith(("=", "+", "@")), line
    job = upload(browser, "symptom_types", content, f"rows.{format}")
    assert [outcome for _line, outcome, _text in tried(job)] == ["same"] * len(names), tried(job)


def test_no_secret_leaves_in_a_file(cast, unit):
    content = exported(browser_of(cast.root), "products", [unit.pk]).decode()
    assert unit.product_imei in content
    assert str(unit.device_key) not in content


def test_a_long_list_is_written_by_a_job_in_pieces(cast, monkeypatch):
    monkeypatch.setattr(exporting, "AT_ONCE", 2)
    monkeypatch.setattr(exporting, "PAGE", 2)
    units = [make_unit(f"01010123456{number:04d}", entity=cast.a) for number in range(5)]
    make_unit("010101234569999", entity=cast.b)
    browser = browser_of(cast.users["A", Level.ADMIN])
    for format in ("csv", "xlsx"):
        body = {"action": f"export_{format}", "_selected_action": [units[0].pk], "select_across": "1"}
        answer = browser.post(where(TABLES["products"], "changelist") + "?desired_enable_flag__exact=0", body)
        job = Job.objects.latest("pk")
        assert (answer.url, job.total) == (f"/jobs/{job.pk}", 5)
        work.work_all()
        job.refresh_from_db()
        assert (job.state, job.problem, job.done) == (State.DONE, "", 5)
        answer = browser.get(f"/jobs/{job.pk}/file")
        rows = list(sheets.lines(b"".join(answer.streaming_content)))
        assert [row.cells[0] for row in rows[1:]] == [unit.product_imei for unit in units]
        assert browser_of(cast.bob).get(f"/jobs/{job.pk}/file").status_code == 404
    assert Product.objects.count() == 6


CONTENTS = some.text() | some.integers() | some.booleans() | some.floats(allow_nan=False, allow_infinity=False)
CONTENTS |= some.datetimes() | some.dates()
CONTENTS |= some.from_regex(r"\A'?[ =+@-]?-?[0-9.E+]{1,22}[ \r\n\t]?\Z") | some.sampled_from(
    [
        "#N/A",
        "#REF!",
        "_x000D_",
        "a\r\nb",
        "a\nb\r",
        "\ufffe",
        "\uffff",
        "\x07",
        "\u200b",
        "\xa0x\xa0",
        "-1.9441",
        "''",
        "-0012",
    ]
)


@settings(max_examples=300, deadline=None)
@given(CONTENTS, some.sampled_from(["csv", "xlsx"]), some.sampled_from(["en", "fr"]))
def test_any_value_survives_the_way_out_and_in(value, format, language):
    """What leaves comes back equal, by what its column makes of the cell."""
    if format == "csv":
        content = sheets.csv_piece([["a", "b"], [value, "end"]], language=language, first=True)
    else:
        sheets.write_xlsx([["a", "b"], [value, "end"]], out := io.BytesIO())
        content = out.getvalue()
        load_workbook(io.BytesIO(content), read_only=True)
    storable = not isinstance(value, str) or not any(one == "\x00" or "\ud800" <= one <= "\udfff" for one in value)
    if not storable:
        return
    _heading, line = sheets.lines(content)
    back, _end = line.cells
    with translation.override(language):
        if isinstance(value, str):
            assert back == "" if value == "" else cells.text(back) == value
        elif isinstance(value, bool):
            assert cells.truth(back) is value
        elif isinstance(value, int):
            assert cells.number(back, whole=True) == value
        elif isinstance(value, float):
            assert cells.number(back) == value
        else:
            assert dt.datetime.fromisoformat(cells.moment(back)).replace(tzinfo=None) == (
                value if isinstance(value, dt.datetime) else dt.datetime.combine(value, dt.time())
            )


def test_keys_that_a_file_brings_are_kept_sealed_and_told_to_nobody(cast, unit):
    canary, other = "CANARY-canary-CANARY-1234", "9" * 24
    browser = browser_of(cast.root)
    content = f"product_imei,serial_number,device_key\n{unit.product_imei},NEW-1,{other}\n"
    job = upload(browser, "products", content)
    part_type = make(PartType, None)
    quoted = '"{""device_key"": ""' + canary + '""}"'
    parts = upload(browser, "parts", f"serial_number,part_type_id,properties\nP-1,{part_type.pk},{quoted}\n")
    for one in (job, parts):
        assert [outcome for _line, outcome, _text in tried(one)] == ["changed"], tried(one)
        browser.post(f"/jobs/{one.pk}/start")
    work.work_all()
    unit.refresh_from_db()
    assert (unit.serial_number, str(unit.device_key)) == ("NEW-1", other)
    part = Part.objects.get(serial_number="P-1")
    assert part.device_key == canary
    upload(browser, "parts", f"part_id,properties\n{part.pk},{quoted.replace('1234', '9999')}\n")
    Job.objects.filter(state=State.READY).update(state=State.RUNNING)
    work.work_all()
    pages = b"".join(browser.get(f"/jobs/{one}").content for one in Job.objects.values_list("pk", flat=True))
    assert canary[:15].encode() not in pages
    assert other.encode() not in pages
    with connection.cursor() as cursor:
        for model in (JobItem, JobFile, Part.history.model, Product.history.model):
            cursor.execute(f'SELECT * FROM "{model._meta.db_table}"')
            rows = str(cursor.fetchall())
            assert canary[:15] not in rows, model
            assert other not in rows, model
