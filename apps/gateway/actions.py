"""What units do to the system. `by` is the unit itself; its row is locked by the exchange (views.py)."""

from apps.core.actions import action
from apps.core.actors import Actor
from apps.dcm import actions as dcm
from apps.gateway.report import Report
from apps.products import actions as products
from apps.products.models import Product
from apps.telemetry import store


@action(level=None)
def receive_report(product: Product, *, report: Report, by: Actor) -> None:
    """Settle what a status report confirms and keep what it tells. Only this makes a connection row."""
    products.record_connection(
        product,
        cells=[cell.model_dump() for cell in report.cells],
        lat=report.gps.lat if report.gps else None,
        lon=report.gps.lon if report.gps else None,
        ip_address=report.ip_address,
        balance=report.balance,
        by=by,
    )
    if report.enabled is not None:
        products.settle_power(product, reported=report.enabled, by=by)
    if report.tamper_enabled is not None:
        products.settle_tamper(product, reported=report.tamper_enabled, by=by)
    if report.software is not None:
        products.settle_software(product, reported=report.software, by=by)
    if report.parameters:
        products.settle_parameters(product, reported=report.parameters, by=by)
    if report.acknowledged:
        dcm.acknowledge(product, transaction_ids=report.acknowledged, by=by)
    if report.final_balance is not None:
        dcm.record_final_balance(product, **report.final_balance.model_dump(), by=by)
    if report.balance is not None:
        dcm.record_balance(product, balance=report.balance, by=by)


@action(level=None)
def receive_telemetry(product: Product, *, upload: store.Upload, by: Actor) -> int:
    """Store the points of an upload; returns how many it held."""
    return store.write(product.subject, upload)
