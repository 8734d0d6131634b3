"""Orders that hold until a time."""

import datetime as dt
import re

import pytest
import time_machine
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from apps.core.actors import SYSTEM
from apps.core.rows import new
from apps.products import actions, tasks
from apps.products.models import EnableHistory, ParameterType, Product, ProductParameter, ProductSoftwareLinker
from apps.products.tasks import lapse
from tests.cast import make_unit

pytestmark = pytest.mark.django_db


def at(**delta):
    return timezone.now() + dt.timedelta(**delta)


@pytest.fixture
def put(cast, call, unit):
    def run(act="enable", body=None):
        return call(cast.tina, "PUT", f"/v1/products/{unit.product_imei}/{act}", body)

    return run


def states(unit):
    return list(EnableHistory.objects.filter(product=unit).order_by("pk").values_list("current_enable_state", "lapsed"))


def test_an_order_with_a_deadline_is_told_with_it_and_not_after_it(put, unit, device):
    until = at(hours=2)
    assert put(body={"valid_until": until.isoformat()}).status_code == 200
    orders = device.orders()
    assert (orders["enabled"], orders["valid_until"][:16]) == (True, until.isoformat()[:16])
    with time_machine.travel(until + dt.timedelta(seconds=1)):
        orders = device.orders()
        assert (orders["enabled"], "valid_until" in orders) == (False, False)
        assert states(unit) == [("init", False), ("pending_enabled", True), ("disabled", False)]
        unit = Product.objects.get(pk=unit.pk)
        assert (unit.desired_enable_flag, unit.current_enable_flag) == (False, False)


def test_the_sweep_ends_orders_of_units_that_stay_away(put, unit):
    put(body={"valid_until": at(hours=2).isoformat()})
    lapse()
    assert states(unit)[-1] == ("pending_enabled", False)
    with time_machine.travel(at(hours=3)):
        lapse()
        lapse()
    assert states(unit)[1:] == [("pending_enabled", True), ("disabled", False)]


def test_what_was_confirmed_in_time_stays(put, unit, device):
    put(body={"valid_until": at(hours=2).isoformat()})
    device.report(enabled=True)
    with time_machine.travel(at(hours=3)):
        lapse()
        assert device.orders()["enabled"] is True
    assert states(unit)[-1] == ("enabled", False)


def test_the_same_order_again_makes_it_hold_longer_and_never_shorter(put, unit, device):
    put(body={"valid_until": at(hours=2).isoformat()})
    put(body={"valid_until": at(hours=1).isoformat()})
    put(body={"valid_until": at(hours=9).isoformat()})
    with time_machine.travel(at(hours=3)):
        assert device.orders()["enabled"] is True
    put()
    assert "valid_until" not in device.orders()
    assert len(states(unit)) == 2


def test_a_newer_opposite_order_has_no_deadline_of_the_old_one(put, unit, device):
    device.report(enabled=True)
    put("disable", {"valid_until": at(hours=2).isoformat()})
    put("enable")
    with time_machine.travel(at(hours=3)):
        lapse()
        assert device.orders()["enabled"] is True


@pytest.mark.parametrize("bad", ["2001-01-01", "soon", "", 5, [], True, {}])
def test_a_bad_deadline_is_refused_and_nothing_is_ordered(put, unit, bad):
    answer = put(body={"valid_until": bad})
    assert (answer.status_code, list(answer.json()["validation_errors"])) == (400, ["valid_until"])
    assert len(states(unit)) == 1


def test_the_tables_show_the_documented_columns_only(cast, call, put, unit):
    put(body={"valid_until": at(hours=2).isoformat()})
    row = call(cast.bob, "GET", "/v1/enable_history").json()["objects"][0]
    assert not {"valid_until", "lapsed"} & set(row)


def test_orders_that_are_settled_keep_no_others_from_lapsing(cast, call, put, unit, device, monkeypatch):
    """A sweep takes so many at once; what was confirmed or overtaken in time must not stand among them for ever."""
    until = at(hours=2).isoformat()
    put(body={"valid_until": until})
    device.report(enabled=True)
    put("disable", {"valid_until": until})
    put("enable", {"valid_until": until})
    device.report(enabled=False)
    device.report(enabled=True)
    other = make_unit("test-away", entity=cast.a)
    call(cast.tina, "PUT", f"/v1/products/{other.product_imei}/enable", {"valid_until": until})
    monkeypatch.setattr(tasks, "AT_ONCE", 1)
    with time_machine.travel(at(hours=3)):
        lapse()
    assert states(other)[-2:] == [("pending_enabled", True), ("disabled", False)]
    assert states(unit)[-1] == ("enabled", False)


def test_past_its_deadline_an_order_is_pending_no_more_though_nobody_has_swept_yet(cast, call, put, unit):
    until = at(hours=2)
    put(body={"valid_until": until.isoformat()})
    where = f"/v1/products/{unit.product_imei}/pending"
    assert [one["value"] for one in call(cast.bob, "GET", where).json()["data"]] == [True]
    with time_machine.travel(until + dt.timedelta(seconds=1)):
        assert call(cast.root, "GET", where).json()["data"] == []


def test_that_an_order_lapsed_stands_on_the_switch(cast, put, unit):
    put(body={"valid_until": at(hours=2).isoformat()})
    with time_machine.travel(at(hours=3)):
        lapse()
        browser = Client()
        browser.force_login(cast.root)
        shown = browser.get(f"/units/{unit.product_imei}").content.decode()
    assert "It is still off" in shown
    assert "Lapsed: not confirmed in time" in shown
    assert "The unit itself has confirmed" not in shown


def test_an_order_that_is_the_latest_no_more_comes_up_once(cast, put, unit, monkeypatch):
    put(body={"valid_until": at(hours=1).isoformat()})
    Product.objects.filter(pk=unit.pk).update(latest_enable_history=EnableHistory.objects.earliest("pk"))  # moved in
    with time_machine.travel(at(hours=3)):
        lapse()
    assert not EnableHistory.objects.filter(valid_until__isnull=False, lapsed=False).exists()


def test_deadlines_stand_in_the_admins_list(cast, put, unit):
    browser = Client()
    browser.force_login(cast.root)
    put(body={"valid_until": at(hours=1).isoformat()})
    with time_machine.travel(at(hours=3)):
        lapse()
        put("disable")
        put("enable", {"valid_until": at(hours=2).isoformat()})
    lapsed = EnableHistory.objects.get(lapsed=True)
    ahead = EnableHistory.objects.get(valid_until__isnull=False, lapsed=False)
    listed = reverse("admin:products_enablehistory_changelist")

    def shown(query=""):
        text = browser.get(listed + query).content.decode()
        return {int(key) for key in re.findall(r"/enablehistory/(\d+)/change/", text)}

    assert {lapsed.pk, ahead.pk} < shown()
    assert [shown(f"?deadline={chosen}") for chosen in ("open", "lapsed", "odd")] == [{ahead.pk}, {lapsed.pk}, set()]
    for where in (listed + "?deadline=lapsed", reverse("admin:products_enablehistory_change", args=[lapsed.pk])):
        assert "<br>lapsed" in browser.get(where).content.decode()


# Software and parameters


@pytest.fixture
def limit():
    return new(ParameterType, by=SYSTEM, name="limit", data_type="int", repeatable=False, setting=True)


def test_software_with_a_deadline_is_told_with_it_and_lapses(cast, call, unit, device):
    until = at(hours=2)
    body = {"software": "3.6", "valid_until": until.isoformat()}
    assert call(cast.alice, "PUT", f"/v1/products/{unit.product_imei}/update_software", body).status_code == 200
    assert device.orders()["software"]["valid_until"][:16] == until.isoformat()[:16]
    with time_machine.travel(until + dt.timedelta(seconds=1)):
        assert device.orders()["software"] is None
        row = ProductSoftwareLinker.objects.get()
        assert (row.lapsed, row.date_added, row.date_removed is None) == (True, None, False)
        assert "lapsed" not in call(cast.alice, "GET", "/v1/product_software_linker").json()["objects"][0]
    bad = call(
        cast.alice, "PUT", f"/v1/products/{unit.product_imei}/update_software", body | {"valid_until": "2001-01-01"}
    )
    assert (bad.status_code, list(bad.json()["validation_errors"])) == (400, ["valid_until"])


def test_a_parameter_with_a_deadline_is_told_with_it_and_lapses(cast, unit, device, limit):
    until = at(hours=2)
    actions.set_parameter(unit, kind=limit, value="40", valid_until=until, by=cast.alice)
    orders = device.orders()
    assert (orders["parameters"], orders["parameters_valid_until"]["limit"][:16]) == (
        {"limit": 40},
        until.isoformat()[:16],
    )
    with time_machine.travel(until + dt.timedelta(seconds=1)):
        lapse()
        orders = device.orders()
        assert (orders["parameters"], "parameters_valid_until" in orders) == ({}, False)
        assert ProductParameter.objects.get().status == "expired"
        device.report(parameters={"limit": 40})  # told in time, confirmed late: it holds
        row = ProductParameter.objects.get()
        assert (row.status, row.lapsed, row.date_removed) == ("active", False, None)


def test_an_order_that_took_the_place_of_a_lapsed_one_is_what_counts(cast, unit, device, limit):
    actions.set_parameter(unit, kind=limit, value="40", valid_until=at(hours=2), by=cast.alice)
    with time_machine.travel(at(hours=3)):
        lapse()
        actions.set_parameter(unit, kind=limit, value="50", by=cast.alice)
        device.report(parameters={"limit": 50})
        device.report(parameters={"limit": 40})
        assert list(ProductParameter.objects.order_by("pk").values_list("value", "status", "lapsed")) == [
            ("40", "expired", True), ("50", "active", False),
        ]  # fmt: skip


def test_ordered_again_they_hold_longer_and_never_shorter(cast, unit, limit):
    software = {"software": "3.6", "by": cast.alice}
    for hours in (2, 1, 9):
        actions.update_software(unit, valid_until=at(hours=hours), **software)
        actions.set_parameter(unit, kind=limit, value="40", valid_until=at(hours=hours), by=cast.alice)
    for rows in (ProductSoftwareLinker, ProductParameter):
        assert rows.objects.get().valid_until > at(hours=8)
    actions.update_software(unit, **software)
    actions.set_parameter(unit, kind=limit, value="40.0", by=cast.alice)
    for rows in (ProductSoftwareLinker, ProductParameter):
        assert rows.objects.get().valid_until is None
