"""What a unit says of its credit. The caller (gateway) holds the unit's row."""

from collections.abc import Sequence

from django.utils import timezone

from apps.core.actions import action
from apps.core.actors import Actor
from apps.core.rows import new, touch
from apps.dcm import queries
from apps.dcm.models import ZERO, Balance, FinalBalance, PaymentCommand
from apps.products.actions.announce import announce
from apps.products.models import Product
from apps.telemetry import store


@action(level=None)
def record_balance(product: Product, *, balance: int, anew: bool = False, by: Actor) -> Balance | None:
    """Keep the balance (seconds) that the unit reports of itself, here and as telemetry. `anew`: something other than
    time moved it, so that its clock is judged from here on. None while a force-reset is on its way: what the unit says
    is of credit that was given back."""
    now = timezone.now()
    store.write(product.subject, store.Upload("dcm", {}, {"balance": {now: balance}}))
    row = queries.balance_of(product)
    if queries.is_resetting(product):
        if row is not None and row.reported_at is None:
            row.reported_at = now
            touch(row, "reported_at", by=by)
        return row
    expiry = Balance.expiry_of(balance)
    if row is None:
        made: Balance = new(
            Balance, by=by, product=product, balance=balance, expected_expiry=expiry, reported_at=now, since=now,
            since_balance=balance,
        )  # fmt: skip
        return made
    if anew or row.since_balance is None or balance > row.balance:
        row.since, row.since_balance = now, balance
    row.balance, row.expected_expiry, row.reported_at = balance, expiry, now
    touch(row, "balance", "expected_expiry", "reported_at", "since", "since_balance", by=by)
    return row


@action(level=None)
def acknowledge(product: Product, *, transaction_ids: Sequence[str], by: Actor) -> int:
    """The unit says that it took these commands over. An id that it was never given acknowledges nothing, a
    zero-command is only done when its final balance has come, and one that is void is noted and moves nothing.
    Returns how many moved its credit."""
    named = PaymentCommand.objects.filter(product=product, transaction_id__in=transaction_ids, status=None)
    rows = list(named.exclude(category=ZERO).order_by("pk"))
    for row in rows:
        row.status = PaymentCommand.ACKNOWLEDGED
        touch(row, "status", by=by)
    live = [row.transaction_id for row in rows if not row.void]
    if live:
        announce("product.credit_acknowledged", product, by=by, transaction_ids=live)
    return len(live)


@action(level=None)
def record_final_balance(
    product: Product, *, transaction_id: str, balance: int, unknown: bool = False, by: Actor
) -> FinalBalance | None:
    """The unit has zeroed itself and says what was left (seconds). All that was given before is void; a repetition and
    the id of anything but a zero-command of this unit change nothing (seed 004, "Zeroing a Unit"). One that comes after
    a force-reset is kept and not published: that credit was given back already. `unknown`: the unit never says what it
    has; somebody saw that it was zeroed."""
    named = PaymentCommand.objects.filter(product=product, transaction_id=transaction_id, category=ZERO, status=None)
    zero = named.first()
    if zero is None:
        return None
    late = zero.void
    added = (zero.added_before or 0) if late else queries.sums(product, before=zero.pk)["added"]
    row: FinalBalance = new(
        FinalBalance, by=by, product=product, final_balance=balance, total_added=added, zero_command=zero,
        status=FinalBalance.UNKNOWN if unknown else None,
    )  # fmt: skip
    zero.status = PaymentCommand.ACKNOWLEDGED
    touch(zero, "status", by=by)
    if late:
        return row
    PaymentCommand.objects.filter(product=product, void=False, pk__lt=zero.pk).update(
        void=True, modified_at=timezone.now(), modified_by=by.name_for_record
    )
    announce(
        "product.zeroed", product, by=by, payment_command_id=zero.pk, transaction_id=transaction_id,
        final_balance=balance, total_added=added,
    )  # fmt: skip
    return row
