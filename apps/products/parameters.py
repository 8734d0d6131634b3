"""Values of parameters: text in the table, typed on the wire to units, by the type that ParameterType declares."""

import math
import re
from typing import Any

from apps.core.times import iso, parse_moment
from apps.products.models import ParameterType

_NUMBER = re.compile(r"\s*[+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?\s*\Z")


def typed(kind: ParameterType, text: str) -> Any:
    """The stored text as the unit gets it; a text that does not fit its type goes as it is."""
    try:
        match kind.data_type:
            case "int":
                return _within(int(text)) if _NUMBER.match(text) else text
            case "float":
                return _within(float(text)) if _NUMBER.match(text) else text
            case "bool":
                return {"true": True, "1": True, "false": False, "0": False}[text.strip().lower()]
            case "datetime":
                return iso(parse_moment(text))
    except (ValueError, KeyError):
        pass
    return text


def _within(number: float) -> float:
    """A number that JSON carries to a unit as it is."""
    if not math.isfinite(number) or not -(2**63) <= number < 2**63:
        raise ValueError(number)
    return number


def same_value(kind: ParameterType, text: str, reported: Any) -> bool:
    return bool(typed(kind, text) == typed(kind, str(reported)))
