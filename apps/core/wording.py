"""What people write in their own words: a reason, a note, what is wrong with a unit.

One rule for every door: what cannot be seen is nothing, and what makes a text look like another one is not kept.
"""

import unicodedata

from apps.core.identifiers import clean, is_blank
from apps.core.refusals import refuse_if

_KEPT = "\n\t"
_TURNS = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")  # letters after these stand backwards


def harmless(text: str) -> str:
    """Without control characters and turns of the direction, which hide what a text says or move what stands beside
    it; and without blanks around it."""
    if text.isprintable():
        return text.strip()
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    return clean("".join(one for one in text if one in _KEPT or not _moves(one)))


def words(field: str, text: str, *, most: int) -> str:
    """The text as it is kept. Invalid with `field` where nothing of it can be seen, and where it is too long."""
    text = harmless(text)
    refuse_if(is_blank(text), field, "is required")
    refuse_if(len(text) > most, field, f"is longer than {most} characters")
    return text


def _moves(letter: str) -> bool:
    return unicodedata.category(letter) == "Cc" or letter in _TURNS
