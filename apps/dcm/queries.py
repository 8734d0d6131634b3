"""What is known of the credit of units."""

import datetime as dt
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet, Sum
from django.utils import timezone

from apps.dcm.models import (
    BAD_PAYMENT,
    FORCE_RESET,
    PAYMENT,
    WAITING,
    ZERO,
    Balance,
    CreditRequest,
    OfflineToken,
    PaymentCommand,
    Tariff,
    TokenKey,
)
from apps.dcm.tokens import ADD_TIME, OpenPaygo
from apps.products.models import Connection, EnableState, Product, ProductEntityLinker


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


def known_credit(product: Product) -> int:
    """What the customer has, as far as we know: the unit's last word and what is on its way. Never below 0."""
    row: Any = balance_of(product)
    return max(0, (row.balance if row else 0) + sums(product)["outstanding"])


LEAST_DRIFT_TIME = 86400  # seconds of wall time before a clock is judged
MOST_DRIFT = 0.10
SLACK = 3600  # seconds that a unit may say more than it was given: reports are rounded, and clocks are set


@dataclass(frozen=True)
class Drift:
    """A unit's clock against ours: so many seconds its balance fell by itself, in so many seconds of wall time."""

    fell: int
    wall: int

    @property
    def share(self) -> float:
        """0.12: the unit's clock runs 12 % fast; below 0: slow."""
        return self.fell / self.wall - 1

    @property
    def is_large(self) -> bool:
        return abs(self.share) > MOST_DRIFT


def drift(row: Balance | None) -> Drift | None:
    """How fast the unit counts its credit down, over what it reported since something other than time last moved it.
    None where that can't be judged: less than a day, not on throughout, at zero, paid off."""
    if row is None or row.since is None or row.since_balance is None or row.reported_at is None or row.balance <= 0:
        return None
    wall = int((row.reported_at - row.since).total_seconds())
    product = row.product
    if wall < LEAST_DRIFT_TIME or not (product.dcm_enabled_flag and product.is_payg):
        return None
    confirmed = (EnableState.ENABLED, EnableState.DISABLED)
    switched = product.enable_history_rel.filter(current_enable_state__in=confirmed)
    if switched.filter(
        current_enable_state=EnableState.DISABLED, date__gt=row.since, date__lte=row.reported_at
    ).exists():
        return None
    before = switched.filter(date__lte=row.since).order_by("-date", "-pk").first()
    was_on = before.current_enable_state == EnableState.ENABLED if before else product.current_enable_flag
    return Drift(row.since_balance - row.balance, wall) if was_on else None


@dataclass(frozen=True)
class Standing:
    """What a unit's credit is, as far as we know. `added`, `removed` and `outstanding` as sums() has them; `until`:
    when the light ends with all that is on its way, None where the unit has never said; `left`: seconds until then."""

    row: Balance | None
    added: int
    removed: int
    outstanding: int
    ends_at_zero: bool  # a zero-command or a force-reset is on its way
    left: int
    excess: int  # seconds that the unit says more than it was ever given; 0 where that is in order

    @property
    def heard(self) -> bool:
        return self.row is not None and self.row.reported_at is not None

    @property
    def until(self) -> dt.datetime | None:
        return Balance.expiry_of(self.left) if self.heard or self.left else None

    def after(self, seconds: int) -> dt.datetime:
        """When the light would end with so much more."""
        return Balance.expiry_of(max(0, self.left + seconds))


def standing(product: Product) -> Standing:
    row, found = balance_of(product), sums(product)
    ends = outstanding(product).filter(category__in=(ZERO, FORCE_RESET)).order_by("-pk").first()
    said = max(0, int((row.expected_expiry - timezone.now()).total_seconds())) if row is not None else 0
    if ends is None:
        left = said + found["outstanding"]
    else:  # what comes after it counts; what the unit holds goes
        later = outstanding(product).filter(pk__gt=ends.pk, category__in=(PAYMENT, BAD_PAYMENT))
        left = later.aggregate(sum=Sum("value"))["sum"] or 0
    given = found["added"] - found["removed"]
    excess = row.balance - given if row is not None and found["added"] and ends is None else 0
    return Standing(
        row, found["added"], found["removed"], found["outstanding"], ends is not None, max(0, left),
        excess if excess > SLACK else 0,
    )  # fmt: skip


def tariffs(product: Product, by: Any) -> list[Tariff]:
    """Prices of a day, of the entities of the unit that the reader sees."""
    links = ProductEntityLinker.objects.filter(product=product, date_removed=None).values("entity")
    return list(Tariff.objects.visible_to(by).filter(entity__in=links).select_related("entity").order_by("pk"))


def waiting(product: Product) -> QuerySet[CreditRequest]:
    """Removals of this unit that wait for a second person."""
    return CreditRequest.objects.filter(product=product, state=WAITING).order_by("-pk")


def requests(by: Any) -> QuerySet[CreditRequest]:
    """Removals that were asked for, in the reader's scope, the newest first."""
    rows: QuerySet[CreditRequest] = CreditRequest.objects.visible_to(by).select_related(
        "product__product_type", "asked_by", "decided_by"
    )
    return rows.order_by("-pk")


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
