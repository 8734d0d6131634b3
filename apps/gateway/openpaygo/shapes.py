"""What a Metrics request and a data format hold, judged place by place: Invalid `bad_metrics` names each."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from apps.core.jsons import Shortened
from apps.core.refusals import Invalid
from apps.dcm.models import LONGEST_ID
from apps.gateway.models import DataFormat
from apps.gateway.openpaygo.wire import BAD, OF_DATA, bad, long_names

MOST_COUNTER = 2**53 - 1
MOST_NAMES = 500
MOST_ACCESSORIES = 50


@dataclass(frozen=True)
class Format:
    """A data format: the names of what stands in lists, seconds between two steps, and what the variables are."""

    data_order: list[str] = field(default_factory=list)
    historical_data_order: list[str] = field(default_factory=list)
    historical_data_interval: int | None = None
    variables: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class Metrics:
    """One request. `given` has its long names and, below them, what came, for that is what was signed."""

    given: dict[str, Any]
    short: bool  # whether it came with short names, which the answer then has too
    format: Format

    @property
    def serial(self) -> str:
        return str(self.given["serial_number"])

    @property
    def method(self) -> str:
        return str(self.given["auth"])[:2]

    @property
    def data(self) -> dict[str, Any]:
        return named(self.given.get("data") or {}, self.format.data_order, "data")

    @property
    def history(self) -> list[dict[str, Any]]:
        order = self.format.historical_data_order
        steps = self.given.get("historical_data") or []
        return [named(step, order, f"historical_data[{number}]") for number, step in enumerate(steps)]


def read_request(content: Mapping[str, Any]) -> Metrics:
    """Raises Invalid with all that is wrong with the frame; the values are judged when they are stored."""
    given = long_names({name: value for name, value in content.items() if value is not None})
    wrong: dict[str, str] = {}
    serial, auth = given.get("serial_number"), given.get("auth")
    if not (isinstance(serial, str) and 0 < len(serial) <= LONGEST_ID and serial.isprintable()):
        wrong["serial_number"] = "is required: a text"
    if not (isinstance(auth, str) and auth.isascii() and 2 < len(auth) <= 40):
        wrong["auth"] = "is required: a method (ta, ca, da, ra) and a hash in hexadecimal digits"
    if not given.get("data") and not given.get("historical_data"):
        wrong["data"] = "is required, or historical_data"
    if not isinstance(given.get("data", {}), dict | list):
        wrong["data"] = "must be an object or a list"
    steps = given.get("historical_data", [])
    if not isinstance(steps, list) or not all(isinstance(step, dict | list) for step in steps):
        wrong["historical_data"] = "must be a list of objects or lists"
    for name in ("request_count", "timestamp"):
        if name in given and not _whole(given[name], 1, MOST_COUNTER):
            wrong[name] = f"must be a whole number from 1 to {MOST_COUNTER}"
    if "request_count" not in given and "timestamp" not in given:
        wrong["request_count"] = "is required, or timestamp"
    if "data_collection_timestamp" in given and not is_number(given["data_collection_timestamp"], least=0):
        wrong["data_collection_timestamp"] = "must be seconds since 1970"
    if "data_format" in given and "data_format_id" in given:
        wrong["data_format"] = "and data_format_id exclude each other"
    accessories = given.get("accessories", [])
    if not isinstance(accessories, list) or len(accessories) > MOST_ACCESSORIES:
        wrong["accessories"] = f"must be a list of at most {MOST_ACCESSORIES} requests"
    if wrong:
        raise Invalid(wrong, code=BAD)
    return Metrics(given, "sn" in content, _format_of(given))


def _format_of(given: Mapping[str, Any]) -> Format:
    if "data_format" in given:
        return read_format(given["data_format"], "data_format.")
    if "data_format_id" not in given:
        return Format()
    key = given["data_format_id"]
    row = DataFormat.objects.filter(pk=key).first() if _whole(key, 1, 2**63 - 1) else None
    if row is None:
        raise bad("data_format_id", "is no data format that was registered here")
    return read_format(row.content)


def read_format(content: Any, where: str = "") -> Format:
    if not isinstance(content, dict):
        raise bad(where.rstrip(".") or "body", "must be an object")
    wrong: dict[str, str] = {}
    orders: dict[str, list[str]] = {}
    for name in ("data_order", "historical_data_order"):
        order = content.get(name) or []
        if not isinstance(order, list) or len(order) > MOST_NAMES or not all(isinstance(one, str) for one in order):
            wrong[f"{where}{name}"] = f"must be a list of at most {MOST_NAMES} names"
            continue
        orders[name] = order
        if any(one.isdecimal() for one in order):
            wrong[f"{where}{name}"] = "holds a name that is a number"
    interval = content.get("historical_data_interval")
    if interval is not None and not _whole(interval, -(2**31), 2**31):
        wrong[f"{where}historical_data_interval"] = "must be a whole number of seconds"
    variables = content.get("variables") or {}
    if not isinstance(variables, dict) or not all(isinstance(one, dict) for one in variables.values()):
        wrong[f"{where}variables"] = "must be an object of objects"
    else:
        for name, about in variables.items():
            if about.get("scale_factor") is not None and not is_number(about["scale_factor"]):
                wrong[f"{where}variables.{name[:40]}.scale_factor"] = "must be a number"
    if wrong:
        raise Invalid(wrong, code=BAD)
    return Format(orders["data_order"], orders["historical_data_order"], interval, variables)


def named(values: Any, order: list[str], where: str) -> dict[str, Any]:
    """Values by their long names: of a list by the format's order, of an object by its keys or their places there."""
    if isinstance(values, dict):
        return long_names({_in(order, name): value for name, value in values.items()}, OF_DATA)
    if not order:
        raise bad(where, "is a list, for which a data format must tell the order")
    if len(values) > len(order):
        raise bad(where, f"holds {len(values)} values, its data format {len(order)} names")
    return long_names(dict(zip(order, values, strict=False)), OF_DATA)


def _in(order: list[str], name: str) -> str:
    """The variable that a key of digits stands for: its place in the order."""
    is_place = name.isascii() and name.isdecimal() and len(name) < 5 and int(name) < len(order)
    return order[int(name)] if is_place else name


def is_number(value: Any, least: float | None = None) -> bool:
    """A finite number within what a float holds."""
    if isinstance(value, bool | Shortened) or not isinstance(value, int | float) or not math.isfinite(value):
        return False
    return least is None or value >= least


def _whole(value: Any, least: int, most: int) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and least <= value <= most
