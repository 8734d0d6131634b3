"""Enable and disable: ordered by people, confirmed by units."""

import pytest

from apps.events.models import Event
from apps.products.models import EnableHistory, Product

pytestmark = pytest.mark.django_db


def history(unit):
    rows = EnableHistory.objects.filter(product=unit).order_by("pk")
    return [(row.prev_enable_state, row.current_enable_state, row.user) for row in rows]


def test_a_new_unit_is_init_and_off(unit):
    assert history(unit) == [(None, "init", "system")]
    assert (unit.current_enable_flag, unit.desired_enable_flag) == (False, False)


def test_an_order_is_pending_until_the_unit_confirms_it(cast, call, unit, device):
    answer = call(cast.tina, "PUT", f"/v1/products/{unit.product_imei}/enable")
    assert (answer.status_code, answer.json()) == (
        200,
        {"status": "success", "message": "Product enabled", "data": None},
    )
    record = call(cast.tina, "GET", f"/v1/products/{unit.product_imei}").json()
    assert (record["desired_enable_flag"], record["current_enable_flag"]) == (True, False)

    assert device.report(enabled=False).status_code == 200  # it does not know yet
    orders = device.orders()
    assert orders["enabled"] is True
    assert device.report(enabled=True).status_code == 200

    record = call(cast.tina, "GET", f"/v1/products/{unit.product_imei}").json()
    assert (record["desired_enable_flag"], record["current_enable_flag"]) == (True, True)
    tina = cast.tina.email
    assert history(unit)[1:] == [("init", "pending_enabled", tina), ("pending_enabled", "enabled", tina)]
    assert [event.name for event in Event.objects.order_by("id")][-2:] == [
        "product.power_ordered", "product.power_reported"
    ]  # fmt: skip


def test_an_order_that_stands_already_changes_nothing(cast, call, unit):
    for _time in range(2):
        assert call(cast.tina, "PUT", f"/v1/products/{unit.product_imei}/enable").status_code == 200
    assert len(history(unit)) == 2
    assert call(cast.tina, "PUT", f"/v1/products/{unit.product_imei}/disable").status_code == 200
    assert len(history(unit)) == 3


def test_a_unit_that_was_never_switched_is_already_off(cast, call, unit):
    answer = call(cast.tina, "PUT", f"/v1/products/{unit.product_imei}/disable")
    assert (answer.status_code, answer.json()["message"]) == (200, "Product disabled")
    assert len(history(unit)) == 1


def test_the_opposite_order_while_one_is_pending_is_pending_anew(cast, call, unit, device):
    call(cast.tina, "PUT", f"/v1/products/{unit.product_imei}/enable")
    call(cast.alice, "PUT", f"/v1/products/{unit.product_imei}/disable")
    assert [state for _, state, _ in history(unit)] == ["init", "pending_enabled", "pending_disabled"]
    device.report(enabled=False)
    assert history(unit)[-1] == ("pending_disabled", "disabled", cast.alice.email)


def test_each_order_raises_the_units_sequence(cast, call, unit, device):
    first = device.orders()["seq"]
    call(cast.tina, "PUT", f"/v1/products/{unit.product_imei}/enable")
    second = device.orders()["seq"]
    call(cast.tina, "PUT", f"/v1/products/{unit.product_imei}/enable_tamper_switch")
    third = device.orders()["seq"]
    assert first < second < third


def test_a_unit_that_reports_against_a_confirmed_order_makes_it_pending_again(cast, call, unit, device):
    call(cast.tina, "PUT", f"/v1/products/{unit.product_imei}/enable")
    device.report(enabled=True)
    device.report(enabled=False)
    assert history(unit)[-1] == ("enabled", "pending_enabled", cast.tina.email)
    assert device.orders()["enabled"] is True


def test_the_tamper_switch_has_a_history_of_its_own(cast, call, unit, device):
    imei = unit.product_imei
    answer = call(cast.tina, "PUT", f"/v1/products/{imei}/enable_tamper_switch")
    assert answer.json()["message"] == f"Product #{imei} tamper_switch_enabled"
    assert device.orders()["tamper_enabled"] is True
    device.report(tamper_enabled=True)
    rows = call(cast.tina, "GET", f"/v1/tamper_enable_history?product_imei={imei}").json()["objects"]
    assert [row["current_enable_state"] for row in rows] == ["pending_enabled", "enabled"]
    assert len(history(unit)) == 1


def test_a_put_of_the_desired_flag_is_an_order(cast, call, unit):
    answer = call(cast.alice, "PUT", f"/v1/products/{unit.product_imei}", {"desired_enable_flag": True})
    assert (answer.status_code, answer.json()["desired_enable_flag"]) == (200, True)
    assert history(unit)[-1] == ("init", "pending_enabled", cast.alice.email)


def test_deleting_the_newest_history_row_points_to_the_one_before(cast, call, unit):
    call(cast.tina, "PUT", f"/v1/products/{unit.product_imei}/enable")
    first, second = EnableHistory.objects.filter(product=unit).order_by("pk")
    assert call(cast.alice, "DELETE", f"/v1/enable_history/{second.pk}").status_code == 204
    assert Product.objects.get(pk=unit.pk).latest_enable_history_id == first.pk
    assert call(cast.tina, "GET", f"/v1/products/{unit.product_imei}").status_code == 200
