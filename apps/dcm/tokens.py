"""OpenPAYGO tokens: the package openpaygo behind one interface, which hides every trap of it.

Of openpaygo 0.6.3, each tried (tests/test_tokens.py): negative values become other types of token; a value divider
divides the reserved values too; an extended token can't express everything; a starting code as text raises, one of 0
is derived from the key; a key that is too short raises from `struct`. All that is made are standard tokens of whole
units.
"""

import re
from dataclasses import dataclass
from typing import Any, Protocol

from openpaygo import generate_token

ADD_TIME, SET_TIME, DISABLE_PAYG, COUNTER_SYNC = "ADD_TIME", "SET_TIME", "DISABLE_PAYG", "COUNTER_SYNC"
_TYPES = {ADD_TIME: 1, SET_TIME: 2, DISABLE_PAYG: 3, COUNTER_SYNC: 4}

MOST_UNITS = 995
DAY = 86_400  # seconds of one unit where the time divider is 1
JUMP = 64  # counts that a unit looks ahead of its own,
SYNC_JUMP = 100  # and of a token that brings the counter in line
WINDOW = 16  # counts below its own of which a unit still takes what adds time
# Making a token costs a hash for each count: this many take about a second.
MOST_COUNT = 100_000

_KEY = re.compile(r"[0-9a-f]{32}\Z")
_CODE = re.compile(r"[0-9]{1,9}\Z")


@dataclass(frozen=True)
class Token:
    """`count` is the unit's counter once it has taken the token; `digits` keeps its leading zeros."""

    digits: str
    count: int


class TokenProvider(Protocol):
    """Whatever makes codes for units of one standard."""

    def units_of(self, seconds: int) -> int | None:
        """Seconds of credit in the units that the code holds; None where it can't express them."""
        ...

    def make(self, kind: str, units: int, *, after: int) -> Token:
        """The code that follows the count `after`. Raises ValueError for what it can't express."""
        ...


@dataclass(frozen=True, repr=False)
class OpenPaygo:
    """One unit's tokens. Raises ValueError, in words, for a key, a starting code or a divider that can be none.

    A starting code of 0 is none, as for whoever made the units with the same package: it is derived from the key.
    """

    secret_key: str
    starting_code: str | None = None
    time_divider: int = 1
    restricted: bool = False

    def __post_init__(self) -> None:
        if not _KEY.match(self.secret_key):
            raise ValueError("the key must be 32 hexadecimal digits")
        if self.starting_code is not None and not _CODE.match(self.starting_code):
            raise ValueError("the starting code must be 1 to 9 digits, or empty")
        if not 1 <= self.time_divider <= 255:
            raise ValueError("the time divider must be from 1 to 255")

    def units_of(self, seconds: int) -> int | None:
        units, rest = divmod(seconds * self.time_divider, DAY)
        return units if rest == 0 and 1 <= units <= MOST_UNITS else None

    def seconds_of(self, units: int) -> int:
        return units * DAY // self.time_divider

    def make(self, kind: str, units: int, *, after: int) -> Token:
        if kind not in _TYPES:
            raise ValueError(f"{kind} is no type of token")
        if isinstance(units, bool) or not isinstance(units, int):
            raise ValueError("units are whole")
        least, most = {ADD_TIME: (1, MOST_UNITS), SET_TIME: (0, MOST_UNITS)}.get(kind, (0, 0))
        if not least <= units <= most:
            raise ValueError(f"a {kind} token holds {least} to {most} units")
        if not 0 <= after <= MOST_COUNT:
            raise ValueError(f"the count must be from 0 to {MOST_COUNT}")
        given: dict[str, Any] = {"value": units} if kind in (ADD_TIME, SET_TIME) else {}
        count, digits = generate_token(
            secret_key=self.secret_key, count=after, token_type=_TYPES[kind], value_divider=1,
            starting_code=int(self.starting_code or 0) or None, restricted_digit_set=self.restricted,
            extended_token=False, **given,
        )  # fmt: skip
        return Token(digits, count)
