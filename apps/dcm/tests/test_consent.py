"""Above a set amount a second person agrees before credit is taken away on the pages."""

import datetime as dt

import pytest
from django.utils import timezone

from apps.core.levels import Level
from apps.core.refusals import Forbidden, NotFound, Refused
from apps.dcm import actions
from apps.dcm.models import CreditRequest, PaymentCommand
from apps.products import actions as products
from tests.cast import make_unit

pytestmark = pytest.mark.django_db
DAY = 86400


@pytest.fixture
def unit(cast):
    unit = make_unit("010101234560005", entity=cast.a, dcm_enabled_flag=True)
    actions.add_payment_command(unit, category="payment", value=200 * DAY, transaction_id="p", by=cast.tina)
    return unit


@pytest.fixture
def ask(cast, unit):
    def send(days, transaction_id="t", *, by=None, category="bad-payment", reason="entered twice"):
        return actions.order_removal(
            unit, category=category, value=-int(days * DAY), transaction_id=transaction_id, reason=reason,
            by=by or cast.tina,
        )  # fmt: skip

    return send


def removed(unit):
    return list(PaymentCommand.objects.filter(product=unit).exclude(category="payment").values_list("value", flat=True))


def refused(code, act, *args, **kwargs):
    with pytest.raises(Refused) as found:
        act(*args, **kwargs)
    assert found.value.code == code, found.value
    return found.value


def test_up_to_the_amount_nobody_else_is_asked(cast, unit, ask):
    made, anew = ask(30)
    assert (made.value, made.reason, made.created_by, anew) == (-30 * DAY, "entered twice", cast.tina.email, True)
    assert ask(30) == (made, False)  # pressed twice
    assert removed(unit) == [-30 * DAY]


def test_above_it_a_second_person_agrees_and_only_then_it_is_ordered(cast, unit, ask):
    admin = cast.users["A", Level.ADMIN]
    made, anew = ask(31)
    assert (made.state, made.asked_by, anew, removed(unit)) == ("waiting", cast.tina, True, [])
    assert ask(31) == (made, False)
    refused("second_person", actions.decide_request, made, agree=True, by=cast.tina)
    decided = actions.decide_request(made, agree=True, by=admin)
    assert (decided.state, decided.decided_by) == ("agreed", admin)
    assert actions.decide_request(made, agree=True, by=admin).state == "agreed"  # pressed twice
    row = PaymentCommand.objects.get(transaction_id="t")
    assert (row.value, row.created_by, row.reason) == (-31 * DAY, admin.email, "entered twice")
    refused("refused", actions.decide_request, made, agree=False, by=cast.alice)
    refused("refused", actions.withdraw_request, made, by=cast.tina)
    assert removed(unit) == [-31 * DAY]


def test_slices_of_a_day_count_together(cast, unit, ask):
    ask(20, "a")
    made, _anew = ask(11, "b")
    assert isinstance(made, CreditRequest)
    assert isinstance(ask(11, "c", by=cast.alice)[0], PaymentCommand)  # somebody else's are their own
    PaymentCommand.objects.update(created_at=timezone.now() - dt.timedelta(days=2))
    assert isinstance(ask(12, "d")[0], PaymentCommand)


def test_what_would_be_refused_at_once_is_refused_when_asked(unit, ask, settings, cast):
    refused("more_than_added", ask, 201)
    settings.CREDIT_REMOVAL_LIMITS = {"TECHNICAL": 40 * DAY}
    refused("over_limit", ask, 41)
    settings.CREDIT_REMOVAL_LIMITS = {}
    with pytest.raises(Refused, match="reason"):
        ask(31, reason=" ")
    with pytest.raises(Forbidden):
        ask(0, category="force-reset")
    with pytest.raises(Refused, match="category"):
        ask(-1, category="payment")
    assert CreditRequest.objects.count() == 0
    ask(31, "x")
    refused("waits_already", ask, 31, "y")
    refused("duplicate", ask, 32, "x")


def test_all_is_looked_at_once_more_when_somebody_agrees(cast, unit, ask, settings):
    made, _anew = ask(150)
    actions.add_payment_command(unit, category="bad-payment", value=-100 * DAY, transaction_id="b", by=cast.alice)
    refused("more_than_added", actions.decide_request, made, agree=True, by=cast.alice)
    actions.add_payment_command(unit, category="payment", value=100 * DAY, transaction_id="p2", by=cast.tina)
    settings.CREDIT_REMOVAL_LIMITS = {"SYSTEM": DAY}
    refused("over_limit", actions.decide_request, made, agree=True, by=cast.alice)
    settings.CREDIT_REMOVAL_LIMITS = {"TECHNICAL": DAY}
    refused("refused", actions.decide_request, made, agree=True, by=cast.alice)
    settings.CREDIT_REMOVAL_LIMITS = {}
    cast.tina.is_active = False
    cast.tina.save()
    refused("refused", actions.decide_request, made, agree=True, by=cast.alice)
    assert CreditRequest.objects.get().state == "waiting"
    assert actions.decide_request(made, agree=False, answer="no", by=cast.alice).state == "refused"
    assert removed(unit) == [-100 * DAY]


def test_all_of_a_units_credit_waits_too_where_it_is_much(cast, unit, ask):
    zero, _anew = ask(0, "z", category="zero-command")
    assert (zero.state, zero.seconds) == ("waiting", 200 * DAY)
    admin = cast.users["A", Level.ADMIN]
    reset, _anew = ask(0, "r", category="force-reset", by=admin)
    with pytest.raises(Forbidden):
        actions.decide_request(reset, agree=True, by=cast.tina)
    actions.decide_request(reset, agree=True, by=cast.alice)
    assert PaymentCommand.objects.filter(void=False).get().category == "force-reset"
    small = ask(0, "r2", category="force-reset", by=admin)[0]
    assert isinstance(small, PaymentCommand)  # nothing is left


def test_whoever_asked_withdraws_and_nobody_of_elsewhere_sees_it(cast, unit, ask):
    made, _anew = ask(31)
    refused("not_yours", actions.withdraw_request, made, by=cast.alice)
    for act in (actions.withdraw_request, actions.decide_request):
        with pytest.raises(NotFound):
            act(made, by=cast.charlie, **({"agree": True} if act is actions.decide_request else {}))
    assert actions.withdraw_request(made, by=cast.tina).state == "withdrawn"
    assert actions.withdraw_request(made, by=cast.tina).state == "withdrawn"
    refused("refused", actions.decide_request, made, agree=True, by=cast.alice)


def test_zero_in_the_settings_asks_nobody_and_the_api_never_does(cast, unit, ask, settings, call):
    body = {"category": "bad-payment", "value": -60 * DAY, "transaction_id": "api"}
    path = f"/v1/products/{unit.product_imei}/add_payment_command"
    assert call(cast.tina, "POST", path, body).status_code == 201
    settings.CREDIT_CONSENT_ABOVE = 0
    assert isinstance(ask(100)[0], PaymentCommand)


def test_a_unit_that_keeps_no_credit_by_itself_is_refused(cast, ask, unit):
    plain = make_unit("010101234560013", entity=cast.a)
    assert products.set_is_payg(plain, value=True, by=cast.tina)
    refused(
        "not_dcm", actions.order_removal, plain, category="bad-payment", value=-1, transaction_id="n", reason="r",
        by=cast.tina,
    )  # fmt: skip
