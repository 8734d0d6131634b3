"""The ledger against a book, whatever order people and messages come in (guarantees.md, G2).

`CREDIT_STORIES` and `CREDIT_STEPS` make it longer: `make nightly`.
"""

import itertools
import os

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.dcm import queries
from apps.dcm.models import Balance, FinalBalance, PaymentCommand
from apps.dcm.tests.model import Book
from apps.events.models import Event
from apps.gateway.simulator.unit import Unit
from tests.cast import Caller, Device, make_cast, make_unit

pytestmark = pytest.mark.django_db
STORIES, LENGTH = int(os.environ.get("CREDIT_STORIES", "100")), int(os.environ.get("CREDIT_STEPS", "50"))
NUMBERS = itertools.count(1)
STEPS = st.lists(
    st.sampled_from(
        ["payment", "payment", "bad-payment", "zero-command", "force-reset", "an old id again", "light", "contact",
         "contact, report lost", "contact, answer lost", "report sent twice", "old report again", "answer delayed",
         "delayed answer arrives"]
    ),
    min_size=LENGTH // 2, max_size=LENGTH,
)  # fmt: skip
VALUES = {"payment": 1000, "bad-payment": -700, "zero-command": 0}


class Story:
    """One unit with credit of its own, the people who pay, a bad network between, and the book."""

    def __init__(self, cast) -> None:
        self.cast, self.call, self.book = cast, Caller(), Book()
        self.product = make_unit(f"test-credit-{next(NUMBERS)}", entity=cast.a, dcm_enabled_flag=True)
        self.path = f"/v1/products/{self.product.product_imei}"
        self.device = Device(self.product)
        self.unit = Unit(self.device.imei, str(self.product.device_key), 1, None, credit=0.0, keeps_credit=True)
        self.delayed, self.said, self.keys = [], [], []

    def key(self) -> str:
        self.keys.append(f"tx-{next(NUMBERS)}")
        return self.keys[-1]

    def command(self, category: str, value: int, key: str) -> None:
        body = {"category": category, "value": value, "transaction_id": key}
        answer = self.call(self.cast.alice, "POST", f"{self.path}/add_payment_command", body)
        code = self.book.add(category, value, key)
        assert (answer.status_code, answer.json().get("code")) == ((400, code) if code else (201, None)), body

    def reset(self, key: str) -> None:
        answer = self.call(self.cast.alice, "POST", f"{self.path}/force_reset", {"transaction_id": key})
        wanted = self.book.force_reset(key)
        if isinstance(wanted, str):
            assert (answer.status_code, answer.json()["code"]) == (400, wanted)
        else:
            assert (answer.status_code, answer.json()["data"]) == (201, wanted)

    def contact(self, *, report_arrives=True, answer_arrives=True, times=1) -> None:
        said = self.unit.status()
        if report_arrives:
            counter = self.device.counter + 1
            for _time in range(times):
                assert self.device.send("POST", "/v1/rc_data", said, counter=counter).status_code == 200
            self.device.counter = counter
            self.said.append((said, counter))
            final = said.get("final_balance")
            left = final and (final["transaction_id"], final["balance"])
            self.book.report(said["balance"], said["acknowledged"], left)
            if answer_arrives:
                self.unit.told(said)
        self.unit.obey(self.device.orders())

    def step(self, name: str) -> None:
        match name:
            case "payment" | "bad-payment" | "zero-command":
                self.command(name, VALUES[name], self.key())
            case "force-reset":
                self.reset(self.key())
            case "an old id again":
                if self.keys:
                    key = self.keys[len(self.keys) // 2]
                    self.command("payment", 1000, key)
            case "contact":
                self.contact()
            case "contact, report lost":
                self.contact(report_arrives=False)
            case "contact, answer lost":
                self.contact(answer_arrives=False)
            case "report sent twice":
                self.contact(times=2)
            case "old report again":
                if len(self.said) > 1:
                    said, counter = self.said[-2]
                    assert self.device.send("POST", "/v1/rc_data", said, counter=counter).status_code == 401
            case "answer delayed":
                self.delayed.append(self.device.orders())
            case "delayed answer arrives":
                if self.delayed:
                    self.unit.obey(self.delayed.pop(0))
            case "light":
                self.unit.credit = max(0.0, self.unit.credit - 100)

    def compare(self) -> None:
        rows = PaymentCommand.objects.filter(product=self.product).order_by("pk")
        found = [(row.transaction_id, row.category, row.value, row.void, row.status is not None) for row in rows]
        assert found == [(one.key, one.category, one.value, one.void, one.done) for one in self.book.entries]
        finals = FinalBalance.objects.filter(product=self.product).order_by("pk").select_related("zero_command")
        told = [(row.zero_command.transaction_id, row.final_balance, row.total_added) for row in finals]
        assert told == self.book.finals
        events = Event.objects.filter(name="product.zeroed", subject=self.product.subject).order_by("id")
        assert [event.payload["transaction_id"] for event in events] == self.book.published
        balance = Balance.objects.filter(product=self.product).first()
        assert (balance and balance.balance) == self.book.balance
        sums = queries.sums(self.product)
        assert 0 <= sums["removed"] <= sums["added"]

    def settle(self) -> None:
        """With a good network all that was given is taken over, each once and in order."""
        for _contact in range(5):
            self.contact()
        self.compare()
        assert not queries.outstanding(self.product).exists()
        assert (self.unit.acknowledging, self.unit.final_balance) == ([], None)
        assert Balance.objects.get(product=self.product).balance == int(self.unit.credit)
        order = [one.key for one in self.book.entries]
        applied = list(self.unit.applied)
        assert applied == sorted(applied, key=order.index)
        assert {one.key for one in self.book.entries if not one.void} <= set(applied)


def test_every_order_of_payments_and_messages_agrees_with_the_book(db):
    cast = make_cast()

    @settings(max_examples=STORIES, deadline=None, suppress_health_check=list(HealthCheck))
    @given(STEPS)
    def play(steps: list[str]) -> None:
        story = Story(cast)
        for name in steps:
            story.step(name)
            story.compare()
        story.settle()

    play()


def test_without_its_memory_a_unit_would_take_a_delayed_credit_twice(cast):
    """The control: the property above is not true by itself."""
    story = Story(cast)
    for name in ("payment", "answer delayed", "contact", "contact"):
        story.step(name)
    story.unit.applied.clear()
    story.step("delayed answer arrives")
    assert story.unit.credit == 2000
    assert story.device.orders()["payment_commands"] == []


def test_without_seq_a_unit_would_take_void_credit(cast):
    """A delayed answer from before a force-reset: it is older than what the unit has obeyed since."""
    story = Story(cast)
    for name in ("payment", "answer delayed", "force-reset", "contact", "contact"):
        story.step(name)
    assert story.unit.credit == 0
    story.step("delayed answer arrives")
    assert story.unit.credit == 0
    story.step("payment")
    story.step("answer delayed")
    story.unit.seq = -1
    story.unit.applied.clear()
    old = story.device.orders() | {
        "seq": 0,
        "payment_commands": [{"transaction_id": "void", "category": "payment", "value": 7}],
    }
    story.unit.obey(old)
    assert story.unit.credit == 7
