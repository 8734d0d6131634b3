"""What single columns hold beyond their type: a model names them in RULES, and every door that writes asks (core.rows).

A value that stands in a row already may stay: a rule is asked only of what changes. import_tables asks none, for a data
set moves as it was (docs/adr/0017).
"""

import ipaddress
import re
from collections.abc import Callable, Mapping
from typing import Any

from apps.core.columns import BadValue, columns_of
from apps.core.identifiers import SHORTENED, WAS_SHORTENED, clean, is_blank
from apps.core.models import Row
from apps.core.refusals import Invalid

_DEGREES = re.compile(r"-?[0-9]{1,3}(\.[0-9]+)?\Z")


def digits(least: int, most: int) -> Callable[[Any], None]:
    def rule(value: Any) -> None:
        if not (value.isascii() and value.isdigit() and least <= len(value) <= most):
            raise BadValue(f"must be {least} to {most} digits")

    return rule


def degrees(most: int) -> Callable[[Any], None]:
    """Latitudes and longitudes, whether their column is of numbers or of texts."""

    def rule(value: Any) -> None:
        readable = not isinstance(value, str) or _DEGREES.match(value)
        if not readable or not -most <= float(value) <= most:
            raise BadValue(f"must be degrees between -{most} and {most}, such as 29.87")

    return rule


def address(value: Any) -> None:
    try:
        ipaddress.ip_address(value)
    except ValueError:
        raise BadValue("must be an IP address such as 10.0.0.1") from None


def not_blank(value: Any) -> None:
    if is_blank(value):
        raise BadValue("may not be blank")


def whole(value: Any) -> None:
    """Of numbers that people know things by: none that a spreadsheet or a program made shorter on its way."""
    if SHORTENED.match(clean(value)):
        raise BadValue(WAS_SHORTENED)


LATITUDE, LONGITUDE = degrees(90), degrees(180)
IMSI, ICCID = digits(14, 15), digits(18, 22)


def check(model: type[Row], values: Mapping[str, Any]) -> None:
    """For actions that make rows past core.rows: Invalid with every column whose value its rule refuses."""
    errors = {}
    for name, value in values.items():
        try:
            columns_of(model)[name].check(value)
        except BadValue as bad:
            errors[name] = str(bad)
    if errors:
        raise Invalid(errors)
