"""Columns with a fixed set of values."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from django.db import models


def options(*words: str) -> list[tuple[str, str]]:
    """The choices of a column whose values are their own names (`options` in contract/tables.json)."""
    return [(word, word) for word in words]


class OptionField(models.CharField):
    """A text out of a few; the database refuses any other, whoever writes.

    `said`: what people call the values, {value: words}, for pages only (core.naming).
    """

    said: Mapping[str, Any] = MappingProxyType({})

    @property
    def flatchoices(self) -> list[tuple[Any, Any]]:
        return [(value, self.said.get(value, label)) for value, label in super().flatchoices]

    def get_choices(self, *args: Any, **kwargs: Any) -> Any:
        """For forms: Django takes them from `choices`, which migrations compare, so they can't be the words."""
        return [(value, self.said.get(value, label)) for value, label in super().get_choices(*args, **kwargs)]

    def db_check(self, connection: Any) -> str | None:
        words = ", ".join("'" + str(word).replace("'", "''") + "'" for word, _ in self.flatchoices)
        return f"{connection.ops.quote_name(self.column)} IN ({words})"
