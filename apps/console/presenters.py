"""What a screen shows of a unit, worked out in one place for the unit page and the field page."""

import datetime as dt
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.utils import timezone
from django.utils.functional import Promise

from apps.console.orders import STEPS, Step, Waiting
from apps.core.actors import called
from apps.products.actions import disable_product, enable_product
from apps.products.contact import next_contact
from apps.products.models import EnableState, Product
from apps.products.words import LABELS, state_called
from apps.telemetry import store


def state_of(product: Product) -> str | Promise:
    state = product.latest_state
    return state_called(state.current_state_type_id) if state else "–"


@dataclass(frozen=True)
class Switch:
    """The switch of a unit for a reader: its state, why, what comes next, and what the reader may press."""

    state: EnableState
    asked_by: str
    since: dt.datetime | None
    valid_until: dt.datetime | None
    is_on: bool
    last_seen: dt.datetime | None
    next_contact: dt.datetime | None
    may_switch: bool
    wants_on: bool
    find_steps: Callable[[], list[Step]] = field(repr=False)

    @cached_property
    def steps(self) -> list[Step]:
        """Looked up only where they are shown: a list of units shows none."""
        return self.find_steps()

    @property
    def lapsed(self) -> bool:
        """The last order ended by its deadline; the unit confirmed nothing. Said where steps are shown."""
        return bool(self.steps) and self.steps[-1].text == STEPS["lapsed"]

    @property
    def label(self) -> str | Promise:
        return LABELS[self.state]

    @property
    def pending(self) -> bool:
        return self.state.is_pending

    @property
    def lamp(self) -> str:
        """on, off or pending: the picture."""
        return "pending" if self.pending else "on" if self.state == EnableState.ENABLED else "off"

    @property
    def overdue(self) -> bool:
        return self.next_contact is not None and self.next_contact < timezone.now()

    @property
    def acts_for(self) -> str:
        """The act that orders again what is ordered."""
        return "enable" if self.wants_on else "disable"

    @property
    def next_act(self) -> str:
        return "disable" if self.wants_on else "enable"

    @property
    def can_enable(self) -> bool:
        return self.may_switch and not self.wants_on

    @property
    def can_disable(self) -> bool:
        return self.may_switch and self.wants_on


def switch_of(product: Product, reader: Any, waits: Sequence[Waiting] = ()) -> Switch:
    """`waits`: the unit's open orders, where the steps of one are to be shown."""
    latest = product.latest_enable_history
    state = EnableState(latest.current_enable_state) if latest else EnableState.INIT
    last_seen = product.latest_connection.date if product.latest_connection else None
    level = (enable_product if not product.desired_enable_flag else disable_product).level
    return Switch(
        state=state,
        asked_by=latest.user if latest else "",
        since=latest.date if latest else None,
        valid_until=latest.valid_until if latest and state.is_pending else None,
        is_on=product.current_enable_flag,
        last_seen=last_seen,
        next_contact=next_contact(last_seen),
        may_switch=level is None or reader.level >= level,
        wants_on=product.desired_enable_flag,
        find_steps=lambda: _steps(product, state, latest, waits),
    )


def _steps(product: Product, state: EnableState, latest: Any, waits: Sequence[Waiting]) -> list[Step]:
    """The way of the newest order: what is still open says itself how far it has come."""
    if latest is None or state == EnableState.INIT:
        return []
    if state.is_pending:
        return next((order.steps for order in waits if order.kind == "enable"), [])
    earlier = product.enable_history_rel.filter(enable_history_id__lt=latest.pk).order_by("-enable_history_id")
    asked = earlier.first()
    if asked is not None and asked.lapsed:
        return [Step(STEPS["queued"], asked.date, called(asked.user)), Step(STEPS["lapsed"], latest.date)]
    pending = EnableState.pending(state == EnableState.ENABLED)
    if asked is None or asked.current_enable_state != pending:
        asked = earlier.filter(current_enable_state=pending).first() or latest
    return [
        Step(STEPS["queued"], asked.date, called(asked.user)),
        Step(STEPS["connected"], latest.date if latest.date >= asked.date else None),
        Step(STEPS["confirmed"], latest.date),
    ]


@dataclass(frozen=True)
class Trace:
    """A day of one field as a picture: points of an SVG polyline in a box of 300 × 60."""

    name: str
    value: float
    at: dt.datetime
    low: float
    high: float
    points: str


def trace_of(product: Product, name: str = "voltage") -> Trace | None:
    now = timezone.now()
    start = now - dt.timedelta(days=1)
    series = store.read(product.subject, start=start, end=now, fields=[name]).get(name, [])
    numbers = [
        (dt.datetime.fromisoformat(moment), float(value)) for value, moment in series if isinstance(value, int | float)
    ]
    if len(numbers) < 2:
        return None
    low, high = min(value for _, value in numbers), max(value for _, value in numbers)
    span = (high - low) or 1.0
    day = dt.timedelta(days=1)
    points = " ".join(
        f"{(moment - start) / day * 300:.1f},{56 - (value - low) / span * 52:.1f}" for moment, value in numbers
    )
    return Trace(name, numbers[-1][1], numbers[-1][0], low, high, points)
