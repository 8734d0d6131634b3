"""Credit that units carry themselves (device credit management)."""

import datetime as dt

from django.db import models
from django.utils import timezone

from apps.core.fields import OptionField, options
from apps.core.models import Row
from apps.core.scope import Follows
from apps.products.models import of_product


class Balance(Row):
    """What a unit last reported of its own credit: seconds left, and when they will have run out. One row a unit; what
    it told before stands with its connections."""

    SCOPE = Follows("product")
    BUSY = ("*",)

    balance_id = models.BigAutoField(primary_key=True)
    product = of_product("balance", db_index=False)
    balance = models.IntegerField()
    expected_expiry = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["product"], name="dcm_balance_once")]

    @staticmethod
    def expiry_of(balance: int) -> dt.datetime:
        """When a balance of now (seconds) will have run out."""
        return timezone.now() + dt.timedelta(seconds=balance)


class PaymentCommand(Row):
    """Credit given to or taken from a unit, in seconds; the unit acknowledges it by `transaction_id`.

    `status` is empty until then; `void`: reset away, kept as history only.
    """

    SCOPE = Follows("product")
    ACKNOWLEDGED = "acknowledged"
    OUTSTANDING = models.Q(void=False, status=None)

    payment_command_id = models.AutoField(primary_key=True)
    product = of_product("payment_command", models.PROTECT)
    value = models.IntegerField()
    category = OptionField(max_length=255, choices=options("bad-payment", "force-reset", "payment", "zero-command"))
    void = models.BooleanField()
    status = models.CharField(max_length=255, null=True)
    transaction_id = models.CharField(max_length=255, unique=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["product", "payment_command_id"],
                condition=models.Q(void=False, status=None),
                name="dcm_outstanding",
            )
        ]


class FinalBalance(Row):
    """What was left on a unit when its credit was zeroed; `total_added`: seconds it was ever given before."""

    SCOPE = Follows("product")

    final_balance_id = models.AutoField(primary_key=True)
    product = of_product("final_balance")
    final_balance = models.IntegerField()
    total_added = models.IntegerField()
    zero_command = models.ForeignKey(PaymentCommand, models.PROTECT, related_name="final_balance")
    status = models.CharField(max_length=255, null=True)
