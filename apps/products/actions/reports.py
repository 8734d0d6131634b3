"""What a unit's status report changes. The caller (gateway) holds the unit's row."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from apps.core.actions import action
from apps.core.actors import Actor
from apps.core.rows import new, touch
from apps.products.actions.announce import announce
from apps.products.models import (
    Connection,
    Product,
    ProductParameter,
    ProductSoftwareLinker,
    SoftwareVersionType,
)
from apps.products.parameters import same_value


@action(level=None)
def record_connection(
    product: Product,
    *,
    cells: list[dict[str, int | None]],
    lat: float | None,
    lon: float | None,
    ip_address: str | None,
    balance: int | None,
    by: Actor,
) -> Connection:
    """The contact itself, dated by our clock: the cells and the position that the unit saw, the credit it had."""
    located = lat is not None and lon is not None
    columns = Connection.columns_of_contact(cells, lat, lon, balance)
    connection: Connection = new(Connection, by=by, product=product, **columns)
    product.latest_connection = connection
    changed = ["latest_connection"]
    if located:
        product.latest_connection_location, product.gps_lat, product.gps_lon = connection, lat, lon
        changed += ["latest_connection_location", "gps_lat", "gps_lon"]
    if ip_address is not None and ip_address != product.ip_address:
        product.ip_address = ip_address
        changed.append("ip_address")
    product.save(update_fields=changed)
    return connection


@action(level=None)
def settle_software(product: Product, *, reported: str, by: Actor) -> None:
    """The unit says which software runs on it: an ordered version it names is confirmed, the former one ends."""
    if product.reported_software == reported:
        return
    product.reported_software = reported
    touch(product, "reported_software", by=by)
    version = SoftwareVersionType.objects.filter(name=reported).first()
    links = ProductSoftwareLinker.objects.filter(product=product, date_removed=None)
    now = timezone.now()
    done = {"modified_at": now, "modified_by": by.name_for_record}
    links.filter(date_added__isnull=False).update(date_removed=now, **done)
    if version is not None:
        ordered = links.filter(date_added=None, software_version_type=version)
        if not ordered.update(date_added=now, **done):
            new(ProductSoftwareLinker, by=by, product=product, software_version_type=version, date_added=now)
    announce("product.software_reported", product, by=by, software=reported)


@action(level=None)
def settle_parameters(product: Product, *, reported: Mapping[str, Any], by: Actor) -> None:
    """The unit names values it took over: what was pending with this value is active, what was active before ends."""
    pending = ProductParameter.objects.select_related("parameter_type").filter(
        product=product, status="pending", parameter_type__name__in=list(reported)[:1000]
    )
    confirmed = []
    for row in pending.order_by("pk"):
        if not same_value(row.parameter_type, row.value, reported[row.parameter_type.name]):
            continue
        _activate(row, timezone.now(), by)
        confirmed.append(row.parameter_type.name)
    if confirmed:
        announce("product.parameters_reported", product, by=by, parameters=confirmed)


def _activate(row: ProductParameter, now: dt.datetime, by: Actor) -> None:
    if not row.parameter_type.repeatable:
        ProductParameter.objects.filter(product=row.product, parameter_type=row.parameter_type, status="active").update(
            status="expired", date_removed=now, modified_at=now, modified_by=by.name_for_record
        )
    row.status, row.date_added = "active", now
    touch(row, "status", "date_added", by=by)
