"""Comparisons as SQL has them, on both databases: `<>` that leaves NULLs out, and LIKE that minds case."""

import re
from typing import Any

from django.db.models import Field, Lookup
from django.db.models.fields.related import ForeignObject
from django.db.models.lookups import BuiltinLookup, FieldGetDbPrepValueMixin


@ForeignObject.register_lookup
@Field.register_lookup
class NotEqual(FieldGetDbPrepValueMixin, BuiltinLookup):
    lookup_name = "ne"

    def get_rhs_op(self, connection: Any, rhs: Any) -> str:
        return f"<> {rhs}"


class _Like(Lookup):
    prepare_rhs = False
    operator = "LIKE"
    flags = "s"

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        left, left_params = self.process_lhs(compiler, connection)
        right, right_params = self.process_rhs(compiler, connection)
        if connection.vendor == "postgresql":
            return f"{left} {self.operator} {right}", [*left_params, *right_params]
        if self.rhs_is_direct_value():
            return f"{left} REGEXP %s", [*left_params, as_regex(str(self.rhs), self.flags)]
        return f"{left} REGEXP like_as_regex({right}, %s)", [*left_params, *right_params, self.flags]


@ForeignObject.register_lookup
@Field.register_lookup
class Like(_Like):
    lookup_name = "q_like"


@ForeignObject.register_lookup
@Field.register_lookup
class ILike(_Like):
    lookup_name = "q_ilike"
    operator = "ILIKE"
    flags = "is"


def as_regex(pattern: str, flags: str) -> str:
    """A LIKE pattern with backslash as its escape, as a regular expression over the whole text (for SQLite)."""
    found, escaped = [], False
    for character in pattern:
        if escaped:
            found.append(re.escape(character))
            escaped = False
        elif character == "\\":
            escaped = True
        else:
            found.append({"%": ".*", "_": "."}.get(character) or re.escape(character))
    return f"(?{flags})\\A{''.join(found)}\\Z"


def teach_sqlite(connection: Any, **kwargs: Any) -> None:
    """On each new SQLite connection: the function that turns a column of patterns into expressions."""
    if connection.vendor == "sqlite":
        connection.connection.create_function(
            "like_as_regex", 2, lambda text, flags: None if text is None else as_regex(text, flags), deterministic=True
        )
