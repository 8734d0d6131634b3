"""Fifty units, ten flips each, a third of all messages lost: all converge, none applies a stale order.

bench/flips.py plays the same with 1,000 units and 100 flips over HTTP.
"""

import random

import pytest
from django.test import Client

from apps.core.actors import SYSTEM
from apps.gateway.simulator.flips import WatchedUnit, contacts
from apps.gateway.simulator.unit import Conditions, LostReply, Reply
from apps.products import actions
from apps.products.models import EnableHistory, Product
from tests.cast import make_unit

pytestmark = pytest.mark.django_db
UNITS, FLIPS, LOST = 50, 10, 0.3


class LossyWire:
    """Requests and answers are lost, and a request that was lost on the way may arrive late, after newer ones."""

    def __init__(self, chance):
        self.client, self.chance, self.late = Client(), chance, []

    async def send(self, method, path, headers, body):
        if self.late and self.chance.random() < 0.2:
            self.ask(*self.late.pop())
        if self.chance.random() < LOST / 2:
            if self.chance.random() < 0.5:
                self.late.append((method, path, headers, body))
            raise LostReply("the request was lost")
        answer = self.ask(method, path, headers, body)
        if self.chance.random() < LOST / 2:
            raise LostReply("the answer was lost")
        return Reply(answer.status_code, answer.headers.get("X-Unit-Auth", ""), answer.content)

    def ask(self, method, path, headers, body):
        return self.client.generic(method, path, body, content_type="application/json", headers=headers)


def drive(coroutine):
    """Runs what never really waits, without a loop, so that the test's transaction is its own."""
    try:
        coroutine.send(None)
    except StopIteration as stopped:
        return stopped.value
    raise AssertionError("it waited")


def test_every_unit_does_what_was_ordered_last(cast):
    chance = random.Random(1)
    wire, units = LossyWire(chance), []
    for number in range(UNITS):
        product = make_unit(f"test-{number}", entity=cast.a)
        unit = WatchedUnit(
            product.product_imei, product.device_key, 1, wire, Conditions(LOST, 0.1), random.Random(chance.random())
        )
        unit.watch()
        units.append((product, unit))
    for _flip in range(FLIPS):
        for product, unit in units:
            order = actions.enable_product if chance.random() < 0.5 else actions.disable_product
            after = order(product, by=SYSTEM)
            unit.witness.wanted[after.order_seq] = after.desired_enable_flag
            for _contact in range(contacts(chance)):
                drive(unit.connect())
    for product, unit in units:
        for _contact in range(60):
            if (
                drive(unit.connect())
                and not EnableHistory.objects.filter(
                    pk=Product.objects.get(pk=product.pk).latest_enable_history_id,
                    current_enable_state__startswith="pending",
                ).exists()
            ):
                break
        product.refresh_from_db()
        assert (unit.enabled, product.current_enable_flag) == (unit.witness.newest, product.desired_enable_flag)
        assert product.current_enable_flag == unit.enabled
        assert unit.witness.stale == 0
    assert sum(unit.witness.applied for _product, unit in units) > UNITS  # something happened


def test_control_a_unit_that_forgets_seq_does_take_over_what_is_stale(cast):
    """Shows that the witness sees it: a delayed answer obeyed by a unit without the rule."""
    product = make_unit("test-1", entity=cast.a)
    unit = WatchedUnit(product.product_imei, product.device_key, 1, LossyWire(random.Random(1)))
    unit.watch()
    answers = []
    for order in (actions.enable_product, actions.disable_product):
        after = order(product, by=SYSTEM)
        unit.witness.wanted[after.order_seq] = after.desired_enable_flag
        answers.append({
            "seq": after.order_seq, "enabled": after.desired_enable_flag, "tamper_enabled": False, "software": None,
            "parameters": {}, "part_parameters": {}, "payment_commands": [], "time": "2026-01-01",
        })  # fmt: skip
    unit.obey(answers[1])
    assert not unit.obey(answers[0])  # the rule
    assert unit.witness.stale == 0
    unit.witness.wanted[answers[0]["seq"]] = False
    unit.seq = -1  # forgotten
    unit.obey(answers[0])
    assert unit.witness.stale == 1
