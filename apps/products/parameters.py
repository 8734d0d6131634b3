"""Values of parameters: text in the table, typed on the wire to units, by the type that ParameterType declares."""

from typing import Any

from apps.core.times import iso, parse_moment
from apps.products.models import ParameterType


def typed(kind: ParameterType, text: str) -> Any:
    """The stored text as the unit gets it; a text that does not fit its type goes as it is."""
    try:
        match kind.data_type:
            case "int":
                return int(text)
            case "float":
                return float(text)
            case "bool":
                return {"true": True, "1": True, "false": False, "0": False}[text.strip().lower()]
            case "datetime":
                return iso(parse_moment(text))
    except (ValueError, KeyError):
        pass
    return text


def same_value(kind: ParameterType, text: str, reported: Any) -> bool:
    return bool(typed(kind, text) == typed(kind, str(reported)))
