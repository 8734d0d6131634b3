"""What a value may be for a column, and how it compares (contract/q-language.md §3). Strict where PostgreSQL is."""

import datetime as dt
import math
from typing import Any

from django.utils import timezone

from apps.api.q.errors import BadQuery, shown
from apps.core.columns import INT32, INT64, BadValue, Column, take_text
from apps.core.times import parse_moment

NUMBER, TEXT, BOOLEAN, MOMENT, DAY, OPAQUE = "number", "text", "boolean", "moment", "day", "opaque"
LONGEST_PATTERN = 255
NOW = {"CURRENT_TIMESTAMP", "CURRENT_DATE", "LOCALTIMESTAMP"}
KINDS = {
    "BooleanField": BOOLEAN, "DateTimeField": MOMENT, "DateField": DAY, "CharField": TEXT, "TextField": TEXT,
    "EmailField": TEXT, "JSONField": OPAQUE, "BinaryField": OPAQUE,
}  # fmt: skip


class Never:
    """A value that no row of the column can equal: 3.5 or 10³⁰ for a whole number, NaN. `above`: is it greater than
    all of them, less than all of them (False), or neither (None)?"""

    def __init__(self, above: bool | None = None) -> None:
        self.above = above


def kind_of(column: Column) -> str:
    return KINDS.get(column.value_field.get_internal_type(), NUMBER)


def take(column: Column, value: Any) -> Any:
    """The Python value, or a Never. Raises BadQuery."""
    kind = kind_of(column)
    try:
        match kind:
            case "number":
                return _number(column, value)
            case "boolean":
                return _boolean(value)
            case "text":
                if isinstance(value, bool):
                    raise BadValue("is compared with texts")
                return take_text(value)
            case "moment" | "day":
                moment = _moment(value)
                return moment if kind == MOMENT else moment.date()
    except BadValue as bad:
        raise BadQuery(f"{column.name}: {shown(value)}: {bad}") from None
    raise BadQuery(f"{column.name}: its values can't be compared")


def _number(column: Column, value: Any) -> Any:
    whole = column.value_field.get_internal_type() not in ("FloatField",)
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise BadValue("is compared with numbers")
    if isinstance(value, str):
        try:
            value = int(value, 10) if whole else float(value)
        except ValueError:
            raise BadValue("is no number") from None
    if isinstance(value, float) and not math.isfinite(value):
        return Never(None if math.isnan(value) else value > 0)
    if not whole:
        try:
            return float(value)
        except OverflowError:
            return Never(value > 0)
    bound = INT64 if column.value_field.get_internal_type().startswith("Big") else INT32
    if not -bound <= value < bound:
        return Never(value > 0)
    if isinstance(value, float) and not value.is_integer():
        return value  # between two whole numbers: equals none, and compares as it should
    return int(value)


def _boolean(value: Any) -> bool:
    if isinstance(value, bool):
        return value
    words = {"true": True, "t": True, "1": True, "false": False, "f": False, "0": False}
    if isinstance(value, str) and value.strip().lower() in words:
        return words[value.strip().lower()]
    raise BadValue("is compared with true or false")


def _moment(value: Any) -> dt.datetime:
    if not isinstance(value, str):
        raise BadValue("is compared with a time such as 2016-11-25T10:51:30")
    if value in NOW:
        return timezone.now()
    try:
        return parse_moment(value)
    except ValueError:
        raise BadValue("is no time such as 2016-11-25T10:51:30") from None


def pattern(column: Column, value: Any) -> str:
    """The pattern of like and ilike: `%` and `_` are wild, backslash escapes."""
    if kind_of(column) != TEXT:
        raise BadQuery(f"{column.name}: like and ilike are for texts")
    if not isinstance(value, str):
        raise BadQuery(f"{column.name}: {shown(value)}: a pattern is a text")
    try:
        take_text(value)
    except BadValue as bad:
        raise BadQuery(f"{column.name}: {shown(value)}: {bad}") from None
    if len(value) > LONGEST_PATTERN:
        raise BadQuery(f"{column.name}: a pattern has at most {LONGEST_PATTERN} characters")
    if (len(value) - len(value.rstrip("\\"))) % 2:
        raise BadQuery(f"{column.name}: a pattern must not end with its escape character")
    return value
