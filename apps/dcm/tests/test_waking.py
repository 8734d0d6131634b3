"""Credit that a unit does not take over: after a day it is woken, once a day, and only where that helps."""

import datetime as dt

import pytest
import time_machine

from apps.connectivity.models import SmsHistory
from apps.dcm import actions
from apps.dcm.tasks import wake_units
from apps.products.models import Product
from tests.cast import make_unit

pytestmark = pytest.mark.django_db
START = dt.datetime(2026, 11, 20, 8, tzinfo=dt.UTC)
HOUR = dt.timedelta(hours=1)


@pytest.fixture
def unit(cast):
    return make_unit("010101234560005", entity=cast.a, dcm_enabled_flag=True, reported_software="3.6")


def pay(unit, cast, key):
    actions.add_payment_command(unit, category="payment", value=10, transaction_id=key, by=cast.tina)


def test_a_unit_that_stays_silent_is_woken_once_a_day(cast, unit, device):
    with time_machine.travel(START, tick=False) as clock:
        pay(unit, cast, "p1")
        assert wake_units() == 0
        for hours in (23, 2, 1, 22, 2):
            clock.shift(hours * HOUR)
            wake_units()
        assert [row.created_at - START for row in SmsHistory.objects.order_by("pk")] == [25 * HOUR, 50 * HOUR]
        device.report(acknowledged=["p1"])
        clock.shift(48 * HOUR)
        assert wake_units() == 0


@pytest.mark.parametrize("columns", [{"reported_software": "unheard of"}])
def test_a_unit_that_no_message_wakes_is_left_alone(cast, unit, columns):
    Product.objects.filter(pk=unit.pk).update(**columns)
    with time_machine.travel(START, tick=False) as clock:
        pay(unit, cast, "p1")
        clock.shift(30 * HOUR)
        assert wake_units() == 0


def test_a_spent_quota_is_waited_out(cast, unit, settings):
    settings.SMS_PER_UNIT = 0
    with time_machine.travel(START, tick=False) as clock:
        pay(unit, cast, "p1")
        clock.shift(30 * HOUR)
        assert wake_units() == 0
        settings.SMS_PER_UNIT = 1
        assert wake_units() == 1
