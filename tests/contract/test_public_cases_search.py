"""What scanners, labels and keyboards give (the cases' numbers beside each): one reader for the searches of console and
admin, and for lists of units."""

import pytest

from apps.core.columns import BadValue
from apps.core.identifiers import readings
from apps.core.rules import whole
from apps.core.sheets import cells
from backoffice.catalogue import TABLES
from tests.cast import make_unit
from tests.contract.test_admin import browser_of, where

pytestmark = pytest.mark.django_db

IMEI, ICCID = "013579024681121", "8988303000000000003"
TYPED = [
    ("18a", "13579024681121"),
    ("94", "{imei}\t"),
    ("95", "\u00a0{imei}\u00a0"),
    ("17", "'{imei}"),
    ("130a", "]C1{imei}"),
    ("130a", "]d2{serial}"),
    ("130a", "]C1\x1d{imei}"),
    ("130b", "IMEI:{imei}"),
    ("130b", "IMEI1: {imei}"),
    ("130b", "IMEI 2: {imei}"),
    ("130b", "IMEI 1 {imei}"),
    ("130b", "IMEI1 {imei}"),
    ("130b", "imei {imei}"),
    ("130c", "S/N: {serial}"),
    ("130c", "SN: {serial}"),
    ("130c", "Serial No. {serial}"),
    ("130c", "N° de série : {serial}"),
    ("130c", "ICCID: {iccid}"),
    ("130d", "013579 024681 121"),
    ("130d", "01-357902-468112-1"),
    ("130d", "8988 3030 0000 0000 003"),
    ("132", "à&\"(èçàé'-_&&é&"),
    ("132", "]C1à&\"(èçàé'-_&&é&".replace("C1", "C&")),
    ("134a", "\x02{imei}"),
    ("134b", "{imei}\u200b"),
]  # fmt: skip


@pytest.fixture
def unit(cast):
    make_unit("013579024681139", entity=cast.a)
    return make_unit(IMEI, entity=cast.a, iccid=ICCID)


def as_typed(text, unit):
    return text.replace("{imei}", IMEI).replace("{serial}", unit.serial_number).replace("{iccid}", ICCID)


@pytest.mark.parametrize(("case", "typed"), TYPED)
def test_the_consoles_search_opens_the_unit(cast, unit, case, typed):
    answer = browser_of(cast.root).get("/search", {"q": as_typed(typed, unit)})
    assert (answer.status_code, answer.headers.get("Location")) == (302, f"/units/{IMEI}"), case


@pytest.mark.parametrize(("case", "typed"), TYPED)
def test_the_admins_search_finds_its_row(cast, unit, case, typed):
    for table in ("product", "productnote"):
        unit.notes.get_or_create(note_text="x", created_by="test")
        page = browser_of(cast.root).get(f"/admin/products/{table}/", {"q": as_typed(typed, unit)})
        found = page.context["cl"].queryset
        assert [getattr(row, "product_imei", None) or row.product_id for row in found] == [IMEI], (case, table)


def test_what_stands_there_as_it_is_comes_first(cast, unit):
    """A label's word may be the beginning of somebody's serial."""
    other = make_unit("013579024681154", entity=cast.a, serial_number=f"S/N: {unit.serial_number}")
    answer = browser_of(cast.root).get("/search", {"q": other.serial_number})
    assert answer.headers["Location"] == f"/units/{other.product_imei}"


@pytest.mark.parametrize("nothing", ["\u200b", " \u200b\u00a0", "\ufeff"])
def test_what_cannot_be_seen_is_nothing_typed(cast, unit, nothing):
    for table in ("products", "product_notes", "product_types", "parts"):
        path = where(TABLES[table], "changelist")
        page, every = (browser_of(cast.root).get(path, {"q": text}) for text in (nothing, ""))
        assert page.status_code == 200
        assert list(page.context["cl"].queryset) == list(every.context["cl"].queryset), table
        assert not page.context["cl"].is_narrowed


@pytest.mark.parametrize("text", ["", " ", "\u200b", "]C1", "IMEI:", "&é\"'", "Kivu", "a.b-c", "x" * 500])
def test_anything_can_be_read(text):
    found = readings(text)
    assert all(found)
    assert bool(found) == bool(cells.clean(text).strip())


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("IMEI 1 35790246811220", "135790246811220"),  # in groups, as it stands on labels
        ("IMEI 1 357902 468112 2", "135790246811220"[:1] + "3579024681122"),
        ("IMEI 2 13579024681122", "213579024681122"),
        ("IMEI 1 135790246811220", "135790246811220"),  # the first of two
        ("IMEI 2. 135790246811220", "135790246811220"),
        ("IMEI1 13-579024-681122-0", "135790246811220"),
    ],
)
def test_a_digit_behind_the_label_is_the_numbers_where_it_lacks_one(typed, meant):
    assert meant in readings(typed)


@pytest.mark.parametrize("text", ["89.88303E+17", "898.83E+16", "8,98E+18", "898.83e16", "8E+18"])
def test_however_a_number_was_shortened_it_is_refused(text):
    with pytest.raises(BadValue, match="was shortened"):
        whole(text)
    with pytest.raises(BadValue, match="was shortened"):
        cells.text(text)
    assert cells.plain(cells.safe(text)) == text


@pytest.mark.parametrize("text", ["1E05", "12E3-4", "1234.5E+3", "E+18"])
def test_what_no_spreadsheet_writes_is_a_serial_number(text):
    whole(text)
    assert cells.text(text) == text
