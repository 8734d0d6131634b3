"""Clocks that run wrong show in how fast a balance falls."""

import datetime as dt

import pytest
import time_machine

from apps.alerts.models import Alert
from apps.alerts.tasks import judge_clocks
from apps.dcm import queries
from tests.cast import make_unit

pytestmark = pytest.mark.django_db
START = dt.datetime(2026, 11, 20, 8, tzinfo=dt.UTC)
HOUR = 3600


@pytest.fixture
def unit(cast):
    return make_unit(
        "010101234560005", entity=cast.a, dcm_enabled_flag=True, desired_enable_flag=True, current_enable_flag=True
    )


@pytest.fixture
def live(device):
    """live(hours, rate): the unit reports every four hours while its credit falls at this rate."""
    state = {"at": START, "left": 30 * 86400.0}

    def go(hours, rate, **more):
        for _contact in range(hours // 4):
            state["at"] += dt.timedelta(hours=4)
            state["left"] -= 4 * HOUR * rate
            with time_machine.travel(state["at"], tick=False):
                assert device.report(balance=int(state["left"]), enabled=True, **more).status_code == 200
        with time_machine.travel(state["at"], tick=False):
            judge_clocks()

    go.state = state
    return go


def alerts(unit):
    return list(Alert.objects.filter(product=unit).order_by("pk").values_list("extra_info", "dismissal_reason"))


def test_a_slow_clock_is_told_after_a_day_and_once(unit, live):
    live(24, 0.8)
    assert alerts(unit) == []  # 20 hours between the first report and the last
    live(8, 0.8)
    live(8, 0.8)
    assert alerts(unit) == [("The balance falls 20% slower than time goes by", None)]


@pytest.mark.parametrize("rate", [1.0, 0.92, 1.08])
def test_a_clock_that_is_nearly_right_is_right(unit, live, rate):
    live(48, rate)
    assert alerts(unit) == []


def test_it_ends_when_the_clock_is_right_again(unit, live, call, cast, device):
    live(40, 1.5)
    assert alerts(unit) == [("The balance falls 50% faster than time goes by", None)]
    body = {"category": "payment", "value": 86400, "transaction_id": "p1"}
    assert call(cast.tina, "POST", f"/v1/products/{unit.product_imei}/add_payment_command", body).status_code == 201
    live.state["left"] += 86400
    live(4, 1.0, acknowledged=["p1"])  # a command moved it: it is judged from here on
    assert [reason for _info, reason in alerts(unit)] == [None]
    live(28, 1.0)
    assert [reason for _info, reason in alerts(unit)] == ["The clock is right again"]


def test_an_empty_unit_has_no_clock_to_judge(unit, device):
    with time_machine.travel(START, tick=False):
        device.report(balance=100, enabled=True)
    with time_machine.travel(START + dt.timedelta(days=3), tick=False):
        device.report(balance=0, enabled=True)
    assert queries.drift(queries.balance_of(unit)) is None
