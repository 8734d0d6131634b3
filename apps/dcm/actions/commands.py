"""Credit given and taken: payment, bad-payment, zero-command, force-reset (seed 004, "DCM"; contract/actions.md,
"Credit"). Whoever gives a command holds the unit's row first; a transaction id moves credit once."""

from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone

from apps.core.actions import action
from apps.core.actors import Actor
from apps.core.columns import BadValue
from apps.core.levels import Level
from apps.core.refusals import Invalid, Refused
from apps.core.rows import new, touch
from apps.dcm import models, queries
from apps.dcm.limits import within_limit
from apps.dcm.models import BAD_PAYMENT, FORCE_RESET, PAYMENT, ZERO, Balance, PaymentCommand, SpentId
from apps.products import queries as products
from apps.products.actions.announce import announce
from apps.products.models import Product

CATEGORIES = (PAYMENT, BAD_PAYMENT, ZERO)


@action(level=Level.TECHNICAL)
def add_payment_command(
    product: Product, *, category: str, value: int, transaction_id: str, reason: str | None = None, by: Actor
) -> PaymentCommand:
    """Order the unit to take `value` seconds of credit more (payment), fewer (bad-payment, below 0) or to zero itself
    (zero-command, 0). Refused: `duplicate` with the first record in `data`, before every other rule; `not_dcm`,
    `zero_pending`, `more_than_added`, `over_limit`. A refused call does not use up its id."""
    product = products.fetch(product.product_imei, by=by, lock=True)
    _fresh(product, transaction_id, category, value, by)
    if category not in CATEGORIES:
        raise Invalid({"category": f"must be one of {', '.join(CATEGORIES)}"})
    if wrong := models.wrong_value(category, value):
        raise Invalid(wrong)
    if not product.dcm_enabled_flag:
        raise Invalid({"product_imei": "is not DCM enabled"}, code="not_dcm")
    if zero := queries.zero_pending(product):
        text = f"zero-command {zero.transaction_id} is still to be answered by the unit; force_reset would end it"
        raise Invalid({"transaction_id": text}, code="zero_pending")
    if category == BAD_PAYMENT:
        _may_remove(product, -value)
        within_limit(-value, by=by)
    elif category == ZERO:
        within_limit(queries.known_credit(product), by=by)
    row = _give(product, transaction_id, category, value, reason, by)
    announce(
        "product.credit_ordered", product, by=by, payment_command_id=row.pk, category=category, value=value,
        transaction_id=transaction_id,
    )  # fmt: skip
    return row


@action(level=Level.ADMIN)
def force_reset(product: Product, *, transaction_id: str, reason: str | None = None, by: Actor) -> dict[str, Any]:
    """Take all credit back from a unit that may never answer: what came before is void, the balance reads 0, the unit
    is told to zero itself. {"outstanding_payments", "last_known_balance"} in seconds is what the customer had."""
    product = products.fetch(product.product_imei, by=by, lock=True)
    _fresh(product, transaction_id, FORCE_RESET, 0, by)
    within_limit(queries.known_credit(product), by=by)
    return _reset(product, transaction_id, reason, by)


@action(level=None)
def move_credit(old: Product, heir: Product, *, by: Actor) -> None:
    """A unit goes by another board's IMEI: its credit goes along, by a force-reset and a payment (design.md). The
    caller holds both rows."""
    if not old.dcm_enabled_flag:
        return
    had = _reset(old, f"board {old.product_imei} to {heir.product_imei}", None, by)
    heir = products.fetch(heir.product_imei, by=by, lock=True)  # as it stands after what was ordered of it
    left = max(0, (had["last_known_balance"] or 0) + had["outstanding_payments"])
    part = 0
    while left > 0:
        part += 1
        value = min(left, models.MOST_SECONDS)
        _give(heir, f"board {heir.product_imei} from {old.product_imei} {part}", PAYMENT, value, None, by)
        left -= value


def _fresh(product: Product, transaction_id: str, category: str, value: int, by: Actor) -> None:
    try:
        models.transaction_id(transaction_id)
    except BadValue as bad:
        raise Invalid({"transaction_id": str(bad)}) from None
    if SpentId.objects.filter(pk=transaction_id).exists():
        raise _duplicate(product, transaction_id, category, value, by)


def _duplicate(product: Product, transaction_id: str, category: str, value: int, by: Actor) -> Refused:
    """What whoever lost the answer needs: the first record, and whether it was the same. Of a foreign unit nothing."""
    first = PaymentCommand.objects.visible_to(by).filter(transaction_id=transaction_id).first()
    same = first is not None and (first.product_id, first.category, first.value) == (
        product.product_imei, category, value,
    )  # fmt: skip
    return Refused(
        f"transaction_id: {transaction_id} was used before; nothing was changed",
        code="duplicate",
        data={"payment_command_id": first.pk if first else None, "identical": same},
    )


def _may_remove(product: Product, seconds: int) -> None:
    found = queries.sums(product)
    left = found["added"] - found["removed"]
    if seconds > left:
        raise Invalid(
            {"value": f"takes more than was ever added: {left} seconds are left of {found['added']}"},
            code="more_than_added",
        )


def _give(
    product: Product, transaction_id: str, category: str, value: int, reason: str | None, by: Actor
) -> PaymentCommand:
    try:
        with transaction.atomic():
            SpentId(transaction_id).save(force_insert=True)
    except IntegrityError:  # somebody used it at the same moment, for another unit
        raise _duplicate(product, transaction_id, category, value, by) from None
    row: PaymentCommand = new(
        PaymentCommand, by=by, product=product, category=category, value=value, void=False,
        transaction_id=transaction_id, reason=reason,
    )  # fmt: skip
    product.order_seq += 1
    touch(product, "order_seq", by=by)
    return row


def _reset(product: Product, transaction_id: str, reason: str | None, by: Actor) -> dict[str, Any]:
    resetting = queries.is_resetting(product)
    found, balance = queries.sums(product), queries.balance_of(product)
    heard = balance is not None and balance.reported_at is not None
    # A unit that has not yet zeroed itself speaks of credit that was given back already.
    known = (0 if resetting else balance.balance) if balance is not None and heard else None
    live = PaymentCommand.objects.filter(product=product, void=False)
    live.filter(category=ZERO, status=None).update(added_before=found["added"])
    live.update(void=True, modified_at=timezone.now(), modified_by=by.name_for_record)
    row = _give(product, transaction_id, FORCE_RESET, 0, reason, by)
    now = timezone.now()
    if balance is None:
        new(Balance, by=by, product=product, balance=0, expected_expiry=now)
    else:
        balance.balance, balance.expected_expiry, balance.since, balance.since_balance = 0, now, None, None
        touch(balance, "balance", "expected_expiry", "since", "since_balance", by=by)
    announce(
        "product.credit_reset", product, by=by, payment_command_id=row.pk, transaction_id=transaction_id,
        outstanding_payments=found["outstanding"], last_known_balance=known,
    )  # fmt: skip
    return {"outstanding_payments": found["outstanding"], "last_known_balance": known}
