"""The bench with many units: scanned for one act, and shown at a constant cost."""

import datetime as dt
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from apps.accounts.models import RepairCentre, UserRepairCentreLink
from apps.console.tests.test_bench import BATTERY, a_home, at, browser_of, in_repair, page_of, press, text
from apps.core.actors import SYSTEM
from apps.core.rows import new
from apps.parts.models import PartType
from apps.products.actions import change_state
from apps.repairs.models import (
    Repair,
    RepairPartTypeLinker,
)
from apps.workflows import actions, queries
from tests.cast import make_unit

pytestmark = pytest.mark.django_db


@pytest.fixture
def browser(cast):
    return browser_of(cast.tina)


def test_many_are_scanned_and_each_is_done_on_its_own(cast, browser):
    units = [a_home(cast) for _ in range(3)]
    held = []

    def post(**data):
        return browser.post("/bench/many", {"unit": held, **data})

    for unit in units:
        answer = text(post(scan=unit.serial_number))
        held = re.findall(r'name="unit" value="(\d+)"', answer)
        assert held[-1] == unit.product_imei
    assert "is on the list already" in text(post(scan=units[0].product_imei))
    assert "is no unit in your scope" in text(post(scan="nonsense"))
    foreign = make_unit("010101234560303", entity=cast.b)
    assert foreign.serial_number not in text(post(unit=[*held, foreign.product_imei]))
    assert re.findall(r'name="act" value="([^"]+)"', text(post())) == ["bring_in"]
    gone = a_home(cast)
    change_state(gone, new_state=9, by=SYSTEM)
    done = text(post(unit=[*held, gone.product_imei], act="bring_in"))
    assert ("3 done" in done, "1 refused" in done, "such a unit is not repaired" in done) == (True, True, True)
    repairs = [queries.running_of(unit) for unit in units]
    assert set(re.findall(r'name="act" value="([^"]+)"', text(post()))) == {"take", "event.beyond_repair"}
    for repair in repairs[:2]:
        press(browser, repair, "checked", condition="dirty", starts="yes")
        press(browser, repair, "inputs", casing="intact", dust="yes")
    assert set(re.findall(r'name="act" value="([^"]+)"', text(post()))) == {"take"}  # nothing that all of them share
    assert "can’t be done with all of them" in text(post(act="event.cleaned"))
    assert [at(repair) for repair in repairs] == ["clean", "clean", "ss_state_check"]
    held = held[:2]
    done = text(post(act="event.cleaned"))
    assert ("2 done" in done, [at(repair) for repair in repairs[:2]]) == (True, ["usb_diag_test"] * 2)


def test_the_board_and_the_step_cost_the_same_however_many_there_are(cast, browser):
    centre = new(RepairCentre, by=SYSTEM, name="Bench A", entity=cast.a)
    new(UserRepairCentreLink, by=SYSTEM, username=cast.tina.email, repair_centre=centre)

    def cost(page):
        with CaptureQueriesContext(connection) as told:
            answer = browser.get(page)
        assert answer.status_code == 200
        return len([one for one in told if not one["sql"].startswith("PREPARE")])

    def another():
        repair = in_repair(cast)
        kind = PartType.objects.get(pk=BATTERY)
        new(RepairPartTypeLinker, by=SYSTEM, repair=repair, new_part_type=kind, non_transferable=False)
        actions.wait(repair, reason="a word", until=None, by=cast.tina)
        actions.take(repair, by=cast.tina)
        Repair.objects.create(product_id=repair.product_id, outcome="repaired", refurbishment_date=dt.date(2026, 1, 5))
        return repair

    for _ in range(2):
        repair = another()
    browser.get("/bench")
    pages = ("/bench", "/bench?step=ss_state_check&centre=all", page_of(repair), f"/bench/units/{repair.product_id}")
    before = [cost(page) for page in pages]
    for _ in range(4):
        another()
        Repair.objects.create(product_id=repair.product_id, outcome="replaced", refurbishment_date=dt.date(2025, 1, 5))
    assert [cost(page) for page in pages] == before
    assert max(before) < 45
    for asked in (
        "who=mine",
        "who=free",
        "who=waiting",
        "centre=none",
        "centre=999999",
        "centre=x&who=y&step=%00",
        "page=0",
    ):
        assert browser.get(f"/bench?{asked}").status_code in (200, 400), asked


def test_a_pasted_list_says_of_each_line_that_is_left_out_why(cast, browser):
    units = [a_home(cast) for _ in range(2)]
    lines = [units[0].product_imei, "nonsense", units[1].serial_number, "<b>gone</b>", units[0].product_imei]
    page = text(browser.post("/bench/many", {"pasted": "\r\n".join(lines), "scan": ""}))
    assert re.findall(r'name="unit" value="(\d+)"', page) == [unit.product_imei for unit in units]
    for told in ("nonsense is no unit", "<b>gone</b> is no unit", f"{units[0].serial_number} is on the list already"):
        assert told in page, told
    page = text(browser.post("/bench/many", {"scan": "\n".join([units[0].product_imei] * 101)}))
    assert "Only the first 100 lines were looked at" in page
