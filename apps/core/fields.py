"""Columns with a fixed set of values."""

from typing import Any

from django.db import models


def options(*words: str) -> list[tuple[str, str]]:
    """The choices of a column whose values are their own names (`options` in contract/tables.json)."""
    return [(word, word) for word in words]


class OptionField(models.CharField):
    """A text out of a few; the database refuses any other, whoever writes."""

    def db_check(self, connection: Any) -> str | None:
        words = ", ".join("'" + str(word).replace("'", "''") + "'" for word, _ in self.flatchoices)
        return f"{connection.ops.quote_name(self.column)} IN ({words})"
