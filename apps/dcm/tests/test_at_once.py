"""Many who pay at once over HTTP: each transaction id moves credit once, whoever is first (guarantees.md, G1)."""

import collections
import os
import random
import threading

import pytest
from django.db import connection, connections

from apps.core.actors import SYSTEM
from apps.core.rows import new
from apps.dcm import actions, queries
from apps.dcm.models import PaymentCommand, SpentId
from apps.events import wake
from tests import reference
from tests.cast import Caller, make_cast, make_unit
from tests.races import at_once

pytestmark = pytest.mark.django_db(transaction=True)
CALLS = int(os.environ.get("CREDIT_CALLS", "2000"))  # `make nightly`: 10,000
IDS, CLIENTS = CALLS // 10, 16


@pytest.fixture
def stage(transactional_db, monkeypatch):
    monkeypatch.setattr(wake, "relay_soon", lambda: None)
    reference.fill()
    return make_cast()


def pay(call, by, unit, value, key):
    body = {"category": "payment" if value > 0 else "bad-payment", "value": value, "transaction_id": key}
    return call(by, "POST", f"/v1/products/{unit.product_imei}/add_payment_command", body)


@pytest.mark.timeout(900)
def test_many_calls_with_a_tenth_of_the_ids(stage):
    units = [make_unit(f"test-once-{number}", entity=stage.a, dcm_enabled_flag=True) for number in range(8)]
    # Each id belongs to one unit and value: whoever comes first with it, the sum is the model's.
    wanted = {f"tx-{number}": (units[number % len(units)], 1 + number) for number in range(IDS)}
    calls = [*wanted] * (CALLS // IDS)
    random.Random(7).shuffle(calls)
    left, taking = iter(calls), threading.Lock()
    answers: collections.Counter[int] = collections.Counter()
    codes: collections.Counter[str] = collections.Counter()

    def client():
        call = Caller()
        while True:
            with taking:
                key = next(left, None)
            if key is None:
                return
            unit, value = wanted[key]
            answer = pay(call, stage.tina, unit, value, key)
            with taking:
                answers[answer.status_code] += 1
                if answer.status_code == 400:
                    body = answer.json()
                    codes[f"{body['code']} {body['data']['identical']}"] += 1

    assert at_once(CLIENTS, client) == [None] * CLIENTS
    assert (answers, codes) == ({201: IDS, 400: CALLS - IDS}, {"duplicate True": CALLS - IDS})
    assert PaymentCommand.objects.count() == SpentId.objects.count() == IDS
    for unit in units:
        assert queries.sums(unit)["added"] == sum(value for held, value in wanted.values() if held == unit)


def test_one_id_at_two_units_at_once_pays_one(stage):
    units = [make_unit(f"test-two-{number}", entity=stage.a, dcm_enabled_flag=True) for number in range(2)]
    for key in range(20):
        turns = iter(units)
        answers = at_once(
            2, lambda turns=turns, key=key: pay(Caller(), stage.tina, next(turns), 5, f"x{key}").status_code
        )
        assert sorted(answers) == [201, 400]


def remove_all(unit, by):
    """Everybody takes all that is left, at once."""
    return lambda: pay(Caller(), by, unit, -100, f"gone-{threading.get_ident()}").status_code


def test_no_two_take_the_same_credit_away(stage):
    unit = make_unit("test-taken", entity=stage.a, dcm_enabled_flag=True)
    actions.add_payment_command(unit, category="payment", value=100, transaction_id="given", by=SYSTEM)
    assert sorted(at_once(6, remove_all(unit, stage.tina))) == [201, *[400] * 5]


def test_control_without_the_lock_they_do(stage, monkeypatch):
    """The property above is the lock's: two who look at the same time both find enough."""
    if connection.vendor != "postgresql":
        pytest.skip("SQLite lets one write at a time")
    unit = make_unit("test-taken", entity=stage.a, dcm_enabled_flag=True)
    actions.add_payment_command(unit, category="payment", value=100, transaction_id="given", by=SYSTEM)
    looked = threading.Barrier(2, timeout=30)

    def take(key):
        found = queries.sums(unit)
        looked.wait()
        if found["added"] - found["removed"] >= 100:
            new(
                PaymentCommand,
                by=SYSTEM,
                product=unit,
                category="bad-payment",
                value=-100,
                void=False,
                transaction_id=key,
            )
        connections.close_all()

    keys = iter("ab")
    at_once(2, lambda: take(next(keys)))
    found = queries.sums(unit)
    assert found["removed"] == 200 > found["added"]
