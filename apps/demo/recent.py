"""The last days of a unit: contacts every four hours and what it measured, up to when it was last heard."""

import datetime as dt
import random
from typing import Any

from apps.core.actors import unit as unit_actor
from apps.dcm.models import Balance
from apps.gateway.simulator.unit import SAMPLE, measured
from apps.products.models import Connection, Product
from apps.products.states import MONITORED
from apps.telemetry import store

CONTACTS_FOR, MEASURED_FOR = dt.timedelta(days=14), dt.timedelta(days=3)
EVERY = dt.timedelta(hours=4)


def lived(product: Product, *, until: dt.datetime, mobile: tuple[int, int], chance: random.Random) -> None:
    """Contacts and telemetry of a unit that was last heard at `until`; `mobile`: (mcc, mnc) of its network."""
    by = unit_actor(product.product_imei).name_for_record
    credit = int(chance.uniform(2, 50) * 86400)
    moment = until
    rows = []
    while moment > until - CONTACTS_FOR and moment > product.created_at:
        columns = _contact(product, moment, mobile, chance)
        rows.append(Connection(created_at=moment, created_by=by, product=product, **columns))
        moment -= EVERY * chance.uniform(0.95, 1.1)
    rows.reverse()
    for row in rows:
        row.balance = credit + int((until - row.date).total_seconds())
    made = Connection.objects.bulk_create(rows)
    latest = made[-1]
    if latest.pk is None:
        latest = Connection.objects.filter(product=product).order_by("-connection_id")[0]
    Product.objects.filter(pk=product.pk).update(
        latest_connection=latest, latest_connection_location=latest, reported_software="3.6"
    )
    Balance.objects.create(
        created_at=until, created_by=by, product=product, balance=credit,
        expected_expiry=until + dt.timedelta(seconds=credit),
    )  # fmt: skip
    store.write(product.subject, store.check({"fields": _telemetry(product, until, chance)}))


def _contact(product: Product, moment: dt.datetime, mobile: tuple[int, int], chance: random.Random) -> dict[str, Any]:
    mcc, mnc = mobile
    seen: dict[str, int | None] = {
        "lac": 1200 + product.pk % 7, "cid": 40 + product.pk % 90, "signal": chance.randint(-105, -70), "mcc": mcc,
        "mnc": mnc,
    }  # fmt: skip
    columns = Connection.columns_of_contact([seen], product.gps_lat, product.gps_lon, None)
    return columns | {"date": moment, "error_radius": chance.choice([300, 800, 2500])}


def _telemetry(product: Product, until: dt.datetime, chance: random.Random) -> dict[str, list[list[Any]]]:
    charging = product.latest_state is not None and product.latest_state.current_state_type_id >= MONITORED - 1
    found: dict[str, list[list[Any]]] = {}
    first = (until - MEASURED_FOR).timestamp() // SAMPLE * SAMPLE
    for step in range(int(MEASURED_FOR.total_seconds() // SAMPLE)):
        moment = first + step * SAMPLE
        for name, value in measured(moment, on=product.current_enable_flag, outside=charging, chance=chance).items():
            found.setdefault(name, []).append([int(moment * 1000), value])
    return found
