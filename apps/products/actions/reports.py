"""What a unit's status report changes. The caller (gateway) holds the unit's row."""

from collections.abc import Mapping

from django.utils import timezone

from apps.core.actions import action
from apps.core.actors import Actor
from apps.core.rows import new
from apps.products.models import Connection, Product


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
        if not product.located:
            product.located = True
            changed.append("located")
    if ip_address is not None and ip_address != product.ip_address:
        product.ip_address = ip_address
        changed.append("ip_address")
    product.save(update_fields=changed)
    return connection


@action(level=None)
def record_places(places: Mapping[int, tuple[float, float, int]], *, by: Actor) -> int:
    """Where connections without a position were made: {connection_id: (latitude, longitude, error radius in metres)},
    worked out afterwards. How many were written down.

    A position that the unit itself sent stays. The unit's latest location moves forward, never back; its `gps_lat` and
    `gps_lon` stay what its GPS said last.
    """
    imeis = Connection.objects.filter(pk__in=places).values("product_id")
    units = {
        unit.product_imei: unit
        for unit in Product.objects.select_for_update(of=("self",), no_key=True)
        .filter(product_imei__in=list(imeis.values_list("product_id", flat=True)))
        .order_by("pk")
    }
    rows = list(Connection.objects.filter(pk__in=places, latitude=None, product__in=list(units)).order_by("pk"))
    moved, now = {}, timezone.now()
    for row in rows:
        lat, lon, row.error_radius = places[row.pk]
        row.latitude, row.longitude, row.location_failed_flag = f"{lat:.6f}", f"{lon:.6f}", False
        row.modified_at, row.modified_by = now, by.name_for_record
        unit = units[str(row.product_id)]
        if (unit.latest_connection_location_id or 0) < row.pk:
            unit.latest_connection_location_id, unit.located = row.pk, True
            moved[unit.pk] = unit
    written = ("latitude", "longitude", "error_radius", "location_failed_flag", "modified_at", "modified_by")
    Connection.objects.bulk_update(rows, written, batch_size=250)
    Product.objects.bulk_update(moved.values(), ("latest_connection_location", "located"), batch_size=250)
    return len(rows)
