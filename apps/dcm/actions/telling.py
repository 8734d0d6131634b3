"""OpenPAYGO units that ask how much time they have, instead of taking commands. The caller holds their row."""

import datetime as dt

from django.utils import timezone

from apps.core.actions import action
from apps.core.actors import Actor
from apps.dcm import queries
from apps.dcm.actions.settling import acknowledge, record_balance, record_final_balance
from apps.dcm.models import BAD_PAYMENT, LAST_DAY, PAYMENT, ZERO, Balance
from apps.products.models import Product

FOR_EVER = 2**31 - 1  # seconds, for whoever has paid off


@action(level=None)
def tell_time(product: Product, *, by: Actor) -> int | None:
    """The seconds of credit that the unit is to have from now; None where nobody knows what it had.

    It is told how much in all, so what an answer that got lost said is said again by the next: until when its credit
    lasts is kept here from its first question on, and a command is carried out by being counted in, once."""
    if not product.is_payg:
        return FOR_EVER
    key = queries.token_key_of(product)
    if key is None:
        return None
    commands = list(queries.told(product))
    row = queries.balance_of(product)
    now = timezone.now()
    until = key.active_until
    if until is None:
        until = _known(row, now)
        if until is None and not commands:
            return None
    until = max(until or now, now)
    done = []
    for command in commands:
        if command.category in (PAYMENT, BAD_PAYMENT):
            until = min(max(now, until + dt.timedelta(seconds=command.value)), LAST_DAY)
        else:
            left, until = int((until - now).total_seconds()), now
            if command.category == ZERO:
                record_final_balance(product, transaction_id=command.transaction_id, balance=left, by=by)
        done.append(command.transaction_id)
    if done:
        acknowledge(product, transaction_ids=done, by=by)
    key.active_until = until
    key.save(update_fields=["active_until"])
    left = int((until - now).total_seconds())
    if done:
        record_balance(product, balance=left, anew=True, by=by)
    return left


def _known(row: Balance | None, now: dt.datetime) -> dt.datetime | None:
    return max(now, row.expected_expiry) if row is not None and row.reported_at is not None else None
