"""What happens to the credit of units."""

import datetime as dt

from django.utils import timezone

from apps.core.actions import action
from apps.core.actors import Actor
from apps.core.rows import new
from apps.dcm.models import Balance
from apps.products.models import Product


@action(level=None)
def record_balance(product: Product, *, balance: int, by: Actor) -> Balance:
    """Keep the balance (seconds) that the unit reports of itself."""
    row: Balance = new(Balance, by=by, product=product, balance=balance, expected_expiry=expiry_of(balance))
    return row


def expiry_of(balance: int) -> dt.datetime:
    """When a balance of now (seconds) will have run out."""
    return timezone.now() + dt.timedelta(seconds=balance)
