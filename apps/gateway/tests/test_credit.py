"""Credit on its way to a unit: told until acknowledged, taken once, zeroed with one final balance."""

import itertools

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.core.actors import SYSTEM
from apps.core.rows import new
from apps.dcm import queries
from apps.dcm.models import Balance, FinalBalance, PaymentCommand
from apps.events.models import Event
from apps.gateway.simulator.unit import Unit
from apps.products.models import Connection
from tests.cast import Device, make_unit

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


STEPS = st.lists(
    st.sampled_from(
        ["payment", "bad-payment", "zero-command", "contact", "contact, report lost", "contact, answer lost",
         "answer delayed", "delayed answer arrives", "light"]
    ),
    min_size=1, max_size=30,
)  # fmt: skip


class Story:
    """One unit, what was given to it, and a bad network between. `paid` is what a ledger in one book would say."""

    def __init__(self) -> None:
        self.product = make_unit(f"test-credit-{next(NUMBERS)}")
        self.device = Device(self.product)
        self.unit = Unit(self.device.imei, str(self.product.device_key), 1, None, credit=0.0)
        self.delayed: list[dict] = []
        self.paid: list[int] = []
        self.zeroing = False

    def contact(self, *, report_arrives=True, answer_arrives=True) -> None:
        said = self.unit.status()
        if report_arrives:
            assert self.device.report(**said).status_code == 200
            self.zeroing = self.zeroing and queries.outstanding(self.product).filter(category="zero-command").exists()
            if answer_arrives:
                self.unit.told(said)
        self.unit.obey(self.device.orders())

    def step(self, name: str) -> None:
        match name:
            case "payment" | "bad-payment" | "zero-command":
                if not self.zeroing:  # nothing is added while a zero-command is out
                    value = {"payment": 1000, "bad-payment": -300, "zero-command": 0}[name]
                    command(self.product, name, value)
                    self.zeroing = name == "zero-command"
            case "contact":
                self.contact()
            case "contact, report lost":
                self.contact(report_arrives=False)
            case "contact, answer lost":
                self.contact(answer_arrives=False)
            case "answer delayed":
                self.delayed.append(self.device.orders())
            case "delayed answer arrives":
                if self.delayed:
                    self.unit.obey(self.delayed.pop(0))
            case "light":
                self.unit.credit = max(0.0, self.unit.credit - 100)

    def check(self) -> None:
        for _contact in range(4):
            self.contact()
        assert not queries.outstanding(self.product).exists()
        assert (self.unit.acknowledging, self.unit.final_balance) == ([], None)
        rows = PaymentCommand.objects.filter(product=self.product).order_by("pk")
        assert all(row.void or row.status == "acknowledged" for row in rows)
        assert list(self.unit.applied) == [row.transaction_id for row in rows]  # each once, in order, none missed
        zeroes = [row for row in rows if row.category == "zero-command"]
        finals = FinalBalance.objects.filter(product=self.product).order_by("pk")
        assert [final.zero_command_id for final in finals] == [row.pk for row in zeroes]
        for row in rows:
            assert row.void == any(zero.pk > row.pk for zero in zeroes)
        assert Balance.objects.get(product=self.product).balance == int(self.unit.credit)


def test_every_order_of_messages_moves_each_credit_once():
    @settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
    @given(STEPS)
    def play(steps: list[str]) -> None:
        story = Story()
        for name in steps:
            story.step(name)
        story.check()

    play()


def test_without_its_memory_a_unit_would_take_a_delayed_credit_twice():
    """The control: the property above is not true by itself."""
    story = Story()
    for name in ("payment", "answer delayed", "contact", "contact"):
        story.step(name)
    story.unit.applied.clear()
    story.step("delayed answer arrives")
    assert story.unit.credit == 2000
    assert story.device.orders()["payment_commands"] == []
