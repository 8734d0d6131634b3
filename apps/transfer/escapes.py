"""Half characters in a JSON file, before its parser makes a question mark of them without a word."""

import json
import re
from typing import IO

_RUN = re.compile(rb"(\\+)(u[0-9a-fA-F]{4}(?:\\u[0-9a-fA-F]{4})*)")
_LONGEST = 4096  # bytes held back at the end of a piece, where an escape may go on in the next


class HalfCharacter(ValueError):
    pass


class WholeCharacters:
    """A file that raises HalfCharacter where an escape in it (`\\ud800`) is half of a pair."""

    def __init__(self, source: IO[bytes]) -> None:
        self.source, self.held = source, b""

    def read(self, size: int = -1) -> bytes:
        piece = self.source.read(size)
        seen = self.held + piece
        end = len(seen)
        if piece:
            cut = seen.find(b"\\", max(0, end - 12))
            # A run of escapes that may go on: all of it.
            while cut > 0 and end - cut < _LONGEST:
                if seen[cut - 1 : cut] == b"\\":
                    cut -= 1
                elif cut >= 6 and seen[cut - 6 : cut - 4] == b"\\u":
                    cut -= 6
                else:
                    break
            end = cut if cut >= 0 else end
        self._look(seen[:end])
        self.held = seen[end:]
        return piece

    def _look(self, text: bytes) -> None:
        for found in _RUN.finditer(text):
            if len(found[1]) % 2 == 0:
                continue  # a backslash that is written, and the letter u behind it
            try:
                json.loads(b'"\\' + found[2] + b'"').encode()
            except UnicodeEncodeError:
                raise HalfCharacter(f"holds half a character: {found[2][:12].decode()}") from None
