"""Connections get their places by sweeping, never on the units' way: a report costs what it cost before.

A unit's place is a minute old at most, of every connection (not only where the cells have changed: each row then says
itself where it was made, and the rate of a million units, seventy a second, is a fraction of what a sweep does). The
sweep goes by rising number and keeps how far it came. A number may be drawn early and be committed late, so that it
settles only what is SETTLED old and looks at the rest once more; what has a place is passed over.
"""

import datetime as dt
from collections.abc import Iterable
from typing import Any

from django.db.models import Max
from django.utils import timezone

from apps.connectivity import places
from apps.connectivity.cells import Cell, LocationSweep
from apps.core.actors import SYSTEM
from apps.products import actions
from apps.products.models import Connection, Product

PIECE = 500  # connections in one transaction
MOST = 100  # pieces in one sweep: ten times the contacts of a million units in a minute
SETTLED = dt.timedelta(minutes=1)
READ = ("connection_id", "created_at", "location_failed_flag", *places.COLUMNS)


def sweep() -> int:
    """Place what came since the last sweep; how many connections got a place."""
    newest = Connection.objects.aggregate(newest=Max("connection_id"))["newest"] or 0
    # A first sweep leaves the past to import_cells, which looks at every unit without a place.
    mark, made = LocationSweep.objects.get_or_create(pk=1, defaults={"done_to": newest})
    if made or not Cell.objects.exists():
        _moved(newest)
        return 0
    placed, after, settled = 0, mark.done_to, True
    for _piece in range(MOST):
        rows = list(Connection.objects.filter(connection_id__gt=after).order_by("connection_id").values(*READ)[:PIECE])
        if not rows:
            break
        placed += place(rows)
        after = rows[-1]["connection_id"]
        old = [row["connection_id"] for row in _settled(rows)] if settled else []
        if old:
            _moved(old[-1])
        settled = len(old) == len(rows)
    return placed


def _settled(rows: list[dict[str, Any]]) -> Iterable[dict[str, Any]]:
    now = timezone.now()
    for row in rows:
        if (
            now - SETTLED < row["created_at"] <= now + SETTLED
        ):  # a later one has a clock that ran ahead, or was moved in
            return
        yield row


def _moved(to: int) -> None:
    LocationSweep.objects.filter(pk=1, done_to__lt=to).update(done_to=to)


def place(rows: Iterable[dict[str, Any]]) -> int:
    found = places.places_of(row for row in rows if row["location_failed_flag"])
    known = {number: (at.lat, at.lon, at.radius) for number, at in found.items()}
    return actions.record_places(known, by=SYSTEM) if known else 0


def place_units() -> int:
    """Look once more at the last contact of each unit that has no place: cells that were unknown may now be known."""
    placed, after = 0, 0
    while True:
        units = Product.objects.filter(pk__gt=after, located=False, latest_connection__isnull=False).order_by("pk")
        keys = list(units.values_list("pk", "latest_connection_id")[:PIECE])
        if not keys:
            return placed
        rows = Connection.objects.filter(pk__in=[number for _pk, number in keys])
        placed += place(rows.values(*READ))
        after = keys[-1][0]
