"""JSON within bounds, at every door that takes any: bodies, boxes of forms, cells of files, data sets.

What passes here can be stored by both databases and written again by every answer and export.
"""

import json
import math
import re
from typing import Any

import orjson

MOST_DEPTH = 32
LEAST, MOST = (
    -(2**63),
    2**64 - 1,
)  # what 64 bits hold, with or without sign; beyond, parsers make floats of whole numbers
_LONG = re.compile(rb"(?<![0-9.])[0-9]{19}")


class Unbounded(ValueError):
    """JSON that is too deep or holds what can't be kept; the text says which."""


class Shortened(float):
    """A whole number of which only the beginning is known."""


def loads(raw: bytes | str) -> Any:
    """A JSON value; a whole number beyond 64 bits in it is a Shortened, which columns refuse by their names. Raises
    Unbounded, or ValueError with the parser's reason."""
    raw = raw if isinstance(raw, bytes) else raw.encode("utf-8", "surrogatepass")
    value = orjson.loads(raw)
    bounded(value, deep_only=True)
    if _LONG.search(raw):  # it has made a float of a whole number that is too long, and says nothing
        return json.loads(raw, parse_int=_whole)
    return value


def bounded(value: Any, *, deep_only: bool = False) -> None:
    """Raise Unbounded for what is nested deeper than 32 levels, for numbers beyond 64 bits, for NaN, infinity and
    characters that no database stores. `deep_only`: parsed by orjson, which lets none of the rest through but NUL."""
    level, depth = [value], 0
    while level:
        following: list[Any] = []
        nested = False
        for item in level:
            if isinstance(item, dict):
                nested = True
                following.extend(item.values())
                if not deep_only:
                    following.extend(item)
            elif isinstance(item, list):
                nested = True
                following.extend(item)
            elif not deep_only:
                _scalar(item)
        depth += nested
        if depth > MOST_DEPTH:
            raise Unbounded(f"is nested deeper than {MOST_DEPTH} levels")
        level = [item for item in following if isinstance(item, dict | list)] if deep_only else following


def _scalar(item: Any) -> None:
    if isinstance(item, str):
        if "\x00" in item or not item.isascii() and any("\ud800" <= one <= "\udfff" for one in item):
            raise Unbounded("holds characters that cannot be stored")
    elif isinstance(item, Shortened) or (isinstance(item, int) and not LEAST <= item <= MOST):
        raise Unbounded("holds a number longer than 64 bits; send it as text")
    elif isinstance(item, float) and not math.isfinite(item):
        raise Unbounded("holds a number that is not finite")


def _whole(digits: str) -> int | Shortened:
    if len(digits) <= 20 and LEAST <= (number := int(digits)) <= MOST:
        return number
    return Shortened(digits)
