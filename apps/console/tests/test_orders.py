"""Orders that hold until a time, those that lapsed, and orders to parts, on the pages of units and of jobs."""

import datetime as dt
import html

import pytest
import time_machine
from django.urls import reverse
from django.utils import timezone

from apps.console.tests.test_acts import browser_of, text
from apps.core.actors import SYSTEM
from apps.core.levels import Level
from apps.core.rows import new
from apps.jobs import work
from apps.jobs.models import Job
from apps.parts.models import PartParameter
from apps.products import actions
from apps.products.models import (
    EnableHistory,
    ParameterType,
    ProductParameter,
    ProductSoftwareLinker,
    SoftwareVersionType,
)
from apps.products.tasks import lapse
from apps.repairs.models import PartProductLinker
from tests.factories import make

pytestmark = pytest.mark.django_db


def local(**delta):
    """As a box in a browser in Kigali (UTC+2) sends it."""
    return (timezone.now() + dt.timedelta(hours=2) + dt.timedelta(**delta)).strftime("%Y-%m-%dT%H:%M")


def in_kigali(user):
    browser = browser_of(user)
    browser.cookies["tz"] = "Africa/Kigali"
    return browser


def kind_of_parameter():
    return new(ParameterType, by=SYSTEM, name="limit", data_type="int", repeatable=False, setting=True)


def test_a_switch_is_ordered_with_a_time_by_the_readers_clock(cast, unit):
    browser = in_kigali(cast.tina)
    page = f"/units/{unit.product_imei}/act/enable"
    assert "Africa/Kigali" in text(browser.get(page))
    over = browser.post(page, {"valid_until": local(hours=-1)})
    assert (over.status_code, "This time is over" in text(over)) == (400, True)
    for bad in ("", "soon", "9999-12-31T23:59x", "0001-01-01T00:00"):
        assert browser.post(page, {"valid_until": bad}).status_code == 400
    assert not EnableHistory.objects.filter(current_enable_state="pending_enabled").exists()
    done = browser.post(page, {"valid_until": local(hours=3), "from": "field"})
    assert done.url == f"/field/{unit.product_imei}"
    held = EnableHistory.objects.get(current_enable_state="pending_enabled").valid_until - timezone.now()
    assert dt.timedelta(hours=2, minutes=58) < held <= dt.timedelta(hours=3)
    shown = text(browser.get(f"/units/{unit.product_imei}"))
    assert "Holds until" in shown
    assert "pending: enable (not after" in shown
    assert "Let it hold longer" in shown
    browser.post(page, {"valid_until": local(hours=9)})
    assert EnableHistory.objects.get(
        current_enable_state="pending_enabled"
    ).valid_until > timezone.now() + dt.timedelta(hours=8)


def test_the_same_boxes_in_the_admin_and_for_software_and_parameters(cast, unit):
    browser, kind = in_kigali(cast.root), kind_of_parameter()
    version = SoftwareVersionType.objects.get(name="3.6")
    unit_page = f"/units/{unit.product_imei}/act/"
    for address, body in (
        (reverse("admin:products_product_enable", args=[unit.pk]), {}),
        (f"{unit_page}software", {"software": version.pk}),
        (f"{unit_page}parameter", {"parameter": kind.pk, "value": "40"}),
    ):
        assert browser.post(address, {**body, "valid_until": local(hours=-1)}).status_code == 400
        assert browser.post(address, {**body, "valid_until": local(hours=3)}).status_code == 302
    for rows in (EnableHistory.objects.filter(current_enable_state="pending_enabled"), ProductSoftwareLinker.objects, ProductParameter.objects):  # fmt: skip
        assert rows.get().valid_until > timezone.now()
    assert "valid_until" not in text(browser.get(f"{unit_page}lock_software"))


def test_what_lapsed_is_flagged_and_ordered_again_by_one_press(cast, unit):
    browser, kind, later = browser_of(cast.root), kind_of_parameter(), timezone.now() + dt.timedelta(hours=1)
    actions.enable_product(unit, valid_until=later, by=cast.root)
    actions.update_software(unit, software="3.6", valid_until=later, by=cast.root)
    actions.set_parameter(unit, kind=kind, value="40", valid_until=later, by=cast.root)
    assert "Not confirmed in time" not in text(browser.get(f"/units/{unit.product_imei}"))
    with time_machine.travel(later + dt.timedelta(minutes=1)):
        lapse()
        browser = browser_of(cast.root)
        for page in (f"/units/{unit.product_imei}", f"/field/{unit.product_imei}"):
            shown = text(browser.get(page))
            assert shown.count("Order it again") == 3, page
        timeline = text(browser.get(f"/units/{unit.product_imei}"))
        assert "pending: enable (lapsed: not confirmed in time)" in timeline
        assert "limit = 40: lapsed: not confirmed in time" in timeline
        assert unit.product_imei in text(browser.get("/", {"show": "lapsed"}))
        assert "Order it again" not in text(
            browser_of(cast.users["GLOBAL", Level.OVERVIEW]).get(f"/units/{unit.product_imei}")
        )
        browser.post(f"/units/{unit.product_imei}/enable")
        browser.post(
            f"/units/{unit.product_imei}/act/software", {"software": SoftwareVersionType.objects.get(name="3.6").pk}
        )
        browser.post(f"/units/{unit.product_imei}/act/parameter", {"parameter": kind.pk, "value": "40"})
        assert "Order it again" not in text(browser.get(f"/units/{unit.product_imei}"))
        assert "<li>" not in text(browser.get("/", {"show": "lapsed"}))


def test_many_are_switched_without_a_question_and_with_a_time_beside_the_preview(cast, unit):
    browser = in_kigali(cast.tina)
    answer = browser.post("/bulk", {"kind": "units.enable", "unit": unit.product_imei})
    job = Job.objects.get(pk=answer.url.rsplit("/", 1)[1])
    work.work_all()
    page = text(browser.get(answer.url))
    assert "Not after a time" in page
    assert 'name="valid_until"' in page
    assert browser.post(f"{answer.url}/details", {"valid_until": local(hours=-1)}).status_code == 400
    browser.post(f"{answer.url}/details", {"valid_until": local(hours=3)})
    work.work_all()
    assert "not after" in text(browser.get(answer.url))
    browser.post(f"{answer.url}/start")
    work.work_all()
    job.refresh_from_db()
    assert (job.state, EnableHistory.objects.get(current_enable_state="pending_enabled").valid_until is None) == (
        "done",
        False,
    )
    assert browser.post(f"{answer.url}/details", {"valid_until": local(hours=5)}).status_code == 302
    job.refresh_from_db()
    assert job.state == "done"


def test_a_parameter_is_ordered_for_a_part_of_one_unit_and_of_many(cast, unit):
    kind, link = kind_of_parameter(), make(PartProductLinker, cast.a)
    PartProductLinker.objects.filter(pk=link.pk).update(product=unit, date_removed=None)
    elsewhere = make(PartProductLinker, cast.b)
    PartProductLinker.objects.filter(pk=elsewhere.pk).update(date_removed=timezone.now())
    other = elsewhere.part
    browser = browser_of(cast.root)
    page = f"/units/{unit.product_imei}/act/part_parameter"
    assert f'<option value="{link.part_id}">' in text(browser.get(page))
    for bad in (
        {"part": other.pk, "parameter": kind.pk, "value": "4"},
        {"part": link.part_id, "parameter": kind.pk, "value": "much"},
    ):
        assert browser.post(page, bad).status_code == 400
    assert browser.post(page, {"part": link.part_id, "parameter": kind.pk, "value": "4"}).status_code == 302
    assert PartParameter.objects.get().status == "pending"
    shown = html.unescape(text(browser.get(f"/units/{unit.product_imei}")))
    assert f"{link.part.called}: limit = 4" in shown
    assert f"{link.part.called} · limit = 4: ordered" in shown
    assert "It was so already" in text(
        browser.post(page, {"part": link.part_id, "parameter": kind.pk, "value": "4"}, follow=True)
    )
    assert browser_of(cast.users["GLOBAL", Level.ADMIN]).get(page).status_code == 403
    answer = browser.post("/bulk", {"kind": "units.part_parameter", "unit": unit.product_imei})
    category = link.part.part_type.part_type_category_id
    browser.post(f"{answer.url}/details", {"part": category, "parameter": kind.pk, "value": "5"})
    work.work_all()
    assert "limit = 4 → 5" in html.unescape(text(browser.get(answer.url)))
    browser.post(f"{answer.url}/start")
    work.work_all()
    orders = PartParameter.objects.filter(part=link.part).order_by("pk")
    assert list(orders.values_list("value", "status")) == [
        ("4", "expired"),
        ("5", "pending"),
    ]
