"""Credit that units carry themselves (device credit management)."""

import datetime as dt

from django.db import models
from django.utils import timezone

from apps.core.models import Row
from apps.core.scope import Follows
from apps.products.models import Product


class Balance(Row):
    """What a unit reported of its own credit: seconds left, and when they will have run out."""

    SCOPE = Follows("product")

    balance_id = models.BigAutoField(primary_key=True)
    product = models.ForeignKey(
        Product, models.CASCADE, to_field="product_imei", db_column="product_imei", related_name="balances"
    )
    balance = models.IntegerField()
    expected_expiry = models.DateTimeField()

    @staticmethod
    def expiry_of(balance: int) -> dt.datetime:
        """When a balance of now (seconds) will have run out."""
        return timezone.now() + dt.timedelta(seconds=balance)
