"""What is known of the credit of units."""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from django.db.models import Exists, OuterRef, Q, QuerySet, Sum

from apps.connectivity.models import SmsHistory
from apps.dcm.models import (
    BAD_PAYMENT,
    FORCE_RESET,
    PAYMENT,
    ZERO,
    Balance,
    OfflineToken,
    PaymentCommand,
    TokenKey,
)
from apps.dcm.tokens import ADD_TIME, OpenPaygo
from apps.products.models import Connection, Product
from apps.products.states import TERMINATED

LONG_ENOUGH = 86400.0  # seconds that a clock is watched for before it is judged
DRIFTS = 0.1  # the share from which on a clock runs wrong
PIECE = 500  # units looked up at once


def commands(product: Product) -> QuerySet[PaymentCommand]:
    """All of this unit's, the newest first."""
    return PaymentCommand.objects.filter(product=product).order_by("-pk")


def outstanding(product: Product) -> QuerySet[PaymentCommand]:
    """What the unit is still to take over, in the order in which it was given."""
    return PaymentCommand.objects.filter(PaymentCommand.OUTSTANDING, product=product).order_by("pk")


def number_outstanding(product: Product) -> int:
    return outstanding(product).count()


def told(product: Product) -> QuerySet[PaymentCommand]:
    """What stands in the unit's instructions: outstanding, and not given as a token instead."""
    return outstanding(product).filter(withdrawn=False)


def zero_pending(product: Product) -> PaymentCommand | None:
    """The zero-command that is neither void nor answered by its final balance."""
    return outstanding(product).filter(category=ZERO).first()


def is_resetting(product: Product) -> bool:
    """A force-reset is on its way: what the unit says of its balance is of credit that was given back."""
    return outstanding(product).filter(category=FORCE_RESET).exists()


def sums(product: Product, *, before: int | None = None) -> dict[str, int]:
    """Seconds since the unit was last zeroed: `added` by payments, `removed` by bad-payments (a positive number), and
    `outstanding`, the net of those that are not yet acknowledged. `before`: of commands older than this one."""
    live = PaymentCommand.objects.filter(product=product, void=False, category__in=(PAYMENT, BAD_PAYMENT))
    if before is not None:
        live = live.filter(pk__lt=before)
    found = live.aggregate(
        added=Sum("value", filter=Q(category=PAYMENT)),
        removed=Sum("value", filter=Q(category=BAD_PAYMENT)),
        outstanding=Sum("value", filter=Q(status=None)),
    )
    return {"added": found["added"] or 0, "removed": -(found["removed"] or 0), "outstanding": found["outstanding"] or 0}


def balance_of(product: Product) -> Balance | None:
    return Balance.objects.filter(product=product).first()


def is_at_zero(product: Product, reported: int | None) -> bool:
    """Whether the unit switches itself off for want of credit: `reported` by it just now, else what it said last."""
    if not (product.dcm_enabled_flag and product.is_payg):
        return False
    if reported is not None:
        return reported == 0
    row = balance_of(product)
    return row is not None and row.balance == 0


def drift(row: Balance) -> float | None:
    """By what share a unit's clock runs wrong: how much faster (above 0) or slower its balance fell than time went by.
    None where that can't be said: under a day, at zero, or while nothing is counted."""
    unit = row.product
    if row.since is None or row.since_balance is None or row.reported_at is None or row.balance <= 0:
        return None
    passed = (row.reported_at - row.since).total_seconds()
    if passed < LONG_ENOUGH or not (unit.current_enable_flag and unit.dcm_enabled_flag and unit.is_payg):
        return None
    return (row.since_balance - row.balance - passed) / passed


def judged_clocks() -> Iterator[tuple[str, float]]:
    """(IMEI, drift) of every unit whose clock can be judged, read piece by piece."""
    rows = Balance.objects.exclude(since=None).filter(balance__gt=0, product__current_enable_flag=True)
    for row in rows.select_related("product").order_by("pk").iterator(chunk_size=2000):
        share = drift(row)
        if share is not None:
            yield row.product_id, share


def known_credit(product: Product) -> int:
    """What the customer has, as far as we know: the unit's last word and what is on its way. Never below 0."""
    row: Any = balance_of(product)
    return max(0, (row.balance if row else 0) + sums(product)["outstanding"])


def units_waiting(before: dt.datetime) -> Iterator[str]:
    """IMEIs of units in use with a command from before this time that they have not taken over, and that no wake-up
    went to since. Read piece by piece, each unit once."""
    late = PaymentCommand.objects.filter(PaymentCommand.OUTSTANDING, withdrawn=False, created_at__lt=before)
    late = late.exclude(product__latest_state__current_state_type_id=TERMINATED)
    sent = SmsHistory.objects.filter(product=OuterRef("product"), created_at__gte=before)
    rows: Any = late.filter(~Exists(sent)).order_by("product_id").values_list("product_id", flat=True).distinct()
    last = ""
    while piece := list(rows.filter(product__product_imei__gt=last)[:PIECE]):
        yield from piece
        last = piece[-1]


def woken_since(product: Product, moment: dt.datetime) -> bool:
    """Whether a wake-up was queued or sent since then, for whatever reason."""
    return SmsHistory.objects.filter(product=product, created_at__gte=moment).exists()


def token_key_of(product: Product) -> TokenKey | None:
    return TokenKey.objects.filter(product=product).first()


def provider_of(key: TokenKey) -> OpenPaygo:
    return OpenPaygo(key.secret_key, key.starting_code, key.time_divider, key.restricted)


def tokens_of(product: Product) -> QuerySet[OfflineToken]:
    """The codes that were issued for this unit, the newest first."""
    rows = OfflineToken.objects.filter(product_id=product.product_imei)
    return rows.select_related("command").order_by("-pk")


def tokens_to_send(product: Product, count: int) -> list[OfflineToken]:
    """The codes that a unit whose counter stands at `count` can still take, in the order to enter them."""
    rows = tokens_of(product).filter(Q(type=ADD_TIME) | Q(count__gt=count), state=OfflineToken.ISSUED)
    return list(rows.order_by("count"))


def unit_of_serial(serial: str) -> Product | None:
    """The unit that an OpenPAYGO serial number means: its serial number, else its IMEI."""
    rows = Product._base_manager
    found: Product | None = (
        rows.filter(serial_number=serial).first() or rows.filter(product_imei=serial).first()
    )  # fmt: skip
    return found


def has_connected(product: Product) -> bool:
    return Connection.objects.filter(product=product).exists()


def zero_to_enter(product: Product) -> PaymentCommand | None:
    """The last order to zero the unit, where a code from before it may still be entered: it must be entered as a code
    too, even if the unit has confirmed it over the network, for only that ends the other."""
    zero = (
        PaymentCommand.objects.filter(product=product, void=False, category__in=(ZERO, FORCE_RESET))
        .order_by("pk")
        .last()
    )
    if zero is None or zero.withdrawn:
        return None
    loose = tokens_of(product).filter(type=ADD_TIME, state=OfflineToken.ISSUED, command__pk__lt=zero.pk)
    return zero if loose.exists() else None


def zeroing_around(payment: PaymentCommand) -> PaymentCommand | None:
    """An order to zero the unit that is not carried out, which a code for this payment would get out of order with: an
    older one that has no code yet, or a younger one that has."""
    zeroing = outstanding(payment.product).filter(category__in=(ZERO, FORCE_RESET))
    return zeroing.filter(
        Q(pk__lt=payment.pk, withdrawn=False) | Q(pk__gt=payment.pk, withdrawn=True)
    ).first()  # fmt: skip


def paid_since(zero: PaymentCommand) -> bool:
    """Credit that was ordered after this zeroing has reached the unit, or is on its way as a code."""
    since = PaymentCommand.objects.filter(product=zero.product, pk__gt=zero.pk, void=False, category=PAYMENT)
    return since.filter(Q(withdrawn=True) | Q(status=PaymentCommand.ACKNOWLEDGED)).exists()
