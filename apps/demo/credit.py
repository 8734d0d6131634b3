"""Stories that credit tells: paid ahead, ends tomorrow, ran out, paid off, paid twice, zeroed, reset, a slow clock.

Each step by the action that does it today, at its time. The units are hubs with a customer that nothing else is told
of.
"""

import datetime as dt
from collections.abc import Callable
from typing import Any

from apps.accounts.models import User
from apps.core.actors import unit as unit_actor
from apps.dcm import actions as dcm
from apps.dcm.models import Balance
from apps.demo.clock import Clock
from apps.products import actions as products
from apps.products.models import Connection, Product
from apps.telemetry import store
from apps.telemetry.models import Series

DAY = 86400
PAID_AHEAD, ENDS_TOMORROW, RAN_OUT, PAID_OFF, PAID_TWICE, SLOW, RETURNED, RESET, ON_ITS_WAY = (
    10, 11, 14, 15, 21, 24, 31, 36, 41,
)  # fmt: skip
NUMBERS = (PAID_AHEAD, ENDS_TOMORROW, RAN_OUT, PAID_OFF, PAID_TWICE, SLOW, RETURNED, RESET, ON_ITS_WAY)


class Till:
    """One unit's credit: `at` a number of days ago somebody pays, and the unit takes it over."""

    def __init__(self, product: Product, agent: User, clock: Clock, now: dt.datetime) -> None:
        self.product, self.agent, self.clock, self.now = product, agent, clock, now
        self.unit = unit_actor(product.product_imei)
        self.number = 0

    def at(self, days: float) -> None:
        self.clock.moment = self.now - dt.timedelta(days=days)

    def give(self, days: float, category: str = "payment", *, taken: bool = True, reason: str | None = None) -> str:
        self.number += 1
        key = f"MM-{self.product.product_imei[-5:]}-{self.number:03d}"
        dcm.add_payment_command(
            self.product, category=category, value=int(days * DAY), transaction_id=key, reason=reason, by=self.agent
        )
        if taken:
            self.clock.moment += dt.timedelta(hours=2)
            dcm.acknowledge(self.product, transaction_ids=[key], by=self.unit)
        return key

    def says(self, days: float, *, anew: bool = True) -> None:
        dcm.record_balance(self.product, balance=int(days * DAY), anew=anew, by=self.unit)


def tell_credit(number: int, product: Product, agent: User, clock: Clock, now: dt.datetime) -> None:
    """Tell the story of the unit of this number; `agent`: who sells there."""
    clock.moment = product.created_at + dt.timedelta(days=1)
    products.set_dcm_enabled_flag(product, value=True, by=agent)
    _forget_what_was_told(product)
    STORIES[number](Till(product, agent, clock, now))


def _forget_what_was_told(product: Product) -> None:
    """Its contacts of the last days were those of a unit without credit of its own."""
    Balance.objects.filter(product=product).delete()
    Series.objects.filter(subject=product.subject, measurement="dcm").delete()
    Connection.objects.filter(product=product).update(balance=None)
    product.refresh_from_db()


def _history(till: Till, *, since: float, falls: Callable[[float], float]) -> None:
    """What the unit told every four hours: days of credit by days ago."""
    points: dict[dt.datetime, Any] = {}
    step = 0
    while (ago := since - step / 6) > 0.05:
        points[till.now - dt.timedelta(days=ago)] = max(0, int(falls(ago) * DAY))
        step += 1
    store.write(till.product.subject, store.Upload("dcm", {}, {"balance": points}))


def _paid_ahead(till: Till) -> None:
    till.at(9)
    till.give(90)
    _history(till, since=8.9, falls=lambda ago: 81 + ago)
    till.at(0.08)
    till.says(81)


def _ends_tomorrow(till: Till) -> None:
    till.at(30)
    till.give(30)
    _history(till, since=12, falls=lambda ago: 0.8 + ago)
    till.at(0.1)
    till.says(0.8)


def _ran_out(till: Till) -> None:
    till.at(31)
    till.give(28)
    _history(till, since=12, falls=lambda ago: ago - 3)
    till.at(3)
    till.says(0)
    till.product.refresh_from_db()
    products.settle_power(till.product, reported=False, at_zero=True, by=till.unit)


def _paid_off(till: Till) -> None:
    till.at(40)
    till.give(30)
    till.at(6)
    products.set_is_payg(till.product, value=False, by=till.agent)
    _history(till, since=12, falls=lambda ago: max(4.0, ago - 2))
    till.at(0.1)
    till.says(4)


def _paid_twice(till: Till) -> None:
    till.at(6)
    till.give(30)
    till.at(5.98)
    till.give(30)
    till.at(5.7)
    till.give(-30, "bad-payment", reason="The same receipt was entered twice")
    _history(till, since=5.6, falls=lambda ago: 24 + ago)
    till.at(0.1)
    till.says(24)


def _slow(till: Till) -> None:
    """Its clock counts four days where five go by."""
    till.at(11)
    till.give(30)
    _history(till, since=10.9, falls=lambda ago: 30 - (10.9 - ago) * 0.8)
    till.at(10.9)
    till.says(30)
    till.at(0.1)
    till.says(30 - 10.8 * 0.8, anew=False)


def _returned(till: Till) -> None:
    """Given back and sold anew: the credit that was left went to the first customer's account."""
    till.at(34)
    till.give(30)
    till.at(20)
    key = till.give(0, "zero-command", taken=False, reason="The customer moves away and returns the unit")
    till.clock.moment += dt.timedelta(hours=3)
    dcm.record_final_balance(till.product, transaction_id=key, balance=16 * DAY, by=till.unit)
    till.says(0)
    till.at(12)
    till.give(30)
    _history(till, since=11.9, falls=lambda ago: 18 + ago)
    till.at(0.1)
    till.says(18)


def _reset(till: Till) -> None:
    """Silent since it was stolen: what is known was given back."""
    till.at(43)
    till.give(30)
    till.says(29)
    till.at(41)
    till.give(30, taken=False)
    till.at(2)
    boss = User.objects.get(email="system@example.org")
    why = "Reported stolen; the police has the number"
    dcm.force_reset(till.product, transaction_id="RESET-0036", reason=why, by=boss)


def _on_its_way(till: Till) -> None:
    till.at(20)
    till.give(30)
    _history(till, since=12, falls=lambda ago: 10 + ago)
    till.at(0.14)
    till.says(10)
    till.at(0.05)
    till.give(7, taken=False)


STORIES: dict[int, Callable[[Till], None]] = {
    PAID_AHEAD: _paid_ahead, ENDS_TOMORROW: _ends_tomorrow, RAN_OUT: _ran_out, PAID_OFF: _paid_off,
    PAID_TWICE: _paid_twice, SLOW: _slow, RETURNED: _returned, RESET: _reset, ON_ITS_WAY: _on_its_way,
}  # fmt: skip
