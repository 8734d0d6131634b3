"""A unit that has no credit left switches itself off: no order waits then, and a payment brings it back."""

import pytest

from apps.products import actions as products
from apps.products.models import EnableHistory, Product
from apps.telemetry import store
from apps.telemetry.models import Point
from tests.cast import make_unit

pytestmark = pytest.mark.django_db


@pytest.fixture
def unit(cast):
    unit = make_unit("010101234560005", entity=cast.a, dcm_enabled_flag=True)
    products.enable_product(unit, by=cast.tina)
    return unit


def states(unit):
    rows = EnableHistory.objects.filter(product=unit).order_by("pk").values_list("current_enable_state", "user")
    return list(rows)[1:]


def pay(call, cast, unit, value, key):
    body = {"category": "payment", "value": value, "transaction_id": key}
    path = f"/v1/products/{unit.product_imei}/add_payment_command"
    assert call(cast.tina, "POST", path, body).status_code == 201


def pending(call, cast, unit):
    path = f"/v1/products/{unit.product_imei}/pending"
    return [row["kind"] for row in call(cast.tina, "GET", path).json()["data"]]


def test_it_goes_off_by_itself_and_comes_back_by_a_payment(call, cast, unit, device):
    device.report(enabled=True, balance=100)
    for _time in range(3):
        assert device.report(enabled=False, balance=0).status_code == 200
    itself, tina = f"unit {unit.product_imei}", cast.tina.email
    assert states(unit) == [("pending_enabled", tina), ("enabled", tina), ("disabled", itself)]
    unit.refresh_from_db()
    assert (unit.desired_enable_flag, unit.current_enable_flag) == (True, False)
    assert (pending(call, cast, unit), device.orders()["enabled"]) == ([], False)
    assert device.report(enabled=False).status_code == 200  # as good as with the balance it told last
    assert len(states(unit)) == 3

    pay(call, cast, unit, 50, "p1")
    assert device.orders()["enabled"] is True
    device.report(enabled=True, balance=50, acknowledged=["p1"])
    assert states(unit)[3:] == [("enabled", itself)]
    assert device.orders()["enabled"] is True


def test_an_order_to_switch_on_is_answered_by_a_unit_without_credit(call, cast, unit, device):
    device.report(enabled=False, balance=0)
    assert states(unit)[-1] == ("disabled", f"unit {unit.product_imei}")
    assert pending(call, cast, unit) == []
    pay(call, cast, unit, 50, "p1")
    device.report(enabled=True, balance=50, acknowledged=["p1"])
    assert states(unit)[-1][0] == "enabled"


@pytest.mark.parametrize("columns", [{"dcm_enabled_flag": False}, {"is_payg": False}])
def test_only_credit_of_its_own_switches_a_unit_off(call, cast, unit, device, columns):
    """Paid off, or not counting at all: off though ordered on is an order that waits, whatever the balance."""
    device.report(enabled=True, balance=100)
    Product.objects.filter(pk=unit.pk).update(**columns)
    device.report(enabled=False, balance=0)
    assert states(unit)[-1][0] == "pending_enabled"
    assert (pending(call, cast, unit), device.orders()["enabled"]) == (["enable"], True)


def test_off_with_credit_left_is_an_order_that_waits(call, cast, unit, device):
    device.report(enabled=True, balance=100)
    device.report(enabled=False, balance=99)
    assert (states(unit)[-1][0], pending(call, cast, unit)) == ("pending_enabled", ["enable"])


def test_switched_off_by_order_stays_so(call, cast, unit, device):
    device.report(enabled=True, balance=100)
    products.disable_product(unit, by=cast.tina)
    device.report(enabled=False, balance=0)
    assert states(unit)[-1] == ("disabled", cast.tina.email)
    pay(call, cast, unit, 50, "p1")
    assert device.orders()["enabled"] is False


def test_every_balance_is_kept_as_telemetry(unit, device):
    for balance in (300, 200, 200, 0):
        device.report(balance=balance)
    assert store.latest(unit.subject, measurement="dcm")["balance"][1] == 0
    assert list(Point.objects.order_by("pk").values_list("value", flat=True)) == [300, 200, 200, 0]
