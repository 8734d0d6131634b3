"""What units do to the system. `by` is the unit itself; its row is locked by the exchange (views.py)."""

from collections.abc import Mapping, Sequence
from typing import Any

from django.utils import timezone

from apps.core.actions import action
from apps.core.actors import Actor
from apps.dcm import actions as dcm
from apps.dcm import queries
from apps.gateway.instructions import awaited, instructions_for
from apps.gateway.models import Told
from apps.gateway.openpaygo.points import ASKED, seconds_left, token_count
from apps.gateway.report import Report
from apps.products import actions as products
from apps.products.models import Product
from apps.repairs import actions as repairs
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
    was_on = product.current_enable_flag
    if report.enabled is not None:
        at_zero = queries.is_at_zero(product, report.balance)
        products.settle_power(product, reported=report.enabled, at_zero=at_zero, by=by)
    if report.tamper_enabled is not None:
        products.settle_tamper(product, reported=report.tamper_enabled, by=by)
    told = Told.objects.filter(product=product, unanswered_since__isnull=False).first()
    if report.software is not None:
        told_at = told and told.unanswered_since
        products.settle_software(product, reported=report.software, told_at=told_at, by=by)
    if report.parameters:
        products.settle_parameters(product, reported=report.parameters, by=by)
    if report.part_parameters:
        repairs.settle_part_parameters(product, reported=report.part_parameters, by=by)
    if told is not None:
        told.unanswered_since = None
        told.save(update_fields=["unanswered_since"])
    moved = product.current_enable_flag != was_on
    if report.acknowledged:
        moved |= bool(dcm.acknowledge(product, transaction_ids=report.acknowledged, by=by))
    balance = report.balance
    if report.final_balance is not None:
        final = dcm.record_final_balance(product, **report.final_balance.model_dump(), by=by)
        if final is not None and not final.zero_command.void:
            moved, balance = True, balance or 0  # it has zeroed itself, whether or not it says so twice
    if balance is not None:
        dcm.record_balance(product, balance=balance, anew=moved, by=by)


@action(level=None)
def give_instructions(product: Product, *, by: Actor) -> dict[str, Any]:
    """What the unit is to do. Nothing is changed by it but what time changes, and the note that it was told."""
    products.lapse_orders(product, by=by)
    orders = instructions_for(product)
    if awaited(product, orders):
        _note_told(product)
    return orders


def _note_told(product: Product) -> None:
    now = timezone.now()
    told, _made = Told.objects.get_or_create(product=product)
    told.note(product.order_seq, now)
    told.unanswered_since = now
    told.save()


@action(level=None)
def receive_metrics(
    product: Product, *, data: Mapping[str, Any], uploads: Sequence[store.Upload], taken_at: float, by: Actor
) -> dict[str, Any]:
    """Keep and settle what a unit says in the other dialect, OpenPAYGO Metrics, and what it is to be answered: codes
    that it has not taken yet, and its time, where it asks for them. `data`: its values by their long names; `taken_at`:
    when they were (seconds since 1970)."""
    left = seconds_left(data, taken_at)
    products.record_connection(product, cells=[], lat=None, lon=None, ip_address=None, balance=left, by=by)
    for upload in uploads:
        store.write(product.subject, upload)
    answer: dict[str, Any] = {}
    count = token_count(data)
    if count is not None:
        dcm.report_count(product, count=count, by=by)
        product.refresh_from_db()
    if left is not None:
        dcm.record_balance(product, balance=left, by=by)
    if count is not None:
        answer["token_list"] = [row.token for row in queries.tokens_to_send(product, count)]
    wants_date, wants_seconds = (data.get(name) for name in ASKED)
    if (wants_date or wants_seconds) and (given := dcm.tell_time(product, by=by)) is not None:
        name = "active_until_timestamp" if wants_date else "active_seconds_left"
        answer[name] = int(timezone.now().timestamp()) + given if wants_date else given
    return answer


@action(level=None)
def receive_telemetry(product: Product, *, upload: store.Upload, by: Actor) -> int:
    """Store the points of an upload; returns how many it held."""
    return store.write(product.subject, upload)
