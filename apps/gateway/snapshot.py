"""What an exchange needs to know of a unit, in one read.

A unit's three requests come within seconds of each other, so a process remembers for a minute what it saw. Whoever acts
on what is remembered makes the database check that all of it still holds (quiet_report.py); nobody else uses it.
"""

import functools
import time
from dataclasses import dataclass

from django.db import connection
from django.db.models import Case, Exists, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Concat

from apps.core.statements import TEXT, Statement, compiled
from apps.dcm.models import FORCE_RESET, PaymentCommand
from apps.gateway import signature
from apps.parts.models import PartParameter
from apps.products.models import Product, ProductParameter, ProductSoftwareLinker
from apps.products.models.product import SUBJECT
from apps.telemetry.models import Series


@dataclass(frozen=True)
class Snapshot:
    """The unit as it stood before the exchange; `counter` is of its last accepted request, if any."""

    pk: int
    imei: str
    device_key: str | None
    basic_auth_allowed: bool
    desired_enable_flag: bool
    current_enable_flag: bool
    enable_state: str | None
    desired_tamper_flag: bool
    current_tamper_flag: bool
    tamper_state: str | None
    reported_software: str | None
    awaits_parameters: bool
    awaits_software: bool
    parts_await: bool
    order_seq: int
    keeps_credit: bool
    is_resetting: bool
    balance_series: int | None
    device_key_digest: str | None
    latest_enable_history_id: int | None
    latest_tamper_enable_history_id: int | None
    counter: int | None

    @functools.cached_property
    def unit_key(self) -> bytes | None:
        return signature.unit_key(self.device_key) if self.device_key else None


@functools.lru_cache(maxsize=4)
def _statement(vendor: str) -> Statement:
    own = {"product": OuterRef("product_imei")}
    in_parts = PartParameter.objects.filter(
        status="pending", part__part_product_linker__product=OuterRef("product_imei"),
        part__part_product_linker__date_removed=None,
    )  # fmt: skip
    series = Series.objects.filter(
        subject=Concat(Value(SUBJECT), OuterRef("product_imei")), measurement="dcm", field="balance", tags="{}"
    )
    rows = (
        Product.objects.filter(product_imei=TEXT)
        .order_by()
        .annotate(
            awaits=Exists(ProductParameter.objects.filter(Q(status="pending") | Q(lapsed=True), **own)),
            awaits_software=Exists(ProductSoftwareLinker.objects.filter(**own, date_added=None, date_removed=None)),
            parts_await=Exists(in_parts),
            keeps_credit=Case(When(dcm_enabled_flag=True, is_payg=True, then=True), default=False),
            is_resetting=Exists(PaymentCommand.objects.filter(PaymentCommand.OUTSTANDING, category=FORCE_RESET, **own)),
            balance_series=Subquery(series.values("pk")[:1]),
        )
    )
    return compiled(
        rows.values_list(
            "pk", "product_imei", "device_key", "product_type__basic_auth_allowed",
            "desired_enable_flag", "current_enable_flag", "latest_enable_history__current_enable_state",
            "desired_tamper_flag", "current_tamper_flag", "latest_tamper_enable_history__current_enable_state",
            "reported_software", "awaits", "awaits_software", "parts_await",
            "order_seq", "keeps_credit", "is_resetting", "balance_series", "device_key_digest",
            "latest_enable_history_id", "latest_tamper_enable_history_id", "last_exchange__counter",
        ),
        key=TEXT,
    )  # fmt: skip


REMEMBER = 60.0  # seconds
MOST_REMEMBERED = 20_000
_remembered: dict[str, tuple[float, Snapshot]] = {}


def look_up(imei: str) -> Snapshot | None:
    """The unit as it stands now."""
    rows = _statement(connection.vendor).run(imei)
    if not rows:
        return None
    seen = Snapshot(*rows[0])
    if len(_remembered) >= MOST_REMEMBERED:
        _remembered.clear()
    _remembered[imei] = (time.monotonic() + REMEMBER, seen)
    return seen


def recall(imei: str) -> Snapshot | None:
    """The unit as this process last saw it, within a minute."""
    held = _remembered.get(imei)
    return held[1] if held is not None and held[0] > time.monotonic() else None


def forget() -> None:
    """For tests, whose databases come and go."""
    _remembered.clear()
