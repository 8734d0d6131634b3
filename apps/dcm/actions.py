"""What happens to the credit of units. The caller of what a unit reports (gateway) holds the unit's row."""

from collections.abc import Sequence

from django.utils import timezone

from apps.core.actions import action
from apps.core.actors import Actor
from apps.core.rows import new, touch
from apps.dcm import queries
from apps.dcm.models import Balance, FinalBalance, PaymentCommand
from apps.products.actions.announce import announce
from apps.products.models import Product


@action(level=None)
def record_balance(product: Product, *, balance: int, by: Actor) -> Balance:
    """Keep the balance (seconds) that the unit reports of itself."""
    expiry = Balance.expiry_of(balance)
    row: Balance | None = Balance.objects.filter(product=product).first()
    if row is None:
        row = new(Balance, by=by, product=product, balance=balance, expected_expiry=expiry)
    else:
        row.balance, row.expected_expiry = balance, expiry
        touch(row, "balance", "expected_expiry", by=by)
    return row


@action(level=None)
def acknowledge(product: Product, *, transaction_ids: Sequence[str], by: Actor) -> None:
    """The unit says that it took these commands over. An id that it was never given acknowledges nothing, and a
    zero-command is only done when its final balance has come."""
    named = PaymentCommand.objects.filter(product=product, transaction_id__in=transaction_ids, status=None)
    rows = list(named.exclude(category="zero-command").order_by("pk"))
    for row in rows:
        row.status = PaymentCommand.ACKNOWLEDGED
        touch(row, "status", by=by)
    if rows:
        announce("product.credit_acknowledged", product, by=by, transaction_ids=[row.transaction_id for row in rows])


@action(level=None)
def record_final_balance(product: Product, *, transaction_id: str, balance: int, by: Actor) -> FinalBalance | None:
    """The unit has zeroed itself and says what was left (seconds). All that was given before is void; a repetition
    and the id of anything but a zero-command of this unit change nothing (seed 004, "Zeroing a Unit")."""
    zero = PaymentCommand.objects.filter(
        PaymentCommand.OUTSTANDING, product=product, transaction_id=transaction_id, category="zero-command"
    ).first()
    if zero is None:
        return None
    added = queries.ever_added(product)
    row: FinalBalance = new(
        FinalBalance, by=by, product=product, final_balance=balance, total_added=added, zero_command=zero
    )
    zero.status = PaymentCommand.ACKNOWLEDGED
    touch(zero, "status", by=by)
    PaymentCommand.objects.filter(product=product, void=False, pk__lt=zero.pk).update(
        void=True, modified_at=timezone.now(), modified_by=by.name_for_record
    )
    announce("product.zeroed", product, by=by, final_balance=balance, total_added=added, transaction_id=transaction_id)
    return row
