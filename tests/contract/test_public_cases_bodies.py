"""JSON numbers and texts that do not come through whole, and columns with rules of their own, at every door that writes:
the API, forms, files, the making of units. The case's number, or the issue's point, beside each."""

import json

import pytest

from apps.accounts.models import Hub, Shop
from apps.core.levels import Level
from apps.parts.models import Part
from apps.products.models import Product, ProductNote
from apps.repairs.models import Appliance
from apps.transfer.dataset import export_tables
from backoffice.catalogue import TABLES
from tests.cast import make_unit
from tests.contract.test_admin import browser_of, where
from tests.contract.test_files import tried, upload
from tests.factories import make

pytestmark = pytest.mark.django_db

LONG = "89883030000000000017"


def deep(levels):
    return "[" * levels + "]" * levels


@pytest.mark.parametrize(
    ("case", "column", "value", "words"),
    [
        ("8", "serial_number", LONG, "must be a text"),
        ("8", "serial_number", "8.988303e19", "must be a text"),
        ("11", "serial_number", "1.5", "must be a text"),
        ("point 10", "properties", f'{{"iccid": {LONG}}}', "longer than 64 bits"),
        ("point 10", "properties", f"[[-{LONG}]]", "longer than 64 bits"),
        ("point 10", "properties", deep(31) , ""),
        ("point 10", "properties", deep(40), "nested deeper than 32"),
        ("point 10", "properties", '{"a": "\\u0000"}', "cannot be stored"),
        ("point 10", "properties", '{"\\u0000": 1}', "cannot be stored"),
        ("point 10", "properties", '{"a": "\\ud800"}', "no JSON"),
        ("point 10", "properties", '{"a": 1e999}', "no JSON"),
        ("point 10", "properties", "18446744073709551615", ""),
        ("point 10", "properties", f'{{"iccid": "{LONG}"}}', ""),
    ],
)  # fmt: skip
def test_a_json_number_comes_whole_or_is_refused(cast, call, case, column, value, words):
    body = '{"part_type_id": 77, "serial_number": "P-1", "%s": %s}' % (column, value)  # noqa: UP031
    answer = call(cast.root, "POST", "/v1/parts", body.encode())
    assert answer.status_code == (400 if words else 201), (case, answer.content)
    assert words in answer.content.decode(), case
    assert call(cast.root, "GET", "/v1/parts").status_code == 200


@pytest.mark.parametrize(
    ("box", "words"),
    [
        (LONG, "longer than 64 bits"), (f'{{"a": {LONG}}}', "longer than 64 bits"), (deep(40), "nested deeper than 32"),
        (deep(400), "nested deeper than 32"), ("[" * 50_000, "valid JSON"), ("9" * 5000, "valid JSON"), ('"\\ud800"', "valid JSON"),
        ('"\\u0000"', "Null characters"), ("NaN", "valid JSON"), ("1e999", "valid JSON"), ('{"a": 1}', ""),
    ],
)  # fmt: skip
def test_a_box_of_json_keeps_the_same_bounds(cast, box, words):  # point 10, 12
    browser = browser_of(cast.root)
    page = where(TABLES["parts"], "add")
    answer = browser.post(page, {"part_type": 77, "serial_number": "P-1", "properties": box})
    assert answer.status_code == (200 if words else 302)
    assert words in answer.content.decode()
    assert Part.objects.count() == (0 if words else 1)


@pytest.mark.parametrize(
    "value", [2**70, {"a": [2**64, -(2**63) - 1]}, json.loads(deep(400))], ids=["long", "in", "deep"]
)
def test_what_is_stored_badly_can_still_be_read(cast, call, tmp_path, value):  # point 10
    """From before there were bounds."""
    part = Part.objects.create(part_type_id=77, serial_number="P-1", properties=value, created_by="test")
    for path in ("/v1/parts", f"/v1/parts/{part.pk}"):
        answer = call(cast.root, "GET", path)
        assert answer.status_code == 200, (path, answer.content)
        json.loads(answer.content)
    assert browser_of(cast.root).get(where(TABLES["parts"], "change", part.pk)).status_code == 200
    with (tmp_path / "out.json").open("wb") as out:
        export_tables(out, secrets=True, progress=lambda *_: None)
    json.loads((tmp_path / "out.json").read_bytes())


RULES = [
    ("products", "imsi", "x y z", "must be 14 to 15 digits"),
    ("products", "imsi", "1234567890123", "must be 14 to 15 digits"),
    ("products", "imsi", "12345678901234", ""),
    ("products", "iccid", "hello", "must be 18 to 22 digits"),
    ("products", "iccid", "89883030000000000017", ""),
    ("products", "ip_address", "nope", "must be an IP address"),
    ("products", "ip_address", "10.0.0.999", "must be an IP address"),
    ("products", "ip_address", "10.0.0.9", ""),
    ("products", "gps_lat", 987, "must be degrees between -90 and 90"),
    ("products", "gps_lat", -90, ""),
    ("products", "gps_lon", -180.5, "must be degrees between -180 and 180"),
    ("products", "serial_number", "{other imei}", "is the number of another unit"),
    ("products", "serial_number", "{other imsi}", "is the number of another unit"),
    ("products", "serial_number", "{own imei}", ""),
    ("shops", "latitude", "91", "must be degrees between -90 and 90"),
    ("shops", "latitude", "north", "must be degrees"),
    ("shops", "longitude", "-1.9441", ""),
    ("hubs", "longitude", "1e2", "must be degrees"),
    ("products", "serial_number", "8.98831E+18", "was shortened"),
    ("products", "serial_number", "8.98831e18", "was shortened"),
    ("products", "serial_number", "1E+05", "was shortened"),
    ("products", "serial_number", "1E05", ""),
    ("products", "serial_number", "HB000501-000047-2", ""),
    ("parts", "serial_number", "8.98831E18", "was shortened"),
    ("parts", "serial_number", "1E05", ""),
    ("appliances", "serial_number", "8.98831e+18", "was shortened"),
    ("product_notes", "note_text", " \u00a0\u200b", "may not be blank"),
    ("product_notes", "note_text", "\u2800", "may not be blank"),
    ("product_notes", "note_text", "\u3164\ufe0f\u034f", "may not be blank"),
]


@pytest.fixture
def rows(cast):
    unit = make_unit("013579024681121", entity=cast.a)
    return {
        "products": unit, "shops": make(Shop, cast.a), "hubs": make(Hub, cast.a),
        "product_notes": make(ProductNote, cast.a, product=unit),
        "parts": make(Part, cast.a), "appliances": make(Appliance, cast.a),
    }  # fmt: skip


def key_of(row):
    return getattr(row, row.KEY or row._meta.pk.attname)


def meant(value, rows, other):
    words = {
        "{other imei}": other.product_imei,
        "{other imsi}": other.imsi,
        "{own imei}": rows["products"].product_imei,
    }
    return words.get(value, value)


@pytest.fixture
def other(cast):
    return make_unit("013579024681139", entity=cast.b)


@pytest.mark.parametrize(("path", "column", "value", "words"), RULES)
def test_a_columns_rule_holds_at_the_api_and_in_files(cast, call, rows, other, path, column, value, words):  # point 16
    row, value = rows[path], meant(value, rows, other)
    answer = call(cast.root, "PUT", f"/v1/{path}/{key_of(row)}", {column: value})
    assert (answer.status_code, words in answer.content.decode()) == (400 if words else 200, True), answer.content
    if words:
        assert column in answer.json()["validation_errors"]
    browser = browser_of(cast.root)
    browser.cookies["django_language"] = "en"
    if "is the number" in words or column == "note_text":
        return  # in files a blank note is an empty one
    job = upload(browser, path, f"{TABLES[path].key.name},{column}\n{key_of(row)},{value}\n")
    ((_line, outcome, text),) = tried(job)
    assert (outcome, words in text) == ("refused" if words else "same", True), text


def test_a_part_is_made_by_its_rules(cast, call):
    body = {"part_type_id": 77, "serial_number": "8.98831E+18"}
    answer = call(cast.root, "POST", "/v1/parts", body)
    assert (answer.status_code, Part.objects.count()) == (400, 0)
    assert "was shortened" in answer.json()["validation_errors"]["serial_number"]


@pytest.mark.parametrize(("path", "column", "value", "words"), RULES)
def test_a_columns_rule_stands_at_its_field_in_the_form(cast, rows, other, path, column, value, words):  # point 16
    row, value = rows[path], meant(value, rows, other)
    browser = browser_of(cast.root)
    browser.cookies["django_language"] = "en"
    page = where(TABLES[path], "change", row.pk)
    form = browser.get(page).context["adminform"].form
    given = {name: "" if (held := form[name].value()) is None else held for name in form.fields}
    given = {name: held for name, held in given.items() if held is not False}
    answer = browser.post(page, given | {column: value})
    if words:
        assert answer.status_code == 200
        assert column in answer.context["adminform"].form.errors
    else:
        assert answer.status_code == 302, answer.context["adminform"].form.errors


def test_what_is_there_already_may_stay(cast, call, rows):  # point 16
    unit = rows["products"]
    bad = {"imsi": "old", "iccid": "older", "ip_address": "gone", "gps_lat": 987.0}
    Product.objects.filter(pk=unit.pk).update(**bad)
    where_it_is = f"/v1/products/{unit.product_imei}"
    assert call(cast.root, "PUT", where_it_is, {"assembler": "Ann"}).status_code == 200
    whole = call(cast.root, "GET", where_it_is).json()
    assert call(cast.root, "PUT", where_it_is, whole | {"assembler": "Ben"}).status_code == 200
    answer = call(cast.root, "PUT", where_it_is, whole | {"imsi": "new"})
    assert set(answer.json()["validation_errors"]) == {"imsi"}
    unit.refresh_from_db()
    assert (unit.assembler, unit.imsi) == ("Ben", "old")


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"imsi": "12345"}, "imsi"),
        ({"iccid": "x" * 19}, "iccid"),
        ({"imei": "{other imsi}"}, "imei"),
        ({"iccid": "8" * 17}, "iccid"),
    ],
)
def test_a_unit_is_made_by_the_same_rules(cast, call, other, given, field):  # point 16
    body = {"imei": "013579024681154", "imsi": "213514135171353", "device_key": "4ab1ab3ab1ab7ab9ab1ab4ab"}
    given = {name: other.imsi if value == "{other imsi}" else value for name, value in given.items()}
    answer = call(cast.users["GLOBAL", Level.FACTORY], "POST", "/v1/products/create_hub2", body | given)
    assert (answer.status_code, field in answer.json()["validation_errors"]) == (400, True), answer.content
