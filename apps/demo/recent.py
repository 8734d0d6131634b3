"""The last days of a unit: contacts every four hours and what it measured, up to when it was last heard."""

import datetime as dt
import random
from typing import Any

from apps.connectivity import sweeping
from apps.connectivity.cells import Cell
from apps.core.actors import unit as unit_actor
from apps.dcm.models import Balance
from apps.demo.masts import heard_at
from apps.gateway.simulator.unit import SAMPLE, measured
from apps.products.models import Connection, Product
from apps.products.states import MONITORED
from apps.telemetry import store

CONTACTS_FOR, MEASURED_FOR = dt.timedelta(days=14), dt.timedelta(days=3)
EVERY = dt.timedelta(hours=4)


def lived(product: Product, *, until: dt.datetime, cells: list[Cell], chance: random.Random) -> None:
    """Contacts and telemetry of a unit that was last heard at `until`; `cells`: of its network. One unit in three has
    GPS; the others are placed by what they hear."""
    has_gps = product.pk % 3 == 0
    by = unit_actor(product.product_imei).name_for_record
    credit = int(chance.uniform(2, 28) * 86400)  # a month is paid at a time (stories)
    moment = until
    rows = []
    while moment > until - CONTACTS_FOR and moment > product.created_at:
        columns = _contact(product, moment, cells, has_gps, chance)
        rows.append(Connection(created_at=moment, created_by=by, product=product, **columns))
        moment -= EVERY * chance.uniform(0.95, 1.1)
    rows.reverse()
    for row in rows:
        row.balance = credit + int((until - row.date).total_seconds())
    made = Connection.objects.bulk_create(rows)
    latest = made[-1]
    if latest.pk is None:
        latest = Connection.objects.filter(product=product).order_by("-connection_id")[0]
    located = {"latest_connection_location": latest, "located": True} if latest.latitude is not None else {}
    Product.objects.filter(pk=product.pk).update(latest_connection=latest, reported_software="3.6", **located)
    sweeping.place(Connection.objects.filter(product=product).values(*sweeping.READ))
    Balance.objects.create(
        created_at=until, created_by=by, product=product, balance=credit,
        expected_expiry=until + dt.timedelta(seconds=credit), reported_at=until,
    )  # fmt: skip
    said = {row.date: row.balance for row in made if row.balance is not None}
    store.write(product.subject, store.Upload("dcm", {}, {"balance": said}))
    store.write(product.subject, store.check({"fields": _telemetry(product, until, chance)}))


def _contact(
    product: Product, moment: dt.datetime, cells: list[Cell], has_gps: bool, chance: random.Random
) -> dict[str, Any]:
    lat, lon = product.gps_lat, product.gps_lon
    heard = heard_at(lat, lon, cells, chance) if lat is not None and lon is not None else []
    columns = Connection.columns_of_contact(heard, lat if has_gps else None, lon if has_gps else None, None)
    return columns | {"date": moment}


def _telemetry(product: Product, until: dt.datetime, chance: random.Random) -> dict[str, list[list[Any]]]:
    charging = product.latest_state is not None and product.latest_state.current_state_type_id >= MONITORED - 1
    found: dict[str, list[list[Any]]] = {}
    first = (until - MEASURED_FOR).timestamp() // SAMPLE * SAMPLE
    for step in range(int(MEASURED_FOR.total_seconds() // SAMPLE)):
        moment = first + step * SAMPLE
        for name, value in measured(moment, on=product.current_enable_flag, outside=charging, chance=chance).items():
            found.setdefault(name, []).append([int(moment * 1000), value])
    return found
