"""The values of a Metrics request as telemetry: each a point of measurement `telemetry`, at the time it was taken."""

import datetime as dt
import json
from collections.abc import Mapping
from typing import Any

from apps.core.refusals import Invalid
from apps.gateway.openpaygo.shapes import Format, Metrics, is_number
from apps.gateway.openpaygo.wire import BAD, bad
from apps.telemetry import store

TIMES = ("timestamp", "relative_time")
ASKED = ("active_until_timestamp_requested", "active_seconds_left_requested")  # a wish, no value
MOST_POINTS = 4 * store.MOST_POINTS
MOST_SECONDS = 2**53 - 1


def token_count(data: Mapping[str, Any]) -> int | None:
    """How far the unit's counter of tokens is, where it says so: it asks for tokens then."""
    count = data.get("token_count")
    if count is None:
        return None
    if isinstance(count, bool) or not isinstance(count, int) or not 0 <= count < 2**31:
        raise bad("data.token_count", "must be a whole number of 0 or more")
    return count


def seconds_left(data: Mapping[str, Any], taken_at: float) -> int | None:
    """The credit that the unit says it has, in seconds."""
    for name, base in (("active_seconds_left", 0.0), ("active_until_timestamp", taken_at)):
        value = data.get(name)
        if value is not None:
            if not is_number(value, least=0) or value > MOST_SECONDS:
                raise bad(f"data.{name}", f"must be a number from 0 to {MOST_SECONDS}")
            return max(0, int(value - base))
    return None


def taken_at(metrics: Metrics, now: dt.datetime) -> float:
    """When the data were taken, seconds since 1970: what an intermediary says, else the unit, else now."""
    given = metrics.given
    said = given.get("data_collection_timestamp", given.get("timestamp"))
    return float(now.timestamp() if said is None else said)


def uploads(metrics: Metrics, now: dt.datetime) -> list[store.Upload]:
    """What is to be stored, in pieces that the store takes. Raises Invalid `bad_metrics` with what can't be."""
    base = taken_at(metrics, now)
    fields: dict[str, list[list[Any]]] = {}
    data = metrics.data
    at = data.get("timestamp", base)
    _add(fields, data, at, metrics.format, "data")
    last = base
    for number, step in enumerate(metrics.history):
        where = f"historical_data[{number}]"
        if step.get("relative_time") is not None:
            last += _seconds(step["relative_time"], f"{where}.relative_time")
        elif step.get("timestamp") is not None:
            last = _seconds(step["timestamp"], f"{where}.timestamp")
        elif metrics.format.historical_data_interval is None:
            raise bad(where, "has neither timestamp nor relative_time, and its data format no historical_data_interval")
        elif number:
            last += metrics.format.historical_data_interval
        _add(fields, step, last, metrics.format, where)
    total = sum(len(pairs) for pairs in fields.values())
    if total > MOST_POINTS:
        raise bad("historical_data", f"holds {total} values, more than {MOST_POINTS}; send it in several requests")
    try:
        return [store.check({"fields": piece}) for piece in _pieces(fields)]
    except Invalid as refused:
        errors = {name.replace("fields.", "data."): text for name, text in refused.errors.items()}
        raise Invalid(errors, code=BAD) from None


def _add(fields: dict[str, list[list[Any]]], values: Mapping[str, Any], at: Any, form: Format, where: str) -> None:
    moment = int(_seconds(at, f"{where}.timestamp") * 1000)
    for name, value in values.items():
        if name not in TIMES and name not in ASKED and value is not None:
            fields.setdefault(name, []).append([moment, _value(value, form.variables.get(name, {}))])


def _value(value: Any, about: Mapping[str, Any]) -> Any:
    """As the format says what it is: scaled, or true and false for 1 and 0. What is no single value is kept as text."""
    if isinstance(value, list | dict):
        return json.dumps(value, separators=(",", ":"))
    if about.get("type") == "bool" and value in (0, 1):
        return bool(value)
    if (factor := about.get("scale_factor")) is not None and is_number(value):
        return value * factor
    return value


def _seconds(value: Any, where: str) -> float:
    if not is_number(value) or abs(value) > MOST_SECONDS:
        raise bad(where, "must be seconds")
    return float(value)


def _pieces(fields: dict[str, list[list[Any]]]) -> list[dict[str, list[list[Any]]]]:
    most = store.MOST_POINTS
    if sum(len(pairs) for pairs in fields.values()) <= most:
        return [fields] if fields else []
    return [
        {name: pairs[first : first + most]} for name, pairs in fields.items() for first in range(0, len(pairs), most)
    ]
