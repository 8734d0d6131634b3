"""Acts on units that somebody has a list of: pasted, or in a spreadsheet's file, in English and in French."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import translation
from openpyxl import Workbook

from apps.accounts.models import Entity
from apps.core.levels import Level
from apps.core.refusals import Invalid
from apps.jobs import work
from apps.jobs.models import Job, State
from apps.products import listed, queries, states
from apps.products.models import Product, ProductNote
from tests.cast import make_unit

pytestmark = pytest.mark.django_db


@pytest.fixture
def units(cast):
    return [
        make_unit(f"01010123456{number:04d}", entity=cast.a, iccid=f"898830300000000000{number}") for number in range(3)
    ]


def begin(user, kind, text="", file=None, expect=302):
    browser = Client()
    browser.force_login(user)
    given = {"kind": kind, "units": text} | ({"file": file} if file else {})
    answer = browser.post("/jobs/from_list", given)
    assert answer.status_code == expect, answer.content.decode()
    if expect != 302:
        return answer.content.decode()
    job = Job.objects.get(pk=int(answer.url.rsplit("/", 1)[1]))
    work.work_all()
    job.refresh_from_db()
    return job


def tried(job):
    return {key: (trial, text) for key, trial, text in job.items.values_list("key", "trial", "trial_text")}


def finish(job):
    browser = Client()
    browser.force_login(job.owner)
    assert browser.post(f"/jobs/{job.pk}/start").status_code == 302
    work.work_all()
    job.refresh_from_db()
    assert job.state == State.DONE


def csv_file(text, encoding="utf-8"):
    return SimpleUploadedFile("list.csv", text.encode(encoding))


def test_pasted_numbers_of_all_kinds(cast, units):
    other = make_unit("010101234569999", entity=cast.b)
    text = f"IMEI\n{units[0].product_imei}, {units[1].serial_number.lower()}\n {units[2].iccid};{other.product_imei} 12"
    job = begin(cast.tina, "units.enable", text)
    assert job.state == State.READY
    found = tried(job)
    assert [trial for trial, _text in found.values()] == ["changed"] * 3 + ["refused"] * 2
    assert found[units[1].serial_number.lower()][1].startswith(f"{units[1].product_imei}: ")
    assert found[other.product_imei] == found["12"] == ("refused", "No unit in your scope has this number")
    finish(job)
    assert Product.objects.filter(desired_enable_flag=True).count() == 3


def test_a_number_that_stands_for_several_units_is_none_of_them(cast, units):
    imei = make_unit("001010123456789", entity=cast.a)
    other = make_unit("010101234568888", entity=cast.a, imsi="1010123456789")
    trials = tried(begin(cast.tina, "units.enable", f"{other.imsi} {imei.product_imei} 1010123456789012"))
    assert trials[other.imsi] == ("refused", "stands for several units; give the IMEI")
    assert trials[imei.product_imei][0] == "changed"


def test_the_details_are_asked_for_once_where_the_list_has_none(cast, units):
    job = begin(cast.users["A", Level.ADMIN], "units.state", "\n".join(unit.product_imei for unit in units))
    assert (job.state, job.total) == (State.DRAFT, 3)
    browser = Client()
    browser.force_login(job.owner)
    assert "3 units are chosen" in browser.get(f"/jobs/{job.pk}").content.decode()
    browser.post(f"/jobs/{job.pk}/details", {"new_state": states.SHIPPED})
    work.work_all()
    job.refresh_from_db()
    assert (job.state, {trial for trial, _text in tried(job).values()}) == (State.READY, {"changed"})


@pytest.mark.parametrize("heading", ["IMEI;Entité", "imei;new_entity", "Unit;Entity", "Nº IMEI ignored;x"])
def test_each_unit_to_its_own_entity(cast, units, heading):
    third = Entity.objects.create(name="Société d’énergie", bboxx_company_flag=False, created_by="test")
    lines = [heading, f"{units[0].product_imei};société d’énergie", f"{units[1].product_imei};{cast.b.pk}"]
    lines += [f"{units[2].product_imei};Nobody", "010101234567777;Société d’énergie", ";"]
    if heading.startswith("Nº"):
        job = begin(cast.root, "units.entity", file=csv_file("\n".join(lines)))
        assert job.state == State.FAILED  # no heading of ours: one entity for all is not what this list says
        assert "columns that are not understood" in job.problem
        return
    job = begin(cast.root, "units.entity", file=csv_file("\n".join(lines), "cp1252"))
    assert job.state == State.READY, job.problem
    found = tried(job)
    assert [trial for trial, _text in found.values()] == ["changed", "changed", "refused", "refused"]
    assert found[units[0].product_imei][1].endswith("→ Société d’énergie")
    assert found[units[2].product_imei][1].startswith("“Nobody”: ")
    finish(job)
    assert queries.entity_ids(units[0]) == [third.pk]
    assert queries.entity_ids(units[2]) == [cast.a.pk]


def test_states_by_any_name_and_numbers_as_spreadsheets_leave_them(cast, units):
    book = Workbook()
    sheet = book.active
    sheet.append(["Numéro de série", "IMEI", "État"])
    sheet.append([units[0].serial_number, None, "SHIPPED"])
    sheet.append([units[1].serial_number, None, "expédiée"])
    sheet.append([int(units[2].product_imei), None, 3])  # its leading zero is gone
    sheet.append(["1.01010123456E+13", None, "shipped"])
    sheet.append([units[2].serial_number, None, "lost"])
    content = io.BytesIO()
    book.save(content)
    job = begin(cast.root, "units.state", file=SimpleUploadedFile("list.xlsx", content.getvalue()))
    assert job.state == State.READY, job.problem
    outcomes = list(job.items.order_by("number").values_list("trial", "trial_text"))
    assert [trial for trial, _text in outcomes] == ["changed"] * 3 + ["refused"] * 2, outcomes
    assert "format that column as text" in outcomes[3][1]
    assert "lost" in outcomes[4][1]


def test_a_note_for_each_and_twice_the_same_line_is_one(cast, units):
    line = f"{units[0].product_imei},Panel cracked"
    text = f"imei,note\n{line}\n{line}\n{units[1].product_imei},\n"
    assert tried(begin(cast.tina, "units.note", text)) == tried(begin(cast.tina, "units.note", file=csv_file(text)))
    job = begin(cast.tina, "units.note", file=csv_file(text))
    assert [trial for trial, _text in tried(job).values()] == ["changed", "refused"]
    finish(job)
    assert list(ProductNote.objects.values_list("note_text", flat=True)) == ["Panel cracked"]


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"kind": "units.enable"}, "Give their numbers"),
        ({"kind": "", "text": "1"}, "Choose what is to be done"),
        ({"kind": "rows.import", "text": "1"}, "Choose what is to be done"),
        ({"kind": "units.entity", "text": "1"}, "Choose what is to be done"),  # not a TECHNICAL's
        ({"kind": "units.enable", "text": "1", "file": "1"}, "not both"),
    ],
)
def test_what_is_missing_is_said_and_what_was_typed_stays(cast, given, words):
    file = csv_file(given["file"]) if "file" in given else None
    page = begin(cast.tina, given["kind"], given.get("text", ""), file, expect=400)
    assert words in page
    assert f">{given.get('text', '')}</textarea>" in page


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"entity\nKivu\n", "has no column of units"),
        (b"imei,entity,entity\n1,2,3\n", "twice"),
        (b"\x00\x01\x02", "neither CSV nor XLSX"),
        (b"imei\n", "no rows below its heading"),
    ],
)
def test_a_file_that_says_nothing_stops_with_the_reason(cast, content, words):
    job = begin(cast.root, "units.entity", file=SimpleUploadedFile("list.csv", content))
    assert job.state == State.FAILED
    assert words in job.problem


def test_the_preview_speaks_the_language_of_its_reader(cast, units):
    browser = Client(headers={"Accept-Language": "fr"})  # of somebody who has chosen none for good
    browser.force_login(cast.root)
    text = f"IMEI\tÉtat\n{units[0].product_imei}\tperdue\n{units[1].product_imei}\texpédiée\n77\tSTORED"
    answer = browser.post("/jobs/from_list", {"kind": "units.state", "units": text})
    work.work_all()
    job = Job.objects.get(pk=int(answer.url.rsplit("/", 1)[1]))
    with translation.override("en"):
        assert "“perdue”: must be one of: in store" in tried(job)[units[0].product_imei][1]
    with translation.override("fr"):
        found = tried(job)
        texts = [found[key][1] for key in (units[0].product_imei, units[1].product_imei, "77")]
    assert texts[0].startswith("«\u00a0perdue\u00a0»\u00a0: doit être")
    assert texts[1].endswith("→ expédiée")
    assert texts[2] == "Aucune unité de votre portée n’a ce numéro"


def test_a_reader_may_not_begin(cast):
    browser = Client()
    browser.force_login(cast.users["A", Level.OVERVIEW])
    assert browser.get("/jobs/from_list").status_code == 403
    assert "from_list" not in browser.get("/jobs").content.decode()


def test_a_pasted_table_needs_a_heading_that_says_which_column_is_the_unit():
    """Without one its words were taken for units: `Kivu;Light` was looked for, and the one number switched on."""
    for mark in ";", ",":
        table = f"Identifiant{mark}Entité\n013579000000001{mark}Kivu Light\n013579000000019{mark}Rift Solar"
        assert listed.from_text(table) == table.encode()
        with pytest.raises(Invalid):
            list(listed.units_of(listed.from_text(table), None))
    assert listed.from_text("013579000000001; 013579000000019;HB000501-000001-U") == (
        b"013579000000001\n013579000000019\nHB000501-000001-U"
    )
    for pasted, numbers in {
        "1234567 7654321": ["1234567", "7654321"],
        "1234567 7654321 1234567": ["1234567", "7654321", "1234567"],
        "013579 024681 121": ["013579024681121"],
        "IMEI: 01 357902 468112 1": ["013579024681121"],
        "IMEI 1 35790246811220": ["135790246811220"],
        "IMEI 1: 013579024681121 IMEI 2 013579024681139": ["013579024681121", "013579024681139"],
        "8988 3030 0000 0000 003": ["8988303000000000003"],
        "013579024681121 123": ["013579024681121", "123"],
    }.items():
        assert listed.from_text(pasted).decode().split("\n") == numbers
    for heading in ("Nº de série", "N° de série", "S/N", "Serial no"):
        pasted = listed.from_text(f"{heading};Entity\nHB000501-000001-U;Kivu Light")
        assert [key for key, _payload in listed.units_of(pasted, None)] == ["HB000501-000001-U"]
