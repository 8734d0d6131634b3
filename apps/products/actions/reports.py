"""What a unit's status report changes. The caller (gateway) holds the unit's row."""

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
    if ip_address is not None and ip_address != product.ip_address:
        product.ip_address = ip_address
        changed.append("ip_address")
    product.save(update_fields=changed)
    return connection
