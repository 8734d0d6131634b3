"""Rules that a value must obey beyond its type, in the documentation's words (seed 004, "Validation Rules"): `min`,
`max`, `step`, `options`, `minlength`, `maxlength`. Any of them may be absent."""

from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any


def broken(value: Any, rules: Any) -> str | None:
    """What is wrong with this value, or None. Rules that are no such rules bind nobody: they are somebody's notes."""
    if not isinstance(rules, Mapping):
        return None
    if isinstance(value, int | float) and not isinstance(value, bool):
        if (text := _number(value, rules)) is not None:
            return text
    elif isinstance(value, str) and (text := _length(value, rules)) is not None:
        return text
    options = rules.get("options")
    if isinstance(options, list) and options and not any(same(value, option) for option in options):
        return "must be one of: " + ", ".join(str(option) for option in options)
    return None


def same(one: Any, other: Any) -> bool:
    """Numbers are equal as numbers; true is no number."""
    return bool(one == other) and isinstance(one, bool) == isinstance(other, bool)


def _number(value: float, rules: Mapping[str, Any]) -> str | None:
    least, most, step = (_decimal(rules.get(name)) for name in ("min", "max", "step"))
    exact = _decimal(value)
    if exact is None:
        return "must be a finite number"
    if least is not None and exact < least:
        return f"must be at least {rules['min']}"
    if most is not None and exact > most:
        return f"must be at most {rules['max']}"
    # Steps are counted from the least value, in decimals: 0.3 is three steps of 0.1.
    if step is not None and step > 0 and (exact - (least or 0)) % step != 0:
        return f"must go in steps of {rules['step']} from {rules.get('min', 0)}"
    return None


def _length(value: str, rules: Mapping[str, Any]) -> str | None:
    least, most = rules.get("minlength"), rules.get("maxlength")
    if isinstance(least, int) and len(value) < least:
        return f"must have at least {least} characters"
    if isinstance(most, int) and len(value) > most:
        return f"is longer than {most} characters"
    return None


def _decimal(number: Any) -> Decimal | None:
    if isinstance(number, bool) or not isinstance(number, int | float | str):
        return None
    try:
        exact = Decimal(str(number))
    except InvalidOperation:
        return None
    return exact if exact.is_finite() else None
