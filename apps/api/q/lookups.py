"""Comparisons as SQL has them, on both databases: `<>` that leaves NULLs out, and LIKE that minds case."""

import functools
import re
from collections.abc import Callable
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
    folds = 0

    def as_sql(self, compiler: Any, connection: Any) -> Any:
        left, left_params = self.process_lhs(compiler, connection)
        right, right_params = self.process_rhs(compiler, connection)
        if connection.vendor == "postgresql":
            return f"{left} {self.operator} {right}", [*left_params, *right_params]
        return f"q_like({right}, {left}, {self.folds})", [*right_params, *left_params]


@ForeignObject.register_lookup
@Field.register_lookup
class Like(_Like):
    lookup_name = "q_like"


@ForeignObject.register_lookup
@Field.register_lookup
class ILike(_Like):
    lookup_name = "q_ilike"
    operator = "ILIKE"
    folds = 1


@functools.lru_cache(maxsize=256)
def matcher(pattern: str, folds: bool) -> Callable[[str], bool]:
    """Whether a whole text fits a LIKE pattern (`%` and `_` wild, backslash escapes), in one walk through the text.

    Between two `%` stands a piece of fixed length: the first must begin the text, the last must end it, and each other
    is taken at its first place after the one before, which is never wrong. So nothing is tried twice, as an expression
    with `.*` would for hours.
    """
    flags = re.DOTALL | (re.IGNORECASE if folds else 0)
    sizes, pieces = [0], [""]
    characters = iter(pattern)
    for character in characters:
        if character == "%":
            sizes.append(0)
            pieces.append("")
            continue
        sizes[-1] += 1
        pieces[-1] += "." if character == "_" else re.escape(next(characters, "") if character == "\\" else character)
    found = [re.compile(piece, flags) for piece in pieces]

    def fits(text: str) -> bool:
        if sum(sizes) > len(text):
            return False
        if len(found) == 1:
            return found[0].fullmatch(text) is not None
        if found[0].match(text) is None or found[-1].fullmatch(text, len(text) - sizes[-1]) is None:
            return False
        place, end = sizes[0], len(text) - sizes[-1]
        for piece in found[1:-1]:
            step = piece.search(text, place, end)
            if step is None:
                return False
            place = step.end()
        return True

    return fits


def q_like(pattern: Any, text: Any, folds: int) -> bool | None:
    if pattern is None or text is None:
        return None
    return matcher(str(pattern), bool(folds))(str(text))


def teach_sqlite(connection: Any, **kwargs: Any) -> None:
    """On each new SQLite connection: the function by which it matches patterns."""
    if connection.vendor == "sqlite":
        connection.connection.create_function("q_like", 3, q_like, deterministic=True)
