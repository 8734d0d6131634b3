"""What follows when a unit is known to have taken OpenPAYGO codes. The caller holds the unit's row."""

import datetime as dt

from django.utils import timezone

from apps.core.actions import action
from apps.core.actors import Actor
from apps.dcm import queries
from apps.dcm.actions.settling import acknowledge, record_balance, record_final_balance
from apps.dcm.models import ZERO, OfflineToken, PaymentCommand, TokenKey
from apps.dcm.tokens import ADD_TIME, DISABLE_PAYG, SET_TIME, SYNC_JUMP, WINDOW
from apps.products.actions.announce import announce
from apps.products.models import Product


@action(level=None)
def report_count(product: Product, *, count: int, by: Actor) -> None:
    """The unit says how far its counter is. One that is out of any reach is not believed: codes cost a hash a count,
    and a message whose data are not signed may hold anything."""
    key = queries.token_key_of(product)
    if key is None or count > key.count + SYNC_JUMP:
        return
    key.known_count, key.count = count, max(count, key.count)
    key.save(update_fields=["known_count", "count"])
    # A dead one is not brought back by a number: it may be of a key that the unit has no more.
    at = queries.tokens_of(product).filter(count=count, state=OfflineToken.ISSUED).first()
    reached(product, key, count, at=at, by=by)


@action(level=None)
def reached(product: Product, key: TokenKey, count: int, *, at: OfflineToken | None, by: Actor) -> None:
    """The unit's counter stands at `count`: the token `at` it was entered. Those 16 or more below it, and all below one
    that set the time, unlocked or brought the counter in line, are taken no more. All of these acknowledge their
    commands but for those below a mere sync, whose credit never arrived."""
    below = list(queries.tokens_of(product).filter(state=OfflineToken.ISSUED, count__lt=count).order_by("count"))
    too_old = [row for row in below if row.count <= count - WINDOW]
    cleared = below if at is not None and at.type != ADD_TIME else too_old
    settled = below if at is not None and at.type in (SET_TIME, DISABLE_PAYG) else too_old
    now = timezone.now()
    OfflineToken.objects.filter(pk__in=[row.pk for row in cleared], state=OfflineToken.ISSUED).update(
        state=OfflineToken.DEAD
    )
    if at is not None:
        at.state, at.entered_at, at.entered_by = OfflineToken.ENTERED, now, by.name_for_record
        at.save(update_fields=["state", "entered_at", "entered_by"])
        _follow(key, at, now)
        announce(
            "product.token_entered", product, by=by, transaction_id=at.transaction_id, type=at.type, count=at.count
        )
    for row in [*settled, *([at] if at is not None else [])]:
        if row.command is not None:
            _take_over(product, row.command, by)


def _follow(key: TokenKey, row: OfflineToken, now: dt.datetime) -> None:
    """A unit that asks for its time is told no other than that which its codes made."""
    if key.active_until is None or row.type not in (ADD_TIME, SET_TIME):
        return
    base = max(key.active_until, now) if row.type == ADD_TIME else now
    key.active_until = base + dt.timedelta(seconds=queries.provider_of(key).seconds_of(row.units))
    key.save(update_fields=["active_until"])


def _take_over(product: Product, command: PaymentCommand, by: Actor) -> None:
    if command.category != ZERO:
        acknowledge(product, transaction_ids=[command.transaction_id], by=by)
        return
    balance = queries.balance_of(product)
    reports = balance is not None and balance.reported_at is not None
    left = int(max(0.0, (balance.expected_expiry - timezone.now()).total_seconds())) if balance and reports else 0
    final = record_final_balance(
        product, transaction_id=command.transaction_id, balance=left, unknown=not reports, by=by
    )  # fmt: skip
    if final is not None and reports and not command.void:
        record_balance(product, balance=0, anew=True, by=by)
