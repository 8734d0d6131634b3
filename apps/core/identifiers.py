"""Numbers by which people know things (IMEI, serial, SIM), as keyboards, scanners, labels and spreadsheets give them.

One reader for every door: the searches of console and admin, lists of units, files of rows. What was given is always
looked for first as it stands; what it may have been meant as comes after, and only where the first was not found.
"""

import re
import unicodedata

from django.utils.translation import gettext_noop as noop

IMEI_DIGITS = 15
_AIM = re.compile(r"\][A-Za-z][0-9A-Za-z](?=.)")  # how a scanner names the kind of code: ]C1, ]d2
# A phone's two IMEI are labelled 1 and 2; the digit may also be the first of the number, in groups.
LABEL = re.compile(
    r"(?:imei(?:\s*[12](?=\s*[.:=#]|\s+(?:[0-9][\s.\-/]*){15}(?![0-9])))?|s\s*/\s*n|sn|serial(?:\s*(?:number|no))?|n[°ºo]\.?\s*(?:de\s+)?s[ée]rie|num[ée]ro\s+de\s+s[ée]rie"
    r"|iccid|imsi|sim)(?:\s*[.:=#]+\s*|\s+)",
    re.IGNORECASE,
)
LABELS = re.compile(rf"(?<![^\W_]){LABEL.pattern}", re.IGNORECASE)  # anywhere in a line
_GROUPS = re.compile(r"[\s.\-/]+")
# What the keys of an American keyboard, as scanners press them, write where the computer expects a French one.
_AZERTY = str.maketrans(
    "&é\"'(-è_çà" ")" "qawzQAWZ" ",?" ";mM",
    "1234567890" "-" "aqzwAQZW" "mM" "m;:",
)  # fmt: skip
_FRENCH_DIGITS = frozenset("&é\"'(-è_çà")
# As Excel writes it (8.98831E+18; 898.8E+16 in engineers' notation), and as programs do (8.98831e18). 1E05 may be a
# serial number.
SHORTENED = re.compile(r"[+-]?[0-9]{1,3}([.,][0-9]+E\+?|E\+)[0-9]+\Z", re.IGNORECASE)
WAS_SHORTENED = noop("was shortened by a spreadsheet; format that column as text")
_UNSEEN = ("Cc", "Cf", "Zs", "Zl", "Zp")
_ONLY_ON_OTHERS = ("Mn", "Me")  # accents, and what chooses between looks of a letter
_EMPTY_LETTERS = frozenset("\u115f\u1160\u2800\u3164\uffa0")  # fillers of Korean, Braille without dots


def clean(text: str) -> str:
    """Without blanks (no-break ones too), tabs, and control and zero-width characters around it."""
    if text.isprintable() and text[:1] != " " and text[-1:] != " ":
        return text
    start, end = 0, len(text)
    while start < end and unicodedata.category(text[start]) in _UNSEEN:
        start += 1
    while end > start and unicodedata.category(text[end - 1]) in _UNSEEN:
        end -= 1
    return text[start:end]


def is_blank(text: str) -> bool:
    """Whether nothing can be seen of it."""
    unseen = _UNSEEN + _ONLY_ON_OTHERS
    return all(one in _EMPTY_LETTERS or unicodedata.category(one) in unseen for one in text)


def typed(text: str) -> str:
    """One line that a scanner or a person typed: without those characters inside, too."""
    return clean("".join(one for one in text if one == " " or unicodedata.category(one) not in _UNSEEN[:2]))


def readings(text: str) -> list[str]:
    """What this may stand for, as it is first: then without a scanner's prefix, a label's word and the blanks between
    groups; then as a scanner's keys write it on a French keyboard."""
    given = typed(text)
    found = [given, _bare(given)]
    if not any("0" <= one <= "9" for one in given) and sum(one in _FRENCH_DIGITS for one in given) >= 4:
        found.append(_bare(given.translate(_AZERTY)))
    return list(dict.fromkeys(one for one in found if one))


def with_zeros(number: str) -> str:
    """An IMEI that lost its leading zeros in a spreadsheet, whole again; any other text as it is."""
    short = number.isascii() and number.isdigit() and IMEI_DIGITS - 3 <= len(number) < IMEI_DIGITS
    return number.zfill(IMEI_DIGITS) if short else number


def _bare(text: str) -> str:
    text = _AIM.sub("", text, count=1) if text.startswith("]") else text.removeprefix("'")
    if label := LABEL.match(text):
        text = text[label.end() :]
    joined = _GROUPS.sub("", text)
    if joined.isascii() and joined.isdigit() and len(joined) >= IMEI_DIGITS - 3:
        return joined
    return text.strip()
