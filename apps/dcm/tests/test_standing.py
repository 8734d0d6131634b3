"""What a unit's credit is worked out to be: drift of its clock, when the light ends, and whose ends soon."""

import datetime as dt

import pytest
from django.utils import timezone

from apps.core.actors import SYSTEM
from apps.core.rows import new
from apps.dcm import actions, queries, soon
from apps.dcm.models import Balance
from apps.products import actions as products
from apps.products.models import EnableHistory, EnableState, Product
from apps.products.states import ACTIVATED, MONITORED, SHIPPED, TERMINATED
from tests.cast import make_unit

pytestmark = pytest.mark.django_db
DAY = 86400


@pytest.fixture
def unit(cast):
    return make_unit("010101234560005", entity=cast.a, dcm_enabled_flag=True, current_enable_flag=True)


def reported(unit, *, balance, since_balance=None, hours=48.0, ago=0.0):
    at = timezone.now() - dt.timedelta(hours=ago)
    return new(
        Balance, by=SYSTEM, product=unit, balance=balance, expected_expiry=at + dt.timedelta(seconds=balance),
        reported_at=at, since=at - dt.timedelta(hours=hours), since_balance=since_balance,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("fell", "hours", "share", "large"),
    [
        (2 * DAY, 48, 0, False),
        (2.18 * DAY, 48, 0.09, False),
        (2.25 * DAY, 48, 0.125, True),
        (1.7 * DAY, 48, -0.15, True),
    ],
)
def test_a_clock_is_judged_by_how_fast_credit_goes(unit, fell, hours, share, large):
    found = queries.drift(reported(unit, balance=5 * DAY, since_balance=int(5 * DAY + fell), hours=hours))
    assert (round(found.share, 3), found.is_large) == (share, large)


def test_a_clock_is_not_judged_before_a_day_at_zero_when_paid_off_or_never_heard(unit):
    assert queries.drift(None) is None
    row = reported(unit, balance=5 * DAY, since_balance=7 * DAY, hours=23.9)
    assert queries.drift(row) is None
    row.since -= dt.timedelta(hours=1)
    assert queries.drift(row) is not None
    row.balance = 0
    assert queries.drift(row) is None
    row.balance, row.product.is_payg = 5 * DAY, False
    assert queries.drift(row) is None


def test_a_clock_is_not_judged_over_time_in_which_the_unit_was_off(unit):
    row = reported(unit, balance=5 * DAY, since_balance=7 * DAY)
    new(EnableHistory, by=SYSTEM, product=unit, current_enable_state=EnableState.DISABLED, user="u",
        date=timezone.now() - dt.timedelta(hours=5))  # fmt: skip
    assert queries.drift(row) is None
    EnableHistory.objects.filter(product=unit, current_enable_state=EnableState.DISABLED).update(
        date=timezone.now() - dt.timedelta(days=9)
    )
    assert queries.drift(row) is None  # off all along
    new(EnableHistory, by=SYSTEM, product=unit, current_enable_state=EnableState.ENABLED, user="u",
        date=timezone.now() - dt.timedelta(days=8))  # fmt: skip
    assert queries.drift(row) is not None


def test_the_light_ends_after_what_is_left_and_what_is_on_its_way(cast, unit):
    assert queries.standing(unit).until is None  # nothing was ever said
    reported(unit, balance=3 * DAY, ago=24)
    actions.add_payment_command(unit, category="payment", value=10 * DAY, transaction_id="p", by=cast.tina)
    stands = queries.standing(unit)
    assert abs(stands.left - 12 * DAY) < 60
    assert abs((stands.after(DAY) - timezone.now()).total_seconds() - 13 * DAY) < 60
    actions.add_payment_command(unit, category="zero-command", value=0, transaction_id="z", by=cast.tina)
    assert (queries.standing(unit).left, queries.standing(unit).ends_at_zero) == (0, True)
    actions.force_reset(unit, transaction_id="r", by=cast.alice)
    actions.add_payment_command(unit, category="payment", value=2 * DAY, transaction_id="p2", by=cast.tina)
    assert queries.standing(unit).left == 2 * DAY


def test_a_unit_that_says_more_than_it_was_given_is_flagged(cast, unit):
    row = reported(unit, balance=3 * DAY)
    assert queries.standing(unit).excess == 0  # nothing was given here: it came with what it has
    actions.add_payment_command(unit, category="payment", value=2 * DAY, transaction_id="p", by=cast.tina)
    assert queries.standing(unit).excess == DAY
    row.balance = 2 * DAY + 600
    row.save()
    assert queries.standing(unit).excess == 0


def test_units_are_counted_by_entity_and_by_when_their_credit_ends(cast):
    hours = {"1": 0.02, "2": 50, "3": 100, "4": 200, "5": -5, "6": -24 * 31, "7": 1, "8": 1, "9": 1}
    for digit, left in hours.items():
        unit = make_unit(f"01010123456000{digit}", entity=cast.a if digit != "2" else cast.b, dcm_enabled_flag=True)
        end = timezone.now() + dt.timedelta(hours=left)
        new(Balance, by=SYSTEM, product=unit, balance=0, expected_expiry=end, reported_at=timezone.now())
    Product.objects.filter(product_imei="010101234560007").update(is_payg=False)
    Product.objects.filter(product_imei="010101234560008").update(dcm_enabled_flag=False)
    ended = Product.objects.get(product_imei="010101234560009")
    for state in (SHIPPED, ACTIVATED, MONITORED, TERMINATED):
        products.change_state(ended, new_state=state, by=cast.alice)
    found = {entity.name: counted for entity, counted in soon.counts(cast.root)}
    today = found["Entity A"].pop("today")
    assert today in (0, 1)  # in the last minute of a day its end is tomorrow's
    assert found == {
        "Entity A": {"3": 1, "7": 2, "expired": 1}, "Entity B": {"today": 0, "3": 1, "7": 1, "expired": 0},
    }  # fmt: skip
    assert [entity.name for entity, _counted in soon.counts(cast.bob)] == ["Entity A"]
    listed = [row.product_id[-1] for row in soon.units(cast.root, "7")]
    assert listed == ["1", "2", "3"]
    assert [row.product_id[-1] for row in soon.units(cast.root, "7", cast.b.pk)] == ["2"]
    assert [row.product_id[-1] for row in soon.units(cast.bob, "7")] == ["1", "3"]
    assert [row.product_id[-1] for row in soon.units(cast.root, "expired")] == ["5"]
    assert [row.product_id[-1] for row in soon.units(cast.root, "long")] == ["6"]
