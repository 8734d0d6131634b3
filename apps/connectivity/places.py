"""Where a unit was, worked out from the cells that it saw.

The place is the centroid of the cells, each weighted by how strongly it was heard. The error radius is the distance of
the farthest cell from it plus the largest range of them: the unit heard each of these masts, so it is within that. Of
one cell alone it is the cell's range. It may well be larger than the truth, never smaller as far as the table is right.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection

from apps.connectivity.cells import Cell
from apps.products.models.connections import CELL_COLUMNS

EARTH = 6_371_000.0  # metres
UNKNOWN_RANGE = 5_000  # metres, of a cell of which nobody has measured it
WEAKEST, STRONGEST = -120.0, -40.0  # dBm
MOST_ASU = 31
MICRO = 1_000_000
COLUMNS = ("mcc", "mnc", *(column for names in CELL_COLUMNS for column, _key in names))

Key = tuple[int, int, int, int]  # mcc, net, area, cell


@dataclass(frozen=True)
class Heard:
    """A cell that a unit heard: where it stands, how far it reaches (metres), how strongly it came in."""

    lat: float
    lon: float
    range: int
    signal: int | None


@dataclass(frozen=True)
class Place:
    lat: float
    lon: float
    radius: int  # metres


def strength(signal: int | None) -> float:
    """dBm of what a modem reported: dBm already, or 0 to 31 as GSM modems count (3GPP TS 27.007, +CSQ). Anything else
    says nothing, and counts as the weakest."""
    if signal is None or signal > MOST_ASU:
        return WEAKEST
    return min(max(float(signal) if signal < 0 else -113.0 + 2 * signal, WEAKEST), STRONGEST)


def weight(signal: int | None) -> float:
    """Twenty dB more are ten times the weight: in the open a signal loses so much when its mast is ten times as far."""
    return float(10 ** ((strength(signal) - WEAKEST) / 20))


def distance(lat: float, lon: float, other_lat: float, other_lon: float) -> float:
    """Metres over the ground."""
    a, b = math.radians(lat), math.radians(other_lat)
    half = math.sin((b - a) / 2) ** 2 + math.cos(a) * math.cos(b) * math.sin(math.radians(other_lon - lon) / 2) ** 2
    return 2 * EARTH * math.asin(min(1.0, math.sqrt(half)))


def place_of(heard: Sequence[Heard]) -> Place | None:
    """None without a cell, or where cells on opposite sides of the earth have no middle."""
    x = y = z = 0.0
    for cell in heard:
        much, lat, lon = weight(cell.signal), math.radians(cell.lat), math.radians(cell.lon)
        x += much * math.cos(lat) * math.cos(lon)
        y += much * math.cos(lat) * math.sin(lon)
        z += much * math.sin(lat)
    if math.sqrt(x * x + y * y + z * z) < 1e-9:
        return None
    lat, lon = math.degrees(math.atan2(z, math.hypot(x, y))), math.degrees(math.atan2(y, x))
    spread = max(distance(lat, lon, cell.lat, cell.lon) for cell in heard)
    reach = max(cell.range or UNKNOWN_RANGE for cell in heard)
    return Place(lat, lon, math.ceil(round(spread, 3)) + reach)


def keys_of(contact: Mapping[str, Any]) -> dict[Key, int | None]:
    """{key: signal} of the cells that a connection's columns name. A cell without a network of its own is of the
    unit's; one that is named twice counts once, with its first signal."""
    found: dict[Key, int | None] = {}
    for names in CELL_COLUMNS:
        seen = {key: contact[column] for column, key in names}
        mcc, net = seen["mcc"], seen["mnc"]
        if mcc is None or net is None:
            mcc, net = contact["mcc"], contact["mnc"]
        key = (mcc, net, seen["lac"], seen["cid"])
        if all(isinstance(part, int) and part >= 0 for part in key):
            found.setdefault(key, seen["signal"])
    return found


def places_of(contacts: Iterable[Mapping[str, Any]]) -> dict[int, Place]:
    """{connection_id: place} of those of these rows (COLUMNS and `connection_id`) of which a cell is known."""
    named = {contact["connection_id"]: keys_of(contact) for contact in contacts}
    known = _known({key for keys in named.values() for key in keys})
    found = {}
    for number, keys in named.items():
        heard = [Heard(*known[key], signal) for key, signal in keys.items() if key in known]
        place = place_of(heard) if heard else None
        if place is not None:
            found[number] = place
    return found


def _known(keys: set[Key]) -> dict[Key, tuple[float, float, int]]:
    """{key: (lat, lon, range)}; of several kinds of radio under one number the one that was measured most."""
    if not keys:
        return {}
    table = connection.ops.quote_name(Cell._meta.db_table)
    wanted = ", ".join(["(%s, %s, %s, %s)"] * len(keys))
    best: dict[Key, Any] = defaultdict(lambda: (-1,))
    with connection.cursor() as cursor:
        cursor.execute(
            f"WITH wanted (mcc, net, area, cell) AS (VALUES {wanted})"  # noqa: S608  # our own table's name
            " SELECT c.mcc, c.net, c.area, c.cell, c.samples, c.lat, c.lon, c.range"
            f" FROM wanted w JOIN {table} c"
            " ON c.mcc = w.mcc AND c.net = w.net AND c.area = w.area AND c.cell = w.cell",
            [part for key in sorted(keys) for part in key],
        )
        for *key, samples, lat, lon, reach in cursor.fetchall():
            best[tuple(key)] = max(best[tuple(key)], (samples, lat, lon, reach))
    return {key: (lat / MICRO, lon / MICRO, reach) for key, (_samples, lat, lon, reach) in best.items()}
