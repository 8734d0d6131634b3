"""Where a unit is, for the screens: in words, on an outline map, and what it can reach there."""

import datetime as dt
import math
from dataclasses import dataclass, field
from typing import Any

from django.utils import timezone
from django.utils.formats import number_format
from django.utils.functional import Promise
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from apps.accounts.models import Hub, Shop
from apps.connectivity import coverage
from apps.connectivity.places import distance
from apps.products.models import Connection, Product
from apps.products.words import within

PERIOD = dt.timedelta(days=7)
WIDTH, HEIGHT = 320, 200  # of both pictures
DEGREE = 20  # units of static/console/world.svg
WIDE = 16.0  # degrees that the country's map shows from west to east, at the equator
CLOSEST = 1_000  # metres from the middle of the close map to its upper edge, at least
NEAR = 60_000  # metres within which a shop is worth naming
POINTS = (
    _("north"), _("north-east"), _("east"), _("south-east"), _("south"), _("south-west"), _("west"), _("north-west"),
)  # fmt: skip


@dataclass(frozen=True)
class Mark:
    """A shop or hub on the close map."""

    name: str
    x: float
    y: float
    left: bool  # its name stands on this side


@dataclass(frozen=True)
class Line:
    """A meridian (`x`) or parallel (`y`) of the country's map, with its name."""

    name: str
    x: float | None = None
    y: float | None = None


@dataclass(frozen=True)
class Close:
    """The neighbourhood at an honest scale: `radius` and `bar` in the picture's units, `bar_text` what the bar is."""

    radius: float
    bar: float
    bar_text: str
    marks: list[Mark] = field(default_factory=list)


@dataclass(frozen=True)
class Where:
    latitude: float
    longitude: float
    radius: int | None  # metres; None: by GPS
    at: dt.datetime
    near: str  # "4 km north-west of Sake shop"
    country: str  # the fragment of world.svg that shows this part of the world
    lines: list[Line]  # of five degrees each
    close: Close
    latest: bool

    @property
    def within(self) -> str:
        return "" if self.radius is None else within(self.radius)

    @property
    def coordinates(self) -> str:
        north, east = (_("N"), _("S"))[self.latitude < 0], (_("E"), _("W"))[self.longitude < 0]
        lat, lon = (number_format(round(abs(value), 5), 5) for value in (self.latitude, self.longitude))
        return f"{lat}°\u00a0{north}, {lon}°\u00a0{east}"

    @property
    def link(self) -> str:
        """For a map on the reader's own device (RFC 5870)."""
        return f"geo:{self.latitude:.6f},{self.longitude:.6f}" + (f";u={self.radius}" if self.radius else "")


def where_of(product: Product, *, by: Any, connection: str = "") -> Where | None:
    """The unit's latest place, or where it was at one connection of its own; named by shops that the reader sees."""
    row, latest = product.latest_connection_location, True
    if connection.isdecimal() and len(connection) < 19 and int(connection) != product.latest_connection_location_id:
        chosen = Connection.objects.filter(product=product, pk=int(connection), latitude__isnull=False).first()
        row, latest = (chosen, False) if chosen else (row, True)
    place = _degrees(row)
    if row is None or place is None:
        return None
    lat, lon = place
    shops = [(shop.name, *at) for shop in _shops(product, by) if (at := _degrees(shop))]
    return Where(
        latitude=lat, longitude=lon, radius=row.error_radius, at=row.date, near=_near(lat, lon, shops),
        country=_country(lat, lon), lines=_lines(lat, lon),
        close=_close(lat, lon, row.error_radius, shops), latest=latest,
    )  # fmt: skip


def reach_of(product: Product) -> dict[str, Any]:
    """How reliably it connected of late, and the networks that its SIM can use where it is (by the country of its
    latest contact that named one)."""
    now = timezone.now()
    rate = coverage.reliability(product, now - PERIOD, now)
    latest = product.latest_connection
    mcc = latest.mcc if latest is not None else None
    networks = list(coverage.networks_of(product, mcc).values_list("name", flat=True)) if mcc else []
    return {"rate": number_format(round(rate * 100)), "networks": networks}


def _shops(product: Product, by: Any) -> list[Any]:
    kinds: tuple[tuple[Any, int | None], ...] = ((Shop, product.shop_id), (Hub, product.hub_id))
    found = (kind.objects.visible_to(by).filter(pk=key).first() for kind, key in kinds if key is not None)
    return [shop for shop in found if shop is not None]


def _degrees(row: Any) -> tuple[float, float] | None:
    """Of a row that keeps them as texts, which other systems may have filled with anything."""
    try:
        lat, lon = float(row.latitude), float(row.longitude)
    except (AttributeError, TypeError, ValueError):
        return None
    return (lat, lon) if abs(lat) <= 90 and abs(lon) <= 180 else None


def _near(lat: float, lon: float, shops: list[tuple[str, float, float]]) -> str:
    for name, shop_lat, shop_lon in shops:
        away = distance(lat, lon, shop_lat, shop_lon)
        if away > NEAR:
            continue
        if away < 500:
            return gettext("at %(name)s") % {"name": name}
        east, north = _metres(lat - shop_lat, lon - shop_lon, shop_lat)
        point: str | Promise = POINTS[round(math.degrees(math.atan2(east, north)) / 45) % 8]
        digits = 1 if away < 9_950 else 0
        length = number_format(round(away / 1000, digits), digits)  # which cuts off by itself, and does not round
        return gettext("%(length)s km %(point)s of %(name)s") % {"length": length, "point": point, "name": name}
    return ""


def _metres(north: float, east: float, lat: float) -> tuple[float, float]:
    """(east, north) of a small step in degrees."""
    return east * 111_195 * math.cos(math.radians(lat)), north * 111_195


def _size(lat: float) -> tuple[float, float]:
    """Degrees that the country's map shows across and up: as wide on the ground as it is at the equator."""
    return min(WIDE / max(math.cos(math.radians(lat)), 0.1), 360.0), WIDE * HEIGHT / WIDTH


def _country(lat: float, lon: float) -> str:
    """A part of world.svg with the unit in its middle."""
    wide, high = _size(lat)
    box = ",".join(f"{value * DEGREE:.1f}" for value in (lon - wide / 2, -lat - high / 2, wide, high))
    return f"svgView(viewBox({box});preserveAspectRatio(none))"


def _lines(lat: float, lon: float) -> list[Line]:
    wide, high = _size(lat)
    found = []
    for degree in range(-90, 91, 5):
        y = HEIGHT / 2 + (lat - degree) / high * HEIGHT
        if 14 < y < HEIGHT - 14:
            found.append(Line(_degree(degree, _("N"), _("S")), y=round(y, 1)))
    for degree in range(-180, 181, 5):
        x = WIDTH / 2 + (degree - lon) / wide * WIDTH
        if 20 < x < WIDTH - 20:
            found.append(Line(_degree(degree, _("E"), _("W")), x=round(x, 1)))
    return found


def _degree(degree: int, above: str | Promise, below: str | Promise) -> str:
    return f"{abs(degree)}°" + (f" {above if degree > 0 else below}" if degree else "")


def _close(lat: float, lon: float, radius: int | None, shops: list[tuple[str, float, float]]) -> Close:
    """The circle fills most of the picture, or leaves room for the nearest shop where that is not far."""
    half = max((radius or 0) * 1.25, CLOSEST)
    away = []
    for name, shop_lat, shop_lon in shops:
        east, north = _metres(shop_lat - lat, shop_lon - lon, lat)
        needed = max(abs(north), abs(east) * HEIGHT / WIDTH) * 1.25
        if needed <= max(half * 5, 12_000):
            half = max(half, needed)
            away.append((name, east, north))
    scale = HEIGHT / 2 / half  # of the picture's units to a metre
    marks: list[Mark] = []
    for name, east, north in away:
        x, y = WIDTH / 2 + east * scale, HEIGHT / 2 - north * scale
        if all(math.hypot(x - mark.x, y - mark.y) > 14 for mark in marks):  # else their names would cover each other
            beside = abs(x - WIDTH / 2) < 60 and abs(y - HEIGHT / 2) < 20  # its name leaves the unit's dot free
            marks.append(Mark(name, round(x, 1), round(y, 1), left=(x > WIDTH / 2) != beside))
    bar = next(
        step * 10**power for power in range(6, -1, -1) for step in (5, 2, 1) if step * 10**power * scale <= WIDTH * 0.3
    )
    text = f"{number_format(bar // 1000, force_grouping=True)} km" if bar >= 1000 else f"{number_format(bar)} m"
    return Close(radius=round((radius or 0) * scale, 1), bar=round(bar * scale, 1), bar_text=text, marks=marks)
