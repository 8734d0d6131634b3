"""Columns of a table as the contract names them: which there are, and how a value from a client becomes a value.

A column's name is the database column's name (`product_imei`, `prev_state_type`), never Django's attribute.
"""

import base64
import datetime as dt
import functools
import re
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db import models

from apps.core.crypto import MASK, DigestField, EncryptedField
from apps.core.jsons import Unbounded, bounded
from apps.core.models import META_COLUMNS, Row
from apps.core.times import parse_day, parse_moment

INT32 = 2**31
INT64 = 2**63
LONGEST_TEXT = 100_000
_WHOLE = re.compile(r"[+-]?[0-9]+\Z")


class BadValue(ValueError):
    """A value that a column cannot take; the text says what it takes."""


@dataclass(frozen=True)
class Column:
    name: str
    attname: str
    field: models.Field
    secret: bool
    meta: bool
    rule: Callable[[Any], None] | None = None

    @property
    def value_field(self) -> models.Field:
        """The field that gives the type: for a pointer, the key it points to."""
        field = self.field
        while isinstance(field, models.ForeignKey):
            field = field.target_field
        return field

    @property
    def is_system_set(self) -> bool:
        return self.meta or isinstance(self.field, models.AutoField)

    def take(self, value: Any) -> Any:
        """The Python value for what a client sent. Raises BadValue. None stays None where the column may be null."""
        if value is None:
            if not self.field.null:
                raise BadValue("may not be null")
            return None
        result = _taker(self.value_field)(value)
        if self.field.choices and result not in [choice for choice, _ in self.field.flatchoices]:
            options = ", ".join(str(choice) for choice, _ in self.field.flatchoices)
            raise BadValue(f"must be one of: {options}")
        longest = getattr(self.value_field, "max_length", None)
        if longest and isinstance(result, str) and len(result) > longest:
            raise BadValue(f"is longer than {longest} characters")
        if result is None and not self.field.null:
            raise BadValue("may not be null")
        return result

    def check(self, value: Any) -> None:
        """Raise BadValue where a value of the right type is none that this column may newly hold."""
        if value is not None and self.rule is not None:
            self.rule(value)


@functools.cache
def columns_of(model: type[Row]) -> dict[str, Column]:
    """The model's columns by name, without the hidden ones; meta columns last."""
    found = [
        Column(
            name=str(field.column),
            attname=field.attname,
            field=field,
            secret=field.column in model.SECRET,
            meta=field.column in META_COLUMNS,
            rule=model.RULES.get(str(field.column)),
        )
        for field in model._meta.concrete_fields
        if field.column not in model.HIDDEN
    ]
    return {column.name: column for column in sorted(found, key=lambda column: column.meta)}


def digest_of(model: type[Row], attname: str) -> DigestField | None:
    for field in model._meta.concrete_fields:
        if isinstance(field, DigestField) and field.of == attname:
            return field
    return None


def _taker(field: models.Field) -> Callable[[Any], Any]:
    for kind, take in _TAKERS:
        if isinstance(field, kind):
            return take(field)
    raise TypeError(f"no way to take a {type(field).__name__}")


def _integer(field: models.Field) -> Callable[[Any], int]:
    wide = isinstance(field, models.BigIntegerField | models.BigAutoField)
    bound = INT64 if wide else INT32

    def take(value: Any) -> int:
        if isinstance(value, str) and len(value) < 40:
            text = value.strip()
            value = int(text) if _WHOLE.match(text) else value
        elif isinstance(value, float):
            value = int(value) if value.is_integer() else value
        if isinstance(value, bool) or not isinstance(value, int):
            raise BadValue("must be a whole number")
        if not -bound <= value < bound:
            raise BadValue(f"must lie between {-bound} and {bound - 1}")
        return value

    return take


def _float(field: models.Field) -> Callable[[Any], float]:
    def take(value: Any) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float | str | Decimal):
            raise BadValue("must be a number")
        try:
            number = float(value)
        except (ValueError, OverflowError):
            raise BadValue("must be a number") from None
        if number != number or number in (float("inf"), float("-inf")):
            raise BadValue("must be a finite number")
        return number

    return take


def _boolean(field: models.Field) -> Callable[[Any], bool]:
    def take(value: Any) -> bool:
        if value in (0, 1) and isinstance(value, int):  # True and False are ints
            return bool(value)
        raise BadValue("must be true or false")

    return take


def take_text(value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool) and -INT64 <= value < 2 * INT64:
        value = str(value)  # exact as it is; a float may be a long number whose end a parser has lost
    if not isinstance(value, str):
        raise BadValue("must be a text")
    if "\x00" in value or any("\ud800" <= character <= "\udfff" for character in value):
        raise BadValue("holds characters that cannot be stored")
    if len(value) > LONGEST_TEXT:
        raise BadValue(f"is longer than {LONGEST_TEXT} characters")
    return value


def _text(field: models.Field) -> Callable[[Any], str]:
    return take_text


def _moment(field: models.Field) -> Callable[[Any], dt.datetime | None]:
    def take(value: Any) -> dt.datetime | None:
        if not isinstance(value, str):
            raise BadValue("must be a time such as 2016-11-25T10:51:30")
        if not value.strip():
            return None
        try:
            return parse_moment(value)
        except ValueError:
            raise BadValue("must be a time such as 2016-11-25T10:51:30") from None

    return take


def _day(field: models.Field) -> Callable[[Any], dt.date | None]:
    def take(value: Any) -> dt.date | None:
        if not isinstance(value, str):
            raise BadValue("must be a date such as 2016-11-25")
        if not value.strip():
            return None
        try:
            return parse_day(value)
        except ValueError:
            raise BadValue("must be a date such as 2016-11-25") from None

    return take


def _binary(field: models.Field) -> Callable[[Any], bytes]:
    def take(value: Any) -> bytes:
        try:
            return base64.b64decode(value, validate=True)
        except (TypeError, ValueError):
            raise BadValue("must be base64 text") from None

    return take


def _json(field: models.Field) -> Callable[[Any], Any]:
    def take(value: Any) -> Any:
        try:
            bounded(value)
        except Unbounded as error:
            raise BadValue(str(error)) from None
        return value

    return take


# The first kind that fits decides; subclasses stand before what they extend.
_TAKERS: list[tuple[type[models.Field], Callable[[models.Field], Callable[[Any], Any]]]] = [
    (models.BooleanField, _boolean),
    (models.AutoField, _integer),
    (models.IntegerField, _integer),
    (models.FloatField, _float),
    (models.DateTimeField, _moment),
    (models.DateField, _day),
    (models.JSONField, _json),
    (models.BinaryField, _binary),
    (EncryptedField, _text),
    (models.TextField, _text),
    (models.CharField, _text),
]

__all__ = ["MASK", "BadValue", "Column", "columns_of", "digest_of", "take_text"]
