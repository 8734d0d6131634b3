"""The time-series store: write(), read() and latest(). How points are kept is this module's own affair.

Shape of a write (seed 004, "Writing Data to Influx"): fields {name: [[time, value], …]}; of a read:
{name: [[value, time], …]}, nulls where a field has no value at a time, times as `2016-01-01T00:00:00Z`.
"""

import datetime as dt
import json
import math
import re
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.db import transaction
from django.utils import timezone

from apps.core.columns import BadValue, take_text
from apps.core.jsons import Shortened
from apps.core.refusals import Invalid
from apps.core.times import strict_moment
from apps.telemetry.models import Point, Series

AHEAD = dt.timedelta(minutes=10)
MOST_POINTS = 50_000
EARLIEST = dt.datetime(1970, 1, 1, tzinfo=dt.UTC)
LATEST = dt.datetime(2200, 1, 1, tzinfo=dt.UTC)
LONGEST_TEXT = 64 * 1024  # bytes
NAME = r"^[A-Za-z_][A-Za-z0-9_]{0,99}$"
_NAME = re.compile(NAME[:-1] + r"\Z")
_TAG = re.compile(r"[A-Za-z0-9_-]{1,100}\Z")

Value = float | int | str | bool


@dataclass(frozen=True)
class Upload:
    """A checked upload, ready to be stored."""

    measurement: str
    tags: Mapping[str, str]
    points: Mapping[str, Mapping[dt.datetime, Value]]

    @property
    def count(self) -> int:
        return sum(len(points) for points in self.points.values())


def check(data: Any) -> Upload:
    """An upload from its documented JSON structure. Refuses with every bad place named; nothing is stored then."""
    errors: dict[str, str] = {}
    if not isinstance(data, dict):
        raise Invalid({"body": "must be a JSON object with measurement, tags and fields"})
    measurement = data.get("measurement", "telemetry")
    if not isinstance(measurement, str) or not _NAME.match(measurement):
        errors["measurement"] = "must be a name of letters, digits and _"
    tags = data.get("tags") or {}
    if not isinstance(tags, dict):
        errors["tags"] = "must be an object of texts"
        tags = {}
    for key, value in tags.items():
        if not (isinstance(value, str | int) and _TAG.match(str(key)) and _TAG.match(str(value))):
            errors[f"tags.{str(key)[:40]}"] = "may hold only letters, digits, _ and -"
    fields = data.get("fields")
    points: dict[str, dict[dt.datetime, Value]] = {}
    if not isinstance(fields, dict) or not fields:
        errors["fields"] = "is required: {name: [[time, value], …]}"
    else:
        for name, pairs in fields.items():
            _check_field(name, pairs, points, errors)
        if sum(len(times) for times in points.values()) > MOST_POINTS:
            errors["fields"] = f"hold more than {MOST_POINTS} points; send them in several uploads"
    if errors:
        raise Invalid(errors)
    return Upload(measurement, {str(key): str(value) for key, value in tags.items()}, points)


def _check_field(name: str, pairs: Any, points: dict[str, dict[dt.datetime, Value]], errors: dict[str, str]) -> None:
    label = f"fields.{str(name)[:40]}"
    if not _NAME.match(name) or name in ("measurement", "tags", "time"):
        errors[label] = "must be a name of letters, digits and _, and not measurement, tags or time"
        return
    if not isinstance(pairs, list):
        errors[label] = "must be a list of [time, value]"
        return
    found: dict[dt.datetime, Value] = {}
    for number, pair in enumerate(pairs):
        if not isinstance(pair, list) or len(pair) != 2:
            errors[label] = f"[{number}] must be a pair [time, value]"
            return
        try:
            moment = take_time(pair[0])
            value = _take_value(pair[1])
        except (ValueError, BadValue) as error:
            errors[label] = f"[{number}] {error}"
            return
        if value is not None:
            found[moment] = value
    points[name] = found


def take_time(value: Any) -> dt.datetime:
    """An aware time from milliseconds since 1970 or any documented text; nothing is guessed."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise ValueError("has no time")
    if isinstance(value, str) and value.isascii() and value.strip().isdigit() and len(value.strip()) >= 11:
        value = int(value)
    if isinstance(value, int | float):
        if not 0 <= value < LATEST.timestamp() * 1000:
            raise ValueError("has a time outside 1970 to 2200")
        return EARLIEST + dt.timedelta(milliseconds=value)
    try:
        moment = strict_moment(value)
    except ValueError:
        raise ValueError("has a time that can't be read; write 2016-11-25T10:51:30Z") from None
    if not EARLIEST <= moment < LATEST:
        raise ValueError("has a time outside 1970 to 2200")
    return moment


def _take_value(value: Any) -> Value | None:
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, Shortened):
        raise ValueError("has a number longer than 64 bits; send it as text")
    if isinstance(value, float):
        if not math.isfinite(value):
            raise ValueError("has a value that is no finite number")
        return value
    if isinstance(value, str):
        if len(value.encode(errors="replace")) > LONGEST_TEXT:
            raise ValueError(f"has a text of more than {LONGEST_TEXT} bytes")
        return take_text(value)
    raise ValueError("has a value that is neither number, text nor true/false")


def write(subject: str, upload: Upload) -> int:
    """Store the points; a time that is already there takes the new value, so a repeated upload adds nothing.

    Returns the number of points in the upload.
    """
    horizon = timezone.now() + AHEAD
    with transaction.atomic():
        series = _series(subject, upload)
        rows = [
            Point(series_id=series[name], time=moment, value=value, ahead=moment > horizon)
            for name, times in upload.points.items()
            for moment, value in times.items()
        ]
        Point.objects.bulk_create(
            rows, batch_size=2000, update_conflicts=True,
            unique_fields=["series", "time"], update_fields=["value", "ahead"],
        )  # fmt: skip
    return len(rows)


def _series(subject: str, upload: Upload) -> dict[str, int]:
    tags = _canonical(upload.tags)
    rows = Series.objects.filter(subject=subject, measurement=upload.measurement, tags=tags)
    known = dict(rows.filter(field__in=list(upload.points)).values_list("field", "pk"))
    missing = [name for name in upload.points if name not in known]
    if missing:
        most = settings.TELEMETRY_SERIES
        if Series.objects.filter(subject=subject).count() + len(missing) > most:
            text = f"would make more than {most} series of one unit; use the names and tags that it has"
            raise Invalid({f"fields.{sorted(missing)[0][:40]}": text})
        Series.objects.bulk_create(
            [
                Series(subject=subject, measurement=upload.measurement, tags=tags, field=name)
                for name in sorted(missing)
            ],
            ignore_conflicts=True,
        )
        known = dict(rows.filter(field__in=list(upload.points)).values_list("field", "pk"))
    return known


def read(
    subject: str,
    *,
    measurement: str = "telemetry",
    start: dt.datetime,
    end: dt.datetime,
    fields: Iterable[str] | None = None,
    limit: int | None = None,
) -> dict[str, list[list[Any]]]:
    """Every field's values from `start` to `end` inclusive, one entry for each time that any field has."""
    series = Series.objects.filter(subject=subject, measurement=measurement)
    if fields is not None:
        series = series.filter(field__in=list(fields))
    names = dict(series.values_list("pk", "field"))
    table: dict[dt.datetime, dict[str, Any]] = defaultdict(dict)
    points = Point.objects.filter(series_id__in=names, time__gte=start, time__lte=end)
    for series_id, moment, value in points.order_by("time", "series_id").values_list("series_id", "time", "value"):
        table[moment][names[series_id]] = value
    times = list(table)[:limit]
    present = sorted({name for moment in times for name in table[moment]})
    return {name: [[table[moment].get(name), _zulu(moment)] for moment in times] for name in present}


def latest(subject: str, *, measurement: str = "telemetry") -> dict[str, tuple[dt.datetime, Any]]:
    """{field: (time, value)} of the newest point of each field whose clock was not ahead of ours."""
    found: dict[str, tuple[dt.datetime, Any]] = {}
    for series_id, name in Series.objects.filter(subject=subject, measurement=measurement).values_list("pk", "field"):
        point = Point.objects.filter(series_id=series_id, ahead=False).order_by("-time").first()
        if point is not None and (name not in found or point.time > found[name][0]):
            found[name] = (point.time, point.value)
    return found


def _canonical(tags: Mapping[str, str]) -> str:
    return json.dumps(dict(sorted(tags.items())), separators=(",", ":"))


def _zulu(moment: dt.datetime) -> str:
    return moment.astimezone(dt.UTC).replace(tzinfo=None).isoformat() + "Z"
