"""Credit on its way to a unit: told until acknowledged, taken once, zeroed with one final balance."""

import itertools

import pytest

from apps.core.actors import SYSTEM
from apps.core.rows import new
from apps.dcm import queries
from apps.dcm.models import Balance, FinalBalance, PaymentCommand
from apps.events.models import Event
from apps.products.models import Connection
from tests.cast import make_unit

pytestmark = pytest.mark.django_db
NUMBERS = itertools.count(1)


def command(product, category, value=0):
    return new(
        PaymentCommand, by=SYSTEM, product=product, category=category, value=value, void=False,
        transaction_id=f"tx-{next(NUMBERS)}",
    )  # fmt: skip


def test_a_unit_is_told_of_its_credit_until_it_acknowledges_it(device, unit):
    other = make_unit("test-other")
    first, second, foreign = (
        command(unit, "payment", 100),
        command(unit, "bad-payment", -30),
        command(other, "payment", 5),
    )
    told = [
        {"transaction_id": row.transaction_id, "category": row.category, "value": row.value} for row in (first, second)
    ]
    assert device.orders()["payment_commands"] == device.orders()["payment_commands"] == told
    answer = device.report(acknowledged=[first.transaction_id, "never-issued", foreign.transaction_id], balance=70)
    assert answer.status_code == 200
    assert device.orders()["payment_commands"] == told[1:]
    first.refresh_from_db()
    assert (first.status, first.void, first.modified_by) == ("acknowledged", False, f"unit {unit.product_imei}")
    foreign.refresh_from_db()
    assert foreign.status is None
    event = Event.objects.get(name="product.credit_acknowledged")
    assert event.payload["transaction_ids"] == [first.transaction_id]
    device.report(acknowledged=[first.transaction_id])
    assert Event.objects.filter(name="product.credit_acknowledged").count() == 1


def test_a_final_balance_is_kept_once_and_voids_what_was_before(device, unit):
    paid, taken, zero = command(unit, "payment", 100), command(unit, "bad-payment", -30), command(unit, "zero-command")
    device.report(acknowledged=[paid.transaction_id, zero.transaction_id])
    told = [row["category"] for row in device.orders()["payment_commands"]]
    assert told == ["bad-payment", "zero-command"]  # a zero-command is done when its final balance has come
    final = {"transaction_id": zero.transaction_id, "balance": 60}
    device.report(final_balance=final, balance=0)
    device.report(final_balance=final, balance=0)
    row = FinalBalance.objects.get()
    assert (row.final_balance, row.total_added, row.zero_command_id) == (60, 100, zero.pk)
    assert list(PaymentCommand.objects.filter(product=unit).order_by("pk").values_list("void", "status")) == [
        (True, "acknowledged"), (True, None), (False, "acknowledged")
    ]  # fmt: skip
    assert device.orders()["payment_commands"] == []
    assert queries.sums(unit)["added"] == 0
    assert Event.objects.get(name="product.zeroed").payload["final_balance"] == 60
    device.report(final_balance={"transaction_id": taken.transaction_id, "balance": 1})
    assert FinalBalance.objects.count() == 1


def test_one_balance_a_unit_and_its_history_with_the_connections(device, unit):
    for balance in (300, None, 200, 0):
        device.report(**({} if balance is None else {"balance": balance}))
    row = Balance.objects.get(product=unit)
    assert (row.balance, row.created_by, row.modified_by) == (0, *[f"unit {unit.product_imei}"] * 2)
    history = Connection.objects.filter(product=unit).order_by("pk").values_list("balance", flat=True)
    assert list(history) == [300, None, 200, 0]


@pytest.mark.parametrize(
    ("bad", "field"),
    [
        ({"acknowledged": "tx-1"}, "acknowledged"), ({"acknowledged": [""]}, "acknowledged.0"),
        ({"final_balance": {"transaction_id": "tx-1"}}, "final_balance.balance"),
        ({"final_balance": {"transaction_id": "tx-1", "balance": -1}}, "final_balance.balance"),
    ],
)  # fmt: skip
def test_a_bad_word_about_credit_is_refused_whole(device, unit, bad, field):
    paid = command(unit, "payment", 100)
    answer = device.report(**({"acknowledged": [paid.transaction_id], "balance": 5} | bad))
    assert (answer.status_code, list(answer.json()["validation_errors"])) == (400, [field])
    paid.refresh_from_db()
    assert (paid.status, Balance.objects.count()) == (None, 0)
