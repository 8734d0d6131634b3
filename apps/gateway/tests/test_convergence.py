"""Whatever is lost, repeated, delayed or overtaken on the way: in the end the unit does what was ordered last."""

import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from apps.accounts.models import User
from apps.gateway.simulator.unit import Unit
from apps.products import actions, queries
from apps.products.models import EnableHistory
from tests.cast import Device, make_cast, make_unit

STEPS = st.lists(
    st.sampled_from(
        [
            "enable", "disable", "report", "report, answer lost", "report, request lost", "report, sent twice",
            "old report arrives", "fetch", "fetch, answer delayed", "delayed answer arrives", "switched by hand",
        ]
    ),
    min_size=1, max_size=25,
)  # fmt: skip


class Story:
    """One unit, its server and the network between them."""

    def __init__(self, number: int, people: list[User]) -> None:
        self.product = make_unit(f"test-{number}")
        self.device = Device(self.product)
        self.unit = Unit(self.device.imei, str(self.product.device_key), 1, None)
        self.people, self.turn, self.asked = people, 0, False
        self.sent: list[tuple[int, bytes]] = []
        self.delayed: list[dict] = []

    def order(self, on: bool) -> None:
        by = self.people[self.turn % len(self.people)]
        self.turn += 1
        order = actions.enable_product if on else actions.disable_product
        order(self.product, by=by)
        self.asked = True

    def report(self) -> None:
        body = json.dumps({"enabled": self.unit.enabled}).encode()
        self.device.counter += 1
        self.sent.append((self.device.counter, body))
        self.post(self.device.counter, body)

    def post(self, counter: int, body: bytes) -> int:
        return self.device.send("POST", "/v1/rc_data", body, counter=counter).status_code

    def step(self, name: str) -> None:
        match name:
            case "enable" | "disable":
                self.order(name == "enable")
            case "report" | "report, answer lost":
                self.report()
            case "report, request lost":
                self.device.counter += 1
            case "report, sent twice":
                self.report()
                assert self.post(*self.sent[-1]) == 200
            case "old report arrives":
                for old in self.sent[:-1]:
                    assert self.post(*old) == 401
            case "fetch":
                if self.unit.obey(self.device.orders()):
                    self.report()
            case "fetch, answer delayed":
                self.delayed.append(self.device.orders())
            case "delayed answer arrives":
                if self.delayed:
                    self.unit.obey(self.delayed.pop(0))
            case "switched by hand":
                self.unit.enabled = not self.unit.enabled

    def check(self) -> None:
        product = queries.fetch(self.product.product_imei, by=self.people[0])
        for late in self.delayed:
            self.unit.obey(late)
        for _contact in range(3):
            self.report()
            self.unit.obey(self.device.orders())
        self.report()
        rows = list(EnableHistory.objects.filter(product=product).order_by("pk"))
        product.refresh_from_db()
        assert self.unit.enabled == product.desired_enable_flag == product.current_enable_flag
        assert rows[0].current_enable_state == "init"
        for before, after in zip(rows, rows[1:], strict=False):
            assert after.prev_enable_state == before.current_enable_state != after.current_enable_state
            if not after.current_enable_state.startswith("pending_"):
                assert before.current_enable_state == f"pending_{after.current_enable_state}"
                assert after.user == before.user  # the confirming row keeps the user who asked
        assert product.latest_enable_history_id == rows[-1].pk
        expected = {True: "enabled", False: "disabled" if len(rows) > 1 else "init"}[product.desired_enable_flag]
        assert rows[-1].current_enable_state == expected


@pytest.mark.django_db
def test_every_order_of_messages_converges_to_the_newest_order():
    cast = make_cast()
    people = [cast.root, cast.users["GLOBAL", cast.tina.level]]
    numbers = iter(range(10**6))

    @settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
    @given(STEPS)
    def play(steps: list[str]) -> None:
        story = Story(next(numbers), people)
        for name in steps:
            story.step(name)
        story.check()

    play()


@pytest.mark.django_db
def test_without_the_sequence_a_delayed_answer_would_win():
    """The control: the same story with a unit that forgets `seq` ends wrong."""
    cast = make_cast()
    story = Story(1, [cast.root])
    for name in ("enable", "fetch, answer delayed", "disable", "fetch"):
        story.step(name)
    late = story.delayed[0]
    assert not story.unit.obey(late)
    story.unit.seq = -1
    assert story.unit.obey(late)
    assert story.unit.enabled != queries.fetch("test-1", by=cast.root).desired_enable_flag
