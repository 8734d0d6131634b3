"""What is looked at over the whole fleet: credit that units do not take over, and clocks that run wrong."""

import datetime as dt
from collections.abc import Collection, Iterator
from typing import Any

from django.db.models import Exists, OuterRef

from apps.connectivity.models import SmsHistory
from apps.dcm.models import Balance, PaymentCommand
from apps.dcm.queries import LEAST_DRIFT_TIME, MOST_DRIFT, drift
from apps.products.models import Product
from apps.products.states import TERMINATED

PIECE = 500  # units looked up at once


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


def clocks_to_judge(alarmed: Collection[str]) -> Iterator[tuple[str, float]]:
    """(IMEI, share) of the units whose clock has begun to run wrong, or, among those `alarmed`, runs right again.
    Whether a unit was on throughout is looked up only where the balance says so much."""
    rows = Balance.objects.exclude(since=None).filter(balance__gt=0, product__dcm_enabled_flag=True)
    for row in rows.select_related("product").order_by("pk").iterator(chunk_size=2000):
        if row.since is None or row.since_balance is None or row.reported_at is None:
            continue
        wall = (row.reported_at - row.since).total_seconds()
        if wall < LEAST_DRIFT_TIME:
            continue
        wrong = abs((row.since_balance - row.balance) / wall - 1) > MOST_DRIFT
        if wrong != (row.product_id in alarmed) and (found := drift(row)) is not None:
            yield row.product_id, found.share
