"""«Units from a list»: inputs from other systems' bug reports, the number beside each."""

import io

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from openpyxl import Workbook

from apps.core.actors import SYSTEM
from apps.jobs.models import State
from apps.jobs.tests.test_from_list import begin, finish, tried
from apps.products import queries
from apps.products.models import Product
from tests.cast import make_unit
from tests.contract.test_files import xlsx

pytestmark = pytest.mark.django_db

IMEI, OTHER = "013579024681121", "013579024681139"
SHORTENED = "was shortened by a spreadsheet; format that column as text"


@pytest.fixture
def units(cast):
    """The second bears the number that a spreadsheet makes of the first one's SIM."""
    return [
        make_unit(IMEI, entity=cast.a, iccid="8988303000000000003"),
        make_unit(OTHER, entity=cast.a, iccid="8988303000000000000"),
    ]


def as_file(content):
    name = "list.csv" if isinstance(content, str) else "list.xlsx"
    return SimpleUploadedFile(name, content.encode() if isinstance(content, str) else content)


@pytest.mark.parametrize(
    ("case", "rows", "place"),
    [
        ("1", [["ICCID"], [8988303000000000003]], "line 2"),
        ("1", [["ICCID"], [8.988303e18]], "line 2"),
        ("1", [[8.988303e18]], "line 1"),
        ("2", [["ICCID"], ["8.988303E+18"]], "line 2"),
        ("2", [["ICCID"], ["8.988303e18"]], "line 2"),
        ("2", [["Units"], [], ["ICCID", "Colour"], [8988303000000000000, "red"]], "line 4"),
        ("90", [["ICCID"], ["#N/A"]], "line 2"),
        ("90", [["IMEI"], ["=A1"]], "line 2"),
        ("88", [["IMEI"], [IMEI, "and more"]], "line 2"),
    ],
)
def test_a_number_that_is_not_whole_is_no_unit(cast, units, case, rows, place):
    job = begin(cast.tina, "units.disable", file=as_file(xlsx(*rows)))
    assert job.state == State.READY, job.problem
    ((trial, text),) = tried(job).values()
    assert (trial, place in text) == ("refused", True), (case, text)
    if case in "12":
        assert SHORTENED in text
    finish(job)
    assert not Product.objects.filter(latest_enable_history__current_enable_state="pending_disabled").exists()


@pytest.mark.parametrize(
    ("case", "pasted", "expected"),
    [
        ("133", f"IMEI: {IMEI}", [IMEI]),
        ("133", f"IMEI: {IMEI}\nIMEI:{OTHER}", [IMEI, OTHER]),
        ("133", f"IMEI: {IMEI} IMEI: {OTHER}", [IMEI, OTHER]),
        ("130a", f"]C1{IMEI}\n]C1{OTHER}", [f"]C1{IMEI}", f"]C1{OTHER}"]),
        ("130d", f"013579 024681 121\n{OTHER}", ["013579024681121", OTHER]),
        ("132", "à&\"(èçàé'-_&&é&", ["à&\"(èçàé'-_&&é&"]),
        ("100", f"\u200b{IMEI}\u00a0{OTHER}", [IMEI, OTHER]),
        ("16", "13579024681121", ["13579024681121"]),
        ("1", f"{IMEI} {OTHER}; 8988303000000000003", [IMEI, OTHER, "8988303000000000003"]),
    ],
)
def test_pasted_labels_and_scans_are_the_unit(cast, units, case, pasted, expected):
    found = tried(begin(cast.tina, "units.enable", pasted))
    assert list(found) == expected, case
    assert {trial for trial, _text in found.values()} <= {"changed", "same"}, found


HIDDEN = Workbook()
HIDDEN.active.append(["IMEI", "Entity"])
HIDDEN.active.append(["013579024681154", "Nobody"])
HIDDEN.active.sheet_state = "hidden"
HIDDEN.create_sheet("units").append(["IMEI", "Entity"])
HIDDEN["units"].append([IMEI, "Kivu"])
HIDDEN["units"].append([OTHER, "Entity B"])


def saved(book):
    book.save(out := io.BytesIO())
    return out.getvalue()


@pytest.mark.parametrize(
    ("case", "content"),
    [
        ("110a", f"sep=;\nIMEI;Entity\n{IMEI};Kivu\n{OTHER};Entity B\n"),
        ("108", f"sep=,\r\nIMEI,Entity\r\n{IMEI},Kivu\r\n{OTHER},Entity B\r\n"),
        ("110b", f"Units to move,\nIMEI,Entity\n{IMEI},Kivu\n{OTHER},Entity B\n"),
        ("110b", f"Units to move, please\n\nEntité;IMEI\nKivu;{IMEI}\nEntity B ;{OTHER}\n"),
        ("111, 112", saved(HIDDEN)),
        ("93", f"IMEI\t,\u00a0Entity\n {IMEI} , Kivu \n\t{OTHER},Entity\u00a0B\u200b\n".replace("y\u00a0B", "y B")),
        ("17", xlsx(["IMEI", "Entity"], [int(IMEI), "Kivu"], [int(OTHER), "Entity B"])),
        ("133", f"IMEI;Entity\nIMEI: {IMEI};Kivu\n]C1{OTHER};Entity B\n"),
    ],
)
def test_each_unit_goes_to_its_own_entity(cast, units, case, content):
    cast.a.__class__.objects.create(name="Kivu", bboxx_company_flag=False, created_by="test")
    job = begin(cast.root, "units.entity", file=as_file(content))
    assert job.state == State.READY, (case, job.problem)
    finish(job)
    assert [queries.entity_names(unit, by=SYSTEM) for unit in units] == [["Kivu"], ["Entity B"]], case


@pytest.mark.parametrize(
    ("case", "content", "words"),
    [
        ("110", f"{IMEI},Kivu\n{OTHER},Entity B\n", "columns that are not understood; head them IMEI and Entity"),
        ("110", f"IMEI,Company\n{IMEI},Kivu\n", "columns that are not understood"),
        ("110", f"{IMEI},Kivu\nIMEI,Entity\n{OTHER},Entity B\n", "values above its heading, in line 1"),
        ("point 8", xlsx(["IMEI"], *[[f"{number:015d}"] for number in range(3)])[:-30], "can't be read as XLSX"),
    ],
)  # fmt: skip
def test_a_list_whose_details_are_not_read_is_refused(cast, units, case, content, words):
    job = begin(cast.root, "units.entity", file=as_file(content))
    assert (job.state, words in job.problem) == (State.FAILED, True), (case, job.state, job.problem)


def test_a_bad_line_does_not_stand_for_details(cast, units):
    """The entity is asked for once where no line says one, whatever else is wrong with a line."""
    job = begin(cast.root, "units.entity", file=as_file(f"IMEI\n{IMEI}\n8.9E+18\n"))
    assert job.state == State.DRAFT
