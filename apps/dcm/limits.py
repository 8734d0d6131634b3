"""How much credit somebody may take away at once, and from what on that wants a second person. In settings."""

import datetime as dt

from django.conf import settings
from django.db.models import Sum
from django.utils import timezone

from apps.core.actors import Actor
from apps.core.refusals import Invalid
from apps.dcm.models import BAD_PAYMENT, PaymentCommand
from apps.products.models import Product

TOGETHER = dt.timedelta(days=1)  # removals within it count as one: none gets past the limit in slices


def most_of(by: Actor) -> int | None:
    """Seconds that somebody of this level may take away at once; None: as much as they like."""
    most: int | None = settings.CREDIT_REMOVAL_LIMITS.get(by.level.value)
    return most


def within_limit(seconds: int, *, by: Actor) -> None:
    """Raises Refused `over_limit` where somebody of this level may not take that much away (CREDIT_REMOVAL_LIMITS)."""
    most = most_of(by)
    if most is not None and seconds > most:
        text = f"takes {seconds} seconds away; {by.level.value} may take {most}, somebody of a higher level more"
        raise Invalid({"value": text}, code="over_limit")


def wants_consent(product: Product, seconds: int, *, by: Actor) -> bool:
    """Whether taking so many seconds away waits for a second person (CREDIT_CONSENT_ABOVE; 0: never)."""
    most = settings.CREDIT_CONSENT_ABOVE
    if not most:
        return False
    lately = PaymentCommand.objects.filter(
        product=product, category=BAD_PAYMENT, void=False, created_by=by.name_for_record,
        created_at__gt=timezone.now() - TOGETHER,
    )  # fmt: skip
    return bool(seconds - (lately.aggregate(sum=Sum("value"))["sum"] or 0) > most)
