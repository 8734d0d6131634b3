"""What happens to the credit of units."""

from apps.core.actions import action
from apps.core.actors import Actor
from apps.core.rows import new
from apps.dcm.models import Balance
from apps.products.models import Product


@action(level=None)
def record_balance(product: Product, *, balance: int, by: Actor) -> Balance:
    """Keep the balance (seconds) that the unit reports of itself."""
    row: Balance = new(Balance, by=by, product=product, balance=balance, expected_expiry=Balance.expiry_of(balance))
    return row
