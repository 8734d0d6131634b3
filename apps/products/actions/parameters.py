"""Parameters of units and of their parts: ordered, confirmed, removed, or overtaken (seed 004, "/parameters/history").

`pending` until the unit reports the value, then `active`; the former active one becomes `removed`. An order that a
newer one of the same type overtakes becomes `expired`, with both dates. Types that may stand several times
(`repeatable`) overtake nothing.
"""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.db.models import Q, QuerySet
from django.utils import timezone

from apps.core.actions import action
from apps.core.actors import Actor
from apps.core.levels import Level
from apps.core.rows import new, touch
from apps.products import deadlines, parameters, queries
from apps.products.actions.announce import announce
from apps.products.models import ParameterType, Product, ProductParameter

PENDING, ACTIVE, REMOVED, EXPIRED = "pending", "active", "removed", "expired"


@action(level=Level.SYSTEM)
def set_parameter(
    product: Product, *, kind: ParameterType, value: str, valid_until: dt.datetime | None = None, by: Actor
) -> ProductParameter | None:
    """Order a value of any parameter, which its table lets SYSTEM do only. `valid_until`: past it the order lapses."""
    row: ProductParameter | None = order_parameter(product, kind=kind, value=value, valid_until=valid_until, by=by)
    return row


@action(level=None)
def order_parameter(
    product: Product, *, kind: ParameterType, value: str, valid_until: dt.datetime | None = None, by: Actor
) -> ProductParameter | None:
    """Order this value; None where it is ordered already, or holds already with nothing else ordered."""
    deadlines.check(valid_until)
    product = queries.fetch(product.product_imei, by=by, lock=True)
    parameters.check(kind, value)
    latest = ProductParameter.objects.filter(product=product, parameter_type=kind, status__in=(PENDING, ACTIVE))
    stands = latest.order_by("-status", "-pk").first()  # a pending one before an active one
    if stands is not None and parameters.same_value(kind, stands.value, value) and not kind.repeatable:
        if stands.status != PENDING or not deadlines.outlasts(valid_until, stands.valid_until):
            return None
        stands.valid_until = valid_until
        touch(stands, "valid_until", by=by)
        _ordered(product, stands, by)
        return stands
    row: ProductParameter = new(
        ProductParameter, by=by, product=product, parameter_type=kind, value=value, status=PENDING,
        valid_until=valid_until,
    )  # fmt: skip
    _ordered(product, row, by)
    return row


@action(level=None)
def lapse_parameters(product: Product, *, by: Actor) -> None:
    """End the orders whose time is over; the caller holds the unit's row."""
    due = ProductParameter.objects.filter(product=product, status=PENDING, valid_until__lte=timezone.now())
    for row in due.select_related("parameter_type"):
        row.status, row.lapsed = EXPIRED, True
        row.date_added = row.date_removed = timezone.now()
        touch(row, "status", "lapsed", "date_added", "date_removed", by=by)
        product.order_seq += 1
        touch(product, "order_seq", by=by)
        announce("product.parameter_lapsed", product, by=by, parameter=row.parameter_type.name, value=row.value)


@action(level=None)
def parameter_row_written(row: ProductParameter, *, by: Actor) -> None:
    """An order through its table."""
    product = Product.objects.select_for_update(no_key=True).get(product_imei=row.product_id)
    parameters.check_written(row)
    _ordered(product, row, by)


def _ordered(product: Product, row: ProductParameter, by: Actor) -> None:
    if row.status == PENDING and row.parameter_type.name in parameters.NEVER_SENT:
        activate(queries.parameter_siblings(row), row, by=by)  # nobody is told, so nobody will confirm
    newest_stands(queries.parameter_siblings(row), row, by=by)
    product.order_seq += 1
    touch(product, "order_seq", by=by)
    if row.status == PENDING:
        announce("product.parameter_ordered", product, by=by, parameter=row.parameter_type.name, value=row.value)


@action(level=None)
def settle_parameters(product: Product, *, reported: Mapping[str, Any], by: Actor) -> None:
    """The unit, whose row the caller holds, names values it has taken over."""
    # One that lapsed may have been told in time and be confirmed late: what the unit says that it holds, it holds.
    ordered = ProductParameter.objects.select_related("parameter_type").filter(product=product)
    late = deadlines.lapsed_parameters().filter(product=product).values("pk")
    confirmed = settle(ordered.filter(Q(status=PENDING) | Q(pk__in=late)), reported, queries.parameter_siblings, by=by)
    if confirmed:
        announce("product.parameters_reported", product, by=by, parameters=confirmed)


@action(level=None)
def settle(pending: QuerySet[Any], reported: Mapping[str, Any], siblings_of: Any, *, by: Actor) -> list[str]:
    """Names of the parameters that these values confirm: their newest pending row becomes active."""
    confirmed = []
    # The few that are pending are looked for among what it says, never the other way round: it may say anything.
    for row in pending.order_by("-pk"):
        if row.parameter_type.name not in reported:
            continue
        row.refresh_from_db(fields=["status"])  # a newer one that was confirmed just now has ended it
        waits = row.status == PENDING or getattr(row, "lapsed", False)
        if waits and parameters.same_value(row.parameter_type, row.value, reported[row.parameter_type.name]):
            activate(siblings_of(row), row, by=by)
            confirmed.append(row.parameter_type.name)
    return confirmed[::-1]


@action(level=None)
def newest_stands(rows: QuerySet[Any], row: Any, *, by: Actor) -> None:
    """Of several pending rows of one type the newest stands. That need not be the one just written: of two that are
    written at once the later number may have come here first."""
    if row.status != PENDING or row.parameter_type.repeatable:
        return
    newest = rows.filter(status=PENDING).order_by("-pk").values_list("pk", flat=True).first() or row.pk
    _overtake(rows, newest, by)
    if newest != row.pk:
        row.refresh_from_db()


def _overtake(rows: QuerySet[Any], by_key: int, by: Actor) -> None:
    """The pending rows before this one will not be told any more."""
    now = timezone.now()
    rows.filter(status=PENDING, pk__lt=by_key).update(
        status=EXPIRED, date_added=now, date_removed=now, **_meta(now, by)
    )


@action(level=None)
def activate(rows: QuerySet[Any], row: Any, *, by: Actor) -> None:
    now = timezone.now()
    if not row.parameter_type.repeatable:
        rows.filter(status=ACTIVE).exclude(pk=row.pk).update(status=REMOVED, date_removed=now, **_meta(now, by))
        _overtake(rows, row.pk, by)
    row.status, row.date_added, row.date_removed = ACTIVE, now, None
    ended = ["lapsed"] if getattr(row, "lapsed", False) else []
    for name in ended:
        setattr(row, name, False)
    touch(row, "status", "date_added", "date_removed", *ended, by=by)


def _meta(now: dt.datetime, by: Actor) -> dict[str, Any]:
    return {"modified_at": now, "modified_by": by.name_for_record}
