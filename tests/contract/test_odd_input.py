"""Nothing that stands in an address or a form of the admin breaks a page: odd values at every table's list, form, picker
and page, on both databases. What is not understood is refused or finds nothing; never a 500, never every row instead."""

import pytest
from django.contrib.admin.utils import quote
from django.db import connection, models
from django.urls import reverse

from apps.accounts.models import Hub
from apps.products.models import Product, ProductNote
from backoffice.admin import TABLES, site
from tests.cast import make_unit
from tests.contract.test_admin import browser_of, where
from tests.factories import make

pytestmark = pytest.mark.django_db
ODD = ["", "\x00", "abc", "-1", "9" * 30, "9" * 5000, "²", "1e400", "NaN", "[", "%", "\U0001F600", "0001-01-01", "x" * 5000, "null",
       "1 OR 1=1", "0x10", "True", "1,2", "\u202e", "٣", "1.5", "+1", "--1"]  # fmt: skip
ODD_JSON = ['"\\ud800"', '{"\\u0000": 1}', "NaN", "1e999", "{", "'"]
LOOKUPS = [
    "",
    "__exact",
    "__iregex",
    "__regex",
    "__year",
    "__isnull",
    "__in",
    "__gte",
    "__contains",
    "__range",
    "__nothing",
    "__pk",
]


@pytest.fixture
def plain_pages(monkeypatch):
    """Without the sidebar, the same on every page."""
    monkeypatch.setattr(site, "get_app_list", lambda request, label=None: [])
    monkeypatch.setattr(site, "get_sidebar_list", lambda request: [])


@pytest.mark.parametrize("table", TABLES.values(), ids=lambda table: table.path)
def test_odd_addresses_and_forms(cast, table, plain_pages):
    row = make(table.model, cast.a)
    browser = browser_of(cast.root)
    browser.raise_request_exception = False
    listing = where(table, "changelist")
    fields = [field for field in table.model._meta.concrete_fields]

    def fine(answer, *asked):
        assert answer.status_code < 500, (answer.status_code, *asked)
        return answer

    for number, field in enumerate(fields[:4]):  # over all tables each lookup meets each kind of column
        lookup, value = (
            LOOKUPS[(number + len(table.path)) % len(LOOKUPS)],
            ODD[(number * 7 + len(table.path)) % len(ODD)],
        )
        answer = fine(browser.get(listing, {f"{field.name}{lookup}": value}), field.name, lookup, value)
        assert answer.status_code == 400 or lookup in ("", "__exact", "__isnull"), (field.name, lookup)
    name = ("p", "o", "q", "all", "_facets", "_popup", "_to_field", "e", "nothing", "pk")[len(table.path) % 10]
    fine(browser.get(listing, {name: ODD[len(table.path) % len(ODD)]}), name)
    if browser.get(where(table, "add")).status_code == 200:
        for value in ("\x00", "9" * 5000, "abc"):
            odd = {field.name: value for field in fields}
            fine(browser.get(where(table, "add"), odd), "add", value)
        for value in ("\x00", "-1" if len(table.path) % 2 else "9" * 5000):
            odd = {field.name: value for field in fields}
            boxes = {f"{name}_{part}": value for name in odd for part in (0, 1)}
            json_boxes = {
                f.name: ODD_JSON[len(table.path) % len(ODD_JSON)] for f in fields if isinstance(f, models.JSONField)
            }
            for page in (where(table, "add"), where(table, "change", quote(row.pk))):
                fine(browser.post(page, {**odd, **boxes, **json_boxes, "_save": "1"}), page, value)
    for page, key in (("change", "\x00"), ("delete", "9" * 30), ("history", "abc"), ("change", "²")):
        fine(browser.get(where(table, page, quote(key))), page, key)
    pointer = next((field for field in fields if isinstance(field, models.ForeignKey)), None)
    if pointer:
        ask = {
            "app_label": table.model._meta.app_label,
            "model_name": table.model._meta.model_name,
            "field_name": pointer.name,
        }
        for name, value in (
            ("app_label", "x"),
            ("model_name", "\x00"),
            ("field_name", ""),
            ("term", "\x00"),
            ("page", "9" * 30),
            ("page", "-1"),
        ):
            fine(browser.get(reverse("admin:autocomplete"), {"term": "t", **ask, name: value}), name, value)


@pytest.mark.parametrize(
    "column", ["created_at", "created_by", "product", "note_text", "product__serial_number", "history"]
)
def test_each_lookup_with_odd_values(cast, unit, column, plain_pages):
    make(ProductNote, cast.a, product=unit)
    browser = browser_of(cast.root)
    browser.raise_request_exception = False
    for number, lookup in enumerate(LOOKUPS):
        for value in ODD if lookup in ("", "__exact") else ODD[number % 3 :: 5]:
            answer = browser.get(where(TABLES["product_notes"], "changelist"), {f"{column}{lookup}": value})
            assert answer.status_code in (200, 400), (column, lookup, value)
            # An odd value is no way to every row.
            told = (column, lookup, value)
            assert answer.status_code == 400 or lookup == "__isnull" or not answer.context["cl"].result_count, told


@pytest.mark.parametrize("page", ["", "search/", "system/", "accounts/signin/", "django_celery_beat/periodictask/"])
def test_other_pages(cast, page, plain_pages):
    browser = browser_of(cast.root)
    browser.raise_request_exception = False
    for name in (
        "q",
        "p",
        "o",
        "s",
        "page",
        "extended",
        "outcome__exact",
        "user__id__exact",
        "at__year",
        "username",
        "e",
    ):
        for value in ("\x00", "9" * 5000, "["):
            answer = browser.get(f"/admin/{page}", {"s": "x", name: value})
            assert answer.status_code in (200, 302, 400, 404), (page, name, value)


@pytest.mark.parametrize(
    ("zone", "at"),
    [
        ("America/New_York", "0001-01-01T00:00:00Z"),
        ("Africa/Kigali", "9999-12-31T23:59:59Z"),
        ("UTC", "0001-01-01T00:00:00Z"),
    ],
)
def test_the_ends_of_the_calendar_are_shown_anywhere(cast, unit, zone, at, plain_pages):
    note = make(ProductNote, cast.a, product=unit)
    for model, row, columns in (
        (Product, unit, ["disable_date", "created_at"]),
        (ProductNote, note, ["created_at", "modified_at"]),
    ):
        model.objects.filter(pk=row.pk).update(**dict.fromkeys(columns, at))
    unit.enable_history_rel.update(date=at)
    unit.states.update(created_at=at)
    user = cast.alice
    user.time_zone = zone
    user.save()
    browser = browser_of(user)
    browser.raise_request_exception = False
    pages = [f"/units/{unit.product_imei}", f"/field/{unit.product_imei}", "/"]
    for table in (TABLES["products"], TABLES["product_notes"], TABLES["states"], TABLES["enable_history"]):
        key = unit if table.path == "products" else table.model.objects.filter(product=unit).first()
        pages += [where(table, "changelist"), where(table, "change", key.pk), where(table, "history", key.pk)]
    for page in pages:
        assert browser.get(page).status_code == 200, page
    page = where(TABLES["products"], "change", unit.pk)
    for year in ("0001-01-01", "9999-12-31", "0000-00-00", "10000-01-01"):
        answer = browser.post(
            page,
            {"serial_number": unit.serial_number, "disable_date_0": year, "disable_date_1": "23:59:59", "_save": "1"},
        )
        assert answer.status_code in (200, 302), (year, zone)


def test_a_page_past_the_end_and_a_list_that_finds_nothing_say_so(cast):
    """Each with the way back; never other rows than were asked for."""
    for number in range(3):
        make_unit(f"test-said-{number}", entity=cast.a)
    browser, listing = browser_of(cast.root), where(TABLES["products"], "changelist")
    past = browser.get(listing, {"p": "7"})
    assert past.context["cl"].result_list == []
    assert "There is no page 7" in past.content.decode()
    for asked in ({"q": "nobody"}, {"state": "9"}):
        text = browser.get(listing, asked).content.decode()
        assert "Nothing here matches" in text
        assert 'href="?"' in text
    empty = browser.get(where(TABLES["alerts"], "changelist")).content.decode()
    assert "Nothing here matches" not in empty
    assert "There are none yet" in empty
    assert connection.vendor in ("sqlite", "postgresql")
    assert Hub.objects.count() == 0
