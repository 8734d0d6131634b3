"""Boards and units made by hand in the admin, by the same actions; logs, tests and serials to be looked at."""

import pytest
from django.utils import translation

from apps.core.actors import SYSTEM
from apps.core.levels import Level
from apps.core.rows import new
from apps.factory.models import BatteryTestResult, FactoryLog, Serial
from apps.factory.models import TestJigTestResult as JigResult
from apps.parts.models import Part
from apps.products.models import Product
from tests.cast import make_unit

pytestmark = pytest.mark.django_db
KEY = "4ab1ab3ab1ab7ab9ab1ab4ab"
BOARD = {"kind": "tiger", "imei": "010101234560005", "imsi": "213514135171353", "device_key": KEY}
UNIT = {"kind": "home2", "pcb_imei": "010101234560005", "battery_part_type": "45", "battery_serial_number": "B-1"}
MAKE_BOARD, MAKE_UNIT = "/admin/parts/part/make_board/", "/admin/products/product/make_unit/"


@pytest.fixture
def enter(client, cast):
    def sign_in(level, scope="GLOBAL", **given):
        client.force_login(cast.users[scope, level])
        return client

    return sign_in


def test_a_board_then_a_unit_and_the_key_once(enter):
    browser = enter(Level.FACTORY)
    page = browser.post(MAKE_BOARD, BOARD)
    board = Part.objects.get(serial_number="010101234560005")
    assert page.status_code == 200
    for shown in (KEY, board.unit_serial, f"{MAKE_UNIT}?pcb_imei=010101234560005"):
        assert shown in page.content.decode()
    assert "no-store" in page.headers["Cache-Control"]
    assert KEY not in browser.get(f"/admin/parts/part/{board.pk}/change/").content.decode()
    form = browser.get(f"{MAKE_UNIT}?pcb_imei=010101234560005").content.decode()
    assert 'value="010101234560005"' in form
    assert '<form method="post" data-once' in form  # of two presses the second would be refused, and its answer seen
    page = browser.post(MAKE_UNIT, UNIT | {"solar_panel_wattage": "50"})
    unit = Product.objects.get()
    assert page.status_code == 200
    assert KEY in page.content.decode()
    assert f"/admin/products/product/{unit.pk}/change/" in page.content.decode()
    assert (unit.product_type_id, unit.product_parameter.get().value) == (6, "50")


@pytest.mark.parametrize(("language", "typed"), [("fr", "1,5"), ("fr", "1.5"), ("en", "1.5")])
def test_a_wattage_as_the_language_writes_it(enter, language, typed):
    browser = enter(Level.FACTORY)
    browser.post(MAKE_BOARD, BOARD)
    browser.post(MAKE_UNIT, UNIT | {"solar_panel_wattage": typed}, headers={"accept-language": language})
    assert Product.objects.get().product_parameter.get().value == "1.5"


def test_as_a_scanner_types_it(enter):
    enter(Level.FACTORY).post(MAKE_BOARD, BOARD | {"imei": " 010101234560005\t"})
    assert Part.objects.filter(serial_number="010101234560005").exists()


@pytest.mark.parametrize(
    ("url", "change", "text", "french"),
    [
        (MAKE_BOARD, {"imei": "123"}, "must be 15 digits", "doit comporter 15"),
        (MAKE_BOARD, {"imei": "013579000000000"}, "is already in use", "est déjà utilisé"),
        (MAKE_UNIT, {"pcb_imei": "1"}, "is no board that is known here", "carte"),
        (MAKE_UNIT, {"battery_part_type": "", "battery_serial_number": ""}, "is required", "est obligatoire"),
        (MAKE_UNIT, {"battery_part_type": "", "battery_serial_number": "B-2"}, "is required", "est obligatoire"),
        (MAKE_UNIT, {"kind": "hub2"}, "is no hyena board", "hyena"),
    ],
)  # fmt: skip
@pytest.mark.parametrize("language", ["en", "fr"])
def test_what_is_refused_stands_at_its_field(enter, url, change, text, french, language):
    make_unit("013579000000000")
    browser = enter(Level.FACTORY)
    if url == MAKE_UNIT:
        browser.post(MAKE_BOARD, BOARD)
    before = Part.objects.count()
    with translation.override(language):
        page = browser.post(url, (BOARD if url == MAKE_BOARD else UNIT) | change, headers={"accept-language": language})
    assert page.status_code == 400
    assert {"en": text, "fr": french}[language] in page.content.decode()
    assert Part.objects.count() == before


def test_a_slip_in_a_number_is_said_beside_what_was_made(enter):
    page = enter(Level.FACTORY).post(MAKE_BOARD, BOARD | {"imei": "010101234560006"})
    assert page.status_code == 200
    assert "last digit should be 5" in page.content.decode()


def test_below_factory_there_is_neither_button_nor_page(enter):
    browser = enter(Level.ADMIN)
    for url, page in ((MAKE_BOARD, "/admin/parts/part/"), (MAKE_UNIT, "/admin/products/product/")):
        assert url not in browser.get(page).content.decode()
        assert browser.get(url).status_code == 403
        assert browser.post(url, BOARD | UNIT).status_code == 403
    browser = enter(Level.FACTORY)
    for url, page in ((MAKE_BOARD, "/admin/parts/part/"), (MAKE_UNIT, "/admin/products/product/")):
        assert url in browser.get(page).content.decode()
        assert browser.get(url).status_code == 200


def test_logs_tests_and_serials_are_read_with_filters(enter, call, cast):
    unit = make_unit("010101234560013", entity=cast.a)
    body = {"time": "2026-01-05T10:25:30Z", "message": "{}", "toolname": "tiger_test_jig_production", "passed": False}
    call(cast.root, "POST", "/v1/upload_tool_log", body | {"serial_number": unit.serial_number})
    call(cast.root, "POST", "/v1/upload_tool_log", body | {"toolname": "tiger_test_jig_repair", "passed": True})
    new(BatteryTestResult, by=SYSTEM, product=unit, type="discharge", result="pass")
    browser = enter(Level.ADMIN)
    logs = browser.get("/admin/factory/factorylog/?tool=tiger_test_jig_production").context["cl"].result_list
    assert [row.product_imei for row in logs] == [unit.product_imei]
    assert len(browser.get("/admin/factory/factorylog/").context["cl"].result_list) == FactoryLog.objects.count() == 2
    tests = browser.get("/admin/factory/testjigtestresult/?passed__exact=0").context["cl"].result_list
    assert [row.pk for row in tests] == [JigResult.objects.get().pk]
    assert len(browser.get("/admin/factory/batterytestresult/").context["cl"].result_list) == 1
    assert len(browser.get("/admin/factory/serial/").context["cl"].result_list) == Serial.objects.count()
    for path in ("factorylog", "testjigtestresult", "serial"):
        assert browser.get(f"/admin/factory/{path}/add/").status_code == 403  # written by what happens


def test_the_units_page_leads_to_its_parts_and_tests(enter, cast):
    unit = make_unit("010101234560013", entity=cast.a)
    browser = enter(Level.ADMIN)
    page = browser.get(f"/admin/products/product/{unit.pk}/change/").content.decode()
    for where in (
        "repairs/partproductlinker",
        "factory/testjigtestresult",
        "factory/batterytestresult",
        "factory/factorylog",
    ):
        name = "product_imei" if where == "factory/factorylog" else "product__product_imei__exact"
        link = f"/admin/{where}/?{name}={unit.product_imei}"
        assert link in page
        assert browser.get(link).status_code == 200
    fitted = browser.get(f"/admin/repairs/partproductlinker/?q={unit.product_imei}").context["cl"].result_list
    assert len(fitted) == 2
