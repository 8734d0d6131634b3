"""Switching units on and off, and their tamper switch likewise.

An order sets the desired flag and writes a `pending_…` row; only the unit's own signed report confirms it, and the
confirming row keeps the user who asked. A state is pending exactly as long as what was ordered and what the unit last
reported differ: an order given while another is pending writes `pending_…` anew, never straight back, and a unit that
reports against a confirmed order (switched by hand, or an answer overtaken on the way) makes it pending again.
"""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from apps.core.actions import action
from apps.core.actors import Actor
from apps.core.levels import Level
from apps.core.rows import new, touch
from apps.products import deadlines, queries
from apps.products.actions.announce import announce
from apps.products.models import EnableHistory, EnableState, Product, TamperEnableHistory


@dataclass(frozen=True)
class Switch:
    """One of the two switches of a unit: its columns, its history, its word in event names."""

    word: str
    desired: str
    current: str
    latest: str
    history: type[EnableHistory] | type[TamperEnableHistory]


POWER = Switch("power", "desired_enable_flag", "current_enable_flag", "latest_enable_history", EnableHistory)
TAMPER = Switch(
    "tamper",
    "desired_tamper_flag",
    "current_tamper_flag",
    "latest_tamper_enable_history",
    TamperEnableHistory,
)


@action(level=Level.TECHNICAL)
def enable_product(product: Product, *, valid_until: dt.datetime | None = None, by: Actor) -> Product:
    """Order the unit to switch on. Already ordered so: nothing happens. `valid_until`: past it the order lapses."""
    return _order(product, POWER, True, by, valid_until)


@action(level=Level.TECHNICAL)
def disable_product(product: Product, *, valid_until: dt.datetime | None = None, by: Actor) -> Product:
    """Order the unit to switch off. Already ordered so: nothing happens. `valid_until`: past it the order lapses."""
    return _order(product, POWER, False, by, valid_until)


@action(level=Level.TECHNICAL)
def enable_tamper_switch(product: Product, *, by: Actor) -> Product:
    return _order(product, TAMPER, True, by)


@action(level=Level.TECHNICAL)
def disable_tamper_switch(product: Product, *, by: Actor) -> Product:
    return _order(product, TAMPER, False, by)


@action(level=None)
def settle_power(product: Product, *, reported: bool, at_zero: bool = False, by: Actor) -> None:
    """The unit, whose row the caller holds, says whether it is on. `at_zero`: it has switched itself off for want of
    credit, or would; the order to be on stands."""
    _settle(product, POWER, reported, by, at_zero)


@action(level=None)
def settle_tamper(product: Product, *, reported: bool, by: Actor) -> None:
    _settle(product, TAMPER, reported, by)


@action(level=None)
def lapse_switches(product: Product, *, by: Actor) -> None:
    """End the unit's switching orders whose time is over; the caller holds its row."""
    for switch in (POWER, TAMPER):
        latest = getattr(product, switch.latest)
        if latest is None or latest.lapsed or not latest.is_past_deadline:
            continue
        latest.lapsed = True
        touch(latest, "lapsed", by=by)
        stands = getattr(product, switch.current)
        setattr(product, switch.desired, stands)
        product.order_seq += 1
        _record(product, switch, EnableState.confirmed(stands), user=by.name_for_record, by=by)
        touch(product, switch.desired, switch.latest, "order_seq", by=by)
        announce(f"product.{switch.word}_lapsed", product, by=by, **_status(product, switch))


def _order(product: Product, switch: Switch, on: bool, by: Actor, valid_until: dt.datetime | None = None) -> Product:
    deadlines.check(valid_until)
    product = queries.fetch(product.product_imei, by=by, lock=True)
    latest = getattr(product, switch.latest)
    if getattr(product, switch.desired) == on:
        pending = latest is not None and EnableState(latest.current_enable_state).is_pending
        if pending and deadlines.outlasts(valid_until, latest.valid_until):
            _extend(product, switch, latest, valid_until, by)
        return product
    setattr(product, switch.desired, on)
    product.order_seq += 1
    _record(product, switch, EnableState.pending(on), user=by.name_for_record, by=by, valid_until=valid_until)
    touch(product, switch.desired, switch.latest, "order_seq", by=by)
    order = getattr(product, switch.latest).pk
    announce(f"product.{switch.word}_ordered", product, by=by, order_id=order, **_status(product, switch))
    return product


def _extend(product: Product, switch: Switch, latest: Any, valid_until: dt.datetime | None, by: Actor) -> None:
    """The same order once more, for longer or for good: what the unit knows of its end is out of date."""
    latest.valid_until = valid_until
    touch(latest, "valid_until", by=by)
    product.order_seq += 1
    touch(product, "order_seq", by=by)
    announce(f"product.{switch.word}_ordered", product, by=by, **_status(product, switch))


def _settle(product: Product, switch: Switch, reported: bool, by: Actor, at_zero: bool = False) -> None:
    latest = getattr(product, switch.latest)
    before = EnableState(latest.current_enable_state) if latest else EnableState.INIT
    desired = getattr(product, switch.desired)
    after = before.after_report(desired=desired, reported=reported, at_zero=at_zero)
    if after == before and getattr(product, switch.current) == reported:
        return
    fields = [switch.current]
    setattr(product, switch.current, reported)
    if after != before:
        itself = after == EnableState.DISABLED and desired  # by no order
        _record(product, switch, after, user=by.name_for_record if itself else latest.user, by=by)
        fields.append(switch.latest)
    touch(product, *fields, by=by)
    announce(f"product.{switch.word}_reported", product, by=by, **_status(product, switch))


def _record(
    product: Product, switch: Switch, state: EnableState, *, user: str, by: Actor, valid_until: Any = None
) -> None:
    latest = getattr(product, switch.latest)
    if latest is not None and latest.valid_until is not None and latest.lapsed is False:
        latest.lapsed = None
        latest.save(update_fields=["lapsed"])
    row = new(
        switch.history,
        by=by,
        product=product,
        prev_enable_state=latest.current_enable_state if latest else None,
        current_enable_state=state,
        user=user,
        date=timezone.now(),
        valid_until=valid_until,
    )
    setattr(product, switch.latest, row)


def _status(product: Product, switch: Switch) -> dict[str, Any]:
    """What the channel product-status says (seed 004, "Channel Data"), for either switch."""
    latest = getattr(product, switch.latest)
    return {
        "state": product.latest_state.current_state_type_id if product.latest_state else None,
        "enabled_status": latest.current_enable_state if latest else None,
        "user": latest.user if latest else None,
    }
