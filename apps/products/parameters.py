"""Values of parameters: text in the table, typed on the wire to units, by the type that ParameterType declares."""

import datetime as dt
import math
import re
from typing import Any

from apps.core import limits
from apps.core.refusals import Invalid
from apps.core.times import iso, parse_moment
from apps.products.models import ParameterType

_NUMBER = re.compile(r"\s*[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?\s*\Z")
_BOOLS = {"true": True, "1": True, "false": False, "0": False}
_MUST_BE = {
    "int": "must be a whole number",
    "float": "must be a number",
    "bool": "must be true or false",
    "datetime": "must be a time such as 2016-11-25T10:51:30",
}
# Known of a unit from its making, and nothing that it could be told.
NEVER_SENT = ("solar_panel_wattage",)


def read(kind: ParameterType, text: str) -> Any:
    """The text as a value of its type: int, float, bool, datetime or str. Raises ValueError where it is none."""
    match kind.data_type:
        case "int" | "float":
            return number(text, whole=kind.data_type == "int")
        case "bool":
            if text.strip().lower() not in _BOOLS:
                raise ValueError(text)
            return _BOOLS[text.strip().lower()]
        case "datetime":
            return parse_moment(text)
    return text


def check(kind: ParameterType, text: str) -> None:
    """Raises Invalid, which names `value`, where the text is not of its type or breaks the type's rules."""
    try:
        value = read(kind, text)
    except ValueError:
        raise Invalid({"value": _MUST_BE[kind.data_type]}) from None
    if (wrong := limits.broken(value, kind.validation_rules)) is not None:
        raise Invalid({"value": wrong})


def typed(kind: ParameterType, text: str) -> Any:
    """The stored text as the unit gets it; one that does not fit its type (moved in from elsewhere) goes as it is."""
    try:
        value = read(kind, text)
    except ValueError:
        return text
    return iso(value) if isinstance(value, dt.datetime) else value


def same_value(kind: ParameterType, text: str, reported: Any) -> bool:
    """Whether a unit that reports this has taken over that: 10 and 10.0 are the same number."""
    return limits.same(typed(kind, text), typed(kind, str(reported)))


def text_of(number: float) -> str:
    """A number as the text of a parameter, to its last digit."""
    return str(int(number)) if number == int(number) else repr(float(number))


def number(text: str, *, whole: bool = False) -> float:
    """A number that JSON carries to a unit as it is. Raises ValueError."""
    if not _NUMBER.match(text):
        raise ValueError(text)
    value = float(text)
    if not math.isfinite(value) or not -(2**63) <= value < 2**63:
        raise ValueError(text)
    if not whole:
        return value
    try:
        return int(text)  # exact, where a float would not be
    except ValueError:
        if not value.is_integer():
            raise
        return int(value)


def check_written(row: Any) -> None:
    """What is new, or is still to be told, is of its type; what was kept long ago may stay."""
    if row.modified_at is None or row.status == "pending":
        check(row.parameter_type, row.value)


def parameter_type(name: str, units: str) -> ParameterType:
    """The type of a parameter that a rule of ours speaks of, a number. A system that has none of this name gets it."""
    kind, _made = ParameterType.objects.get_or_create(
        name=name,
        defaults={"data_type": "float", "units": units, "repeatable": False, "setting": True, "created_by": "system"},
    )
    return kind
