"""Credit that units carry themselves (device credit management)."""

import datetime as dt
import re
from decimal import Decimal
from typing import Any, ClassVar

from django.db import models
from django.utils import timezone

from apps.accounts.models import Entity, User
from apps.core.columns import BadValue
from apps.core.crypto import EncryptedField
from apps.core.fields import OptionField, options
from apps.core.models import Row
from apps.core.scope import ByEntity, Follows
from apps.products.models import Product, of_product

MOST_SECONDS = 2**31 - 1  # of one command, either way; sums and balances are never refused
LONGEST_ID = 255
LAST_DAY = dt.datetime(9999, 12, 31, tzinfo=dt.UTC)

PAYMENT, BAD_PAYMENT, ZERO, FORCE_RESET = "payment", "bad-payment", "zero-command", "force-reset"
CREDIT_TAKEN = (BAD_PAYMENT, ZERO, FORCE_RESET)


def transaction_id(value: Any) -> None:
    """An id that a unit can acknowledge: what it is at every door. Raises BadValue."""
    if not (isinstance(value, str) and 1 <= len(value) <= LONGEST_ID and value.isprintable() and value.strip()):
        raise BadValue(f"must be 1 to {LONGEST_ID} printable characters")


class Balance(Row):
    """What a unit last reported of its own credit: seconds left, and when they will have run out. One row a unit; what
    it told before stands with its connections and as telemetry (measurement `dcm`).

    After a force-reset it reads 0 until the unit has acknowledged that: what the unit says before is of credit that was
    given back. `reported_at` is null where no report ever came.
    """

    SCOPE = Follows("product")
    BUSY = ("*",)
    HIDDEN = ("reported_at", "since", "since_balance")

    balance_id = models.BigAutoField(primary_key=True)
    product = of_product("balance", db_index=False)
    balance = models.BigIntegerField()
    expected_expiry = models.DateTimeField()
    reported_at = models.DateTimeField(null=True)
    # Since when the balance only falls by itself, and from what: a clock that runs wrong shows in how fast (drift).
    since = models.DateTimeField(null=True)
    since_balance = models.BigIntegerField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["product"], name="dcm_balance_once")]
        indexes = [models.Index(fields=["expected_expiry"], name="dcm_balance_expiry")]  # whose credit ends soon

    def before_import(self) -> dict[str, str]:
        return {"balance": "must be 0 or more"} if self.balance < 0 else {}

    @staticmethod
    def expiry_of(balance: int) -> dt.datetime:
        """When a balance of now (seconds) will have run out."""
        now = timezone.now()
        left = (LAST_DAY - now).total_seconds()
        return now + dt.timedelta(seconds=balance) if balance < left else LAST_DAY


class SpentId(models.Model):
    """Every transaction id that was ever used, by a command or a token: each moves credit once, whoever is faster."""

    transaction_id = models.CharField(max_length=LONGEST_ID, primary_key=True)

    def __str__(self) -> str:
        return self.transaction_id


class PaymentCommand(Row):
    """Credit given to or taken from a unit, in seconds; the unit acknowledges it by `transaction_id`.

    `status` is empty until then; `void`: reset away, kept as history only. `reason`: of whoever took credit away.
    `added_before` (of a zero-command that a force-reset voided): seconds that had been given by then, which its final
    balance is told with if it comes after all. `withdrawn`: a token was issued for it, so that it is told no more.
    """

    SCOPE = Follows("product")
    HIDDEN = ("reason", "added_before", "withdrawn")
    RULES: ClassVar[Any] = {"transaction_id": transaction_id}
    ACKNOWLEDGED = "acknowledged"
    OUTSTANDING = models.Q(void=False, status=None)

    payment_command_id = models.AutoField(primary_key=True)
    product = of_product("payment_command", models.PROTECT)
    value = models.IntegerField()
    category = OptionField(max_length=255, choices=options(BAD_PAYMENT, FORCE_RESET, PAYMENT, ZERO))
    void = models.BooleanField()
    status = models.CharField(max_length=255, null=True)
    transaction_id = models.CharField(max_length=LONGEST_ID, unique=True)
    reason = models.TextField(null=True)
    added_before = models.BigIntegerField(null=True)
    withdrawn = models.BooleanField(default=False)

    class Meta:
        indexes = [
            models.Index(
                fields=["product", "payment_command_id"],
                condition=models.Q(void=False, status=None),
                name="dcm_outstanding",
            )
        ]

    def before_import(self) -> dict[str, str]:
        """What the rules of one command refuse, whatever else there is (contract/actions.md, "Credit")."""
        wrong = wrong_value(self.category, self.value)
        if self.status not in (None, self.ACKNOWLEDGED):
            wrong["status"] = f"must be empty or {self.ACKNOWLEDGED}"
        try:
            transaction_id(self.transaction_id)
        except BadValue as bad:
            wrong["transaction_id"] = str(bad)
        return wrong

    @classmethod
    def after_import(cls, rows: list[Any]) -> None:
        """Their ids are used up, and the units are told anew."""
        SpentId.objects.bulk_create([SpentId(row.transaction_id) for row in rows], ignore_conflicts=True)
        units = Product._base_manager.filter(product_imei__in={row.product_id for row in rows})
        units.update(order_seq=models.F("order_seq") + 1)


def wrong_value(category: str, value: int) -> dict[str, str]:
    """{"value": why} where a command of this category can't have that many seconds."""
    text = ""
    if abs(value) > MOST_SECONDS:
        text = f"must be from -{MOST_SECONDS} to {MOST_SECONDS} seconds"
    elif category == PAYMENT and value <= 0:
        text = "must be greater than 0 for a payment"
    elif category == BAD_PAYMENT and value >= 0:
        text = "must be less than 0 for a bad-payment"
    elif category in (ZERO, FORCE_RESET) and value != 0:
        text = f"must be 0 for a {category}"
    return {"value": text} if text else {}


class FinalBalance(Row):
    """What was left on a unit when its credit was zeroed; `total_added`: seconds it was ever given before. `status` is
    `unknown` where it was zeroed by a code and never says what it has."""

    SCOPE = Follows("product")
    UNKNOWN = "unknown"

    final_balance_id = models.AutoField(primary_key=True)
    product = of_product("final_balance")
    final_balance = models.BigIntegerField()
    total_added = models.BigIntegerField()
    zero_command = models.ForeignKey(PaymentCommand, models.PROTECT, related_name="final_balance")
    status = models.CharField(max_length=255, null=True)


class TokenKey(models.Model):
    """What an OpenPAYGO unit was given in its factory, and how far it has come. Not a table of /v1; its secrets are
    encrypted and shown nowhere.

    `count` is that of the last token made and never goes back; `known_count` the highest that the unit is known to have
    reached. `request_count` and `request_time` (seconds since 1970) are of the unit's last accepted Metrics request,
    `answer` (JSON) is what it got. `active_until`: for units that ask for their time instead of tokens, until when
    their credit lasts; the server keeps it from the first asking on.
    """

    product = models.OneToOneField(Product, models.CASCADE, primary_key=True, related_name="token_key")
    secret_key = EncryptedField(label="token.secret_key")
    starting_code = EncryptedField(label="token.starting_code", null=True)  # digits; null: derived from the key
    count = models.PositiveIntegerField(default=0)
    known_count = models.PositiveIntegerField(default=0)
    time_divider = models.PositiveSmallIntegerField(default=1)
    restricted = models.BooleanField(default=False)  # digits 1 to 4 only
    hardware_model = models.CharField(max_length=255, null=True)
    imported_at = models.DateTimeField(default=timezone.now)
    request_count = models.BigIntegerField(null=True)
    request_time = models.BigIntegerField(null=True)
    answer = models.TextField(null=True)
    active_until = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"token key of unit {self.product_id}"


class OfflineToken(models.Model):
    """A code that people type into a unit without network. Its id is that of the command it stands for, or its own (to
    unlock, to bring the counter in line). Once `entered`, or `dead` because the unit takes it no more, it stays so."""

    ADD_TIME, SET_TIME, DISABLE_PAYG, COUNTER_SYNC = "ADD_TIME", "SET_TIME", "DISABLE_PAYG", "COUNTER_SYNC"
    ISSUED, ENTERED, DEAD = "issued", "entered", "dead"

    transaction_id = models.CharField(max_length=LONGEST_ID, unique=True)
    product = of_product("offline_tokens")
    command = models.OneToOneField(PaymentCommand, models.CASCADE, null=True, related_name="token")
    type = OptionField(max_length=20, choices=options(ADD_TIME, SET_TIME, DISABLE_PAYG, COUNTER_SYNC))
    count = models.PositiveIntegerField()
    units = models.PositiveSmallIntegerField()
    token = EncryptedField(label="token.token")  # whoever reads it can give its credit
    issued_at = models.DateTimeField(default=timezone.now)
    issued_by = models.TextField()
    state = OptionField(max_length=10, choices=options(ISSUED, ENTERED, DEAD), default=ISSUED)
    entered_at = models.DateTimeField(null=True)
    entered_by = models.TextField(null=True)

    class Meta:
        ordering = ("-pk",)
        constraints = [models.UniqueConstraint(fields=["product", "count"], name="dcm_token_count_once")]

    def __str__(self) -> str:
        return f"{self.type} {self.count} of unit {self.product_id}"


_AMOUNT = re.compile(r"\d{1,9}(\.\d{1,4})?")


def price(value: Any) -> None:
    """An amount of money above 0, as text. Raises BadValue."""
    if not (isinstance(value, str) and _AMOUNT.fullmatch(value) and Decimal(value) > 0):
        raise BadValue("must be an amount above 0 such as 0.50")


def currency(value: Any) -> None:
    if not (isinstance(value, str) and re.fullmatch("[A-Z]{3}", value)):
        raise BadValue("must be three capital letters such as USD")


class Tariff(Row):
    """What a day of light costs the customers of an entity (ours). The price is a text, so that no door on its way
    makes a number with an inexact end of it."""

    SCOPE = ByEntity("entity")
    RULES: ClassVar[Any] = {"price_per_day": price, "currency": currency}

    tariff_id = models.AutoField(primary_key=True)
    entity = models.OneToOneField(Entity, models.PROTECT, related_name="credit_tariff")
    price_per_day = models.CharField(max_length=16)
    currency = models.CharField(max_length=3)

    def __str__(self) -> str:
        return f"{self.price_per_day} {self.currency}"

    @property
    def per_day(self) -> Decimal:
        return Decimal(self.price_per_day)


class Receipt(Row):
    """What a payment at a counter was told to be (ours): what was paid for it at which price, and until when the light
    was to burn before and after, as the customer was shown. None: nobody knew."""

    SCOPE = Follows("command")

    receipt_id = models.AutoField(primary_key=True)
    command = models.OneToOneField(PaymentCommand, models.CASCADE, related_name="receipt")
    amount = models.CharField(max_length=16, blank=True, default="")
    price_per_day = models.CharField(max_length=16, blank=True, default="")
    currency = models.CharField(max_length=3, blank=True, default="")
    until_before = models.DateTimeField(null=True)
    until_after = models.DateTimeField(null=True)


WAITING, AGREED, REFUSED, WITHDRAWN = "waiting", "agreed", "refused", "withdrawn"


class CreditRequest(Row):
    """Credit that somebody asks to take away, and that a second person is to agree to (ours). Its transaction id is
    used up when it is agreed to and not before. `seconds`: what it took when it was asked for."""

    SCOPE = Follows("product")

    credit_request_id = models.AutoField(primary_key=True)
    product = of_product("credit_request")
    category = OptionField(max_length=255, choices=options(BAD_PAYMENT, FORCE_RESET, ZERO))
    value = models.IntegerField()
    seconds = models.BigIntegerField()
    reason = models.TextField()
    transaction_id = models.CharField(max_length=LONGEST_ID, unique=True)
    state = OptionField(max_length=10, choices=options(WAITING, AGREED, REFUSED, WITHDRAWN), default=WAITING)
    asked_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    decided_by = models.ForeignKey(User, models.SET_NULL, null=True, related_name="+")
    decided_at = models.DateTimeField(null=True)
    answer = models.TextField(blank=True, default="")

    class Meta:
        indexes = [
            models.Index(
                fields=["product", "credit_request_id"], condition=models.Q(state="waiting"), name="dcm_request_waiting"
            )
        ]
