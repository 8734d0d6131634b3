"""The balance of a unit over time, and when it will have run out, as a picture."""

import datetime as dt
from dataclasses import dataclass

from django.utils import timezone

from apps.console.credit.shared import in_words
from apps.dcm.queries import Standing
from apps.products.models import Product
from apps.telemetry import store

BACK = dt.timedelta(days=90)
WIDTH, HEIGHT, EDGE = 300, 100, 4
MOST_POINTS = 300


@dataclass(frozen=True)
class Picture:
    """Points of SVG lines in a box of 300 × 100: what was reported, what is to come, and where now is."""

    reported: str
    to_come: str
    now: float
    start: dt.datetime
    end: dt.datetime
    most: str  # credit at the top of the picture

    @property
    def ends_within(self) -> bool:
        return self.to_come.endswith(f",{HEIGHT - EDGE:.1f}")


def picture_of(product: Product, stands: Standing) -> Picture | None:
    """None where the unit has never reported."""
    row, now = stands.row, timezone.now()
    if row is None or row.reported_at is None:
        return None
    kept = store.read(product.subject, measurement="dcm", start=now - BACK, end=now, fields=["balance"])
    points = [
        (dt.datetime.fromisoformat(at), float(value)) for value, at in kept.get("balance", [])
        if isinstance(value, int | float) and not isinstance(value, bool)
    ]  # fmt: skip
    points = _thinned(points)
    if not points or points[-1][0] < row.reported_at:
        points.append((row.reported_at, float(row.balance)))
    start = min(points[0][0], now - dt.timedelta(days=1))
    ahead = max(now - start, dt.timedelta(days=7)) * 2  # a year paid ahead does not press the past flat
    end = max(now, min(row.expected_expiry, now + ahead))
    most = max([value for _at, value in points] + [1.0])

    def place(at: dt.datetime, value: float) -> str:
        x = (at - start) / (end - start) * WIDTH if end > start else 0
        return f"{x:.1f},{HEIGHT - EDGE - value / most * (HEIGHT - 2 * EDGE):.1f}"

    begin, balance = points[-1]
    span = (row.expected_expiry - begin).total_seconds()
    share = max(0.0, 1 - (end - begin).total_seconds() / span) if span > 0 else 0.0
    to_come = f"{place(begin, balance)} {place(end, balance * share)}" if balance > 0 else ""
    return Picture(
        " ".join(place(at, value) for at, value in points), to_come, (now - start) / (end - start) * WIDTH, start, end,
        in_words(int(most)),
    )  # fmt: skip


def _thinned(points: list[tuple[dt.datetime, float]]) -> list[tuple[dt.datetime, float]]:
    """Some of very many: first and last stay."""
    every = -(-len(points) // MOST_POINTS)
    return points if every < 2 else [*points[:-1:every], points[-1]]
