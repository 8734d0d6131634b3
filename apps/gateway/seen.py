"""What an exchange needs to know of a unit, in one read."""

import functools
from dataclasses import dataclass

from django.db import connection
from django.db.models import Exists, OuterRef

from apps.core.statements import TEXT, Statement, compiled
from apps.products.models import Product, ProductParameter


@dataclass(frozen=True)
class Seen:
    """The unit as it stood before the exchange; `counter` … `body` are of its last accepted request, if any."""

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
    counter: int | None
    tag: str | None
    status: int | None
    body: bytes | memoryview | None


@functools.lru_cache(maxsize=4)
def _statement(vendor: str) -> Statement:
    pending = ProductParameter.objects.filter(product=OuterRef("product_imei"), status="pending")
    rows = Product.objects.filter(product_imei=TEXT).annotate(awaits=Exists(pending)).order_by()
    return compiled(
        rows.values_list(
            "pk", "product_imei", "device_key", "product_type__basic_auth_allowed",
            "desired_enable_flag", "current_enable_flag", "latest_enable_history__current_enable_state",
            "desired_tamper_flag", "current_tamper_flag", "latest_tamper_enable_history__current_enable_state",
            "reported_software", "awaits", "last_exchange__counter", "last_exchange__tag", "last_exchange__status",
            "last_exchange__body",
        ),
        key=TEXT,
    )  # fmt: skip


def look_up(imei: str) -> Seen | None:
    rows = _statement(connection.vendor).run(imei)
    return Seen(*rows[0]) if rows else None
