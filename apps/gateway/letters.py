"""What units say in real time, settled as what they say at /v1/rc_data and /v1/rm_data. The caller holds their row."""

from typing import Any

from apps.core.actors import Actor
from apps.gateway import actions
from apps.gateway.report import read_report
from apps.products.models import Product
from apps.telemetry import store


def settle_status(product: Product, content: Any, *, by: Actor) -> None:
    actions.receive_report(product, report=read_report(content), by=by)


def keep_telemetry(product: Product, content: Any, *, by: Actor) -> None:
    actions.receive_telemetry(product, upload=store.check(content), by=by)
