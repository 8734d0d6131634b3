"""Half characters in a JSON file, before its parser makes a question mark of them without a word."""

import re
from typing import IO

# All that is no escape, and escapes: whole ones, and pairs of halves. Never steps back, so it ends where a half is that
# has no other, or where an escape goes on in the next piece.
_FINE = re.compile(
    rb"(?:[^\\]++|\\[^u]|\\u(?![dD][89a-fA-F][0-9a-fA-F]{2}).{4}"
    rb"|\\u[dD][89abAB][0-9a-fA-F]{2}\\u[dD][c-fC-F][0-9a-fA-F]{2})*+",
    re.DOTALL,
)
_HALF = re.compile(rb"\\u[dD][89a-fA-F][0-9a-fA-F]{2}")
_PAIR = 12  # bytes


class HalfCharacter(ValueError):
    pass


class WholeCharacters:
    """A file that raises HalfCharacter where an escape in it (`\\ud800`) is half of a pair."""

    def __init__(self, source: IO[bytes]) -> None:
        self.source, self.held = source, b""

    def read(self, size: int = -1) -> bytes:
        piece = self.source.read(size)
        seen = self.held + piece
        fine = _FINE.match(seen)
        self.held = rest = seen[fine.end() :] if fine else seen
        if (len(rest) >= _PAIR or not piece) and _HALF.match(rest):
            raise HalfCharacter(f"holds half a character: {rest[:_PAIR].decode('ascii', 'replace')}")
        return piece
