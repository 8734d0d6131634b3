"""What stands in a cell of a spreadsheet, and how our columns take it.

Cells as they are read: a text, a whole number, a number, true or false, or a mapping that JSON can hold for what is
none of these: {"date": "2026-06-05T00:00:00"} for a cell of days, {"refused": why} for one that says nothing.

What is written can be read back as it was. A text that would come back as another one, or that a spreadsheet would take
for a formula (guarantees.md, "CSV injection"), gets an apostrophe in front, which reading takes off again.
"""

import datetime as dt
import json
import re
import unicodedata
from collections.abc import Iterable
from typing import Any

from django.conf import settings
from django.utils import translation
from django.utils.translation import get_language
from django.utils.translation import gettext_noop as noop

from apps.core.columns import BadValue
from apps.core.identifiers import SHORTENED, WAS_SHORTENED, clean
from apps.core.times import strict_moment

EXACT = 10**15  # spreadsheets keep fifteen digits of a number and make zeros of the rest
LONGEST = 1_100_000
IS_ERROR = noop("holds an error of the spreadsheet (%(error)s); mend it there")
_FORMULA = re.compile(r"\s*[=+\-@\t\r]")
_NEGATIVE = re.compile(r"-[0-9]{1,15}(\.[0-9]+)?\Z")
_ERROR = re.compile(r"(#(N/A|N/D|[A-Z0-9/]+[!?]|GETTING_DATA|NV)|Err:[0-9]{3}|#{3,})\Z")
_NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?(e[+-]?[0-9]+)?\Z", re.IGNORECASE)
_THOUSAND = re.compile(r"[+-]?[0-9]{1,3},[0-9]{3}\Z")
_TRUE = {"1", "true", "yes", "y", "x", "oui", "vrai", "o"}
_FALSE = {"0", "false", "no", "n", "non", "faux"}
_FRENCH_MONTHS = {
    "janv": "Jan", "fevr": "Feb", "fev": "Feb", "mars": "Mar", "avr": "Apr", "mai": "May", "juin": "Jun",
    "juil": "Jul", "aout": "Aug", "sept": "Sep", "oct": "Oct", "nov": "Nov", "dec": "Dec",
}  # fmt: skip


# Out


def written(value: Any, language: str) -> str:
    """A value as a CSV cell takes it: French spreadsheets read `1,5` and `vrai`."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return {"fr": ("faux", "vrai")}.get(language, ("false", "true"))[value]
    if isinstance(value, float):
        return repr(value).replace(".", ",") if language == "fr" else repr(value)
    if isinstance(value, int):
        return str(value)
    if isinstance(value, dt.datetime):
        return value.isoformat(sep=" ")
    return safe(as_text(value))


def as_text(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False) if isinstance(value, dict | list) else str(value)


def safe(text: str) -> str:
    return f"'{text}" if text.startswith("'") or _changes(text) else text


def _changes(text: str) -> bool:
    """Whether this text would run as a formula, or be read back as another."""
    if _NEGATIVE.match(text):
        return False
    return bool(_FORMULA.match(text) or SHORTENED.match(text) or _ERROR.match(text)) or clean(text) != text


# In: first what every cell is, then what each kind of column makes of it


def plain(cell: Any) -> Any:
    """The cell without what stands around its value. Raises BadValue where it says nothing."""
    if isinstance(cell, dict) and "refused" in cell:
        raise BadValue(str(cell["refused"]))
    if not isinstance(cell, str):
        return cell
    if cell.startswith("'") and (cell[1:2] == "'" or _FORMULA.match(cell[1:]) or _changes(cell[1:])):
        return cell[1:]
    cell = clean(cell)
    if _ERROR.match(cell):
        raise BadValue(IS_ERROR % {"error": cell})
    return cell


def place(column: int) -> str:
    """What a spreadsheet shows above a column, the first being 0."""
    letters, column = "", column + 1
    while column:
        column, rest = divmod(column - 1, 26)
        letters = chr(65 + rest) + letters
    return letters


def is_empty(cell: Any) -> bool:
    return cell is None or (isinstance(cell, str) and not clean(cell))


def text(cell: Any) -> str:
    """For columns of text and for numbers that people know things by: never shortened, never guessed."""
    value = plain(cell)
    if isinstance(value, str):
        if not (isinstance(cell, str) and cell.startswith("'")) and SHORTENED.match(value):
            raise BadValue(WAS_SHORTENED)
        return value
    if isinstance(value, bool):
        return "TRUE" if value else "FALSE"
    if isinstance(value, dict):
        raise BadValue("was made a date by a spreadsheet; format that column as text")
    if isinstance(value, float):
        if value.is_integer() and abs(value) < EXACT:
            value = int(value)
        else:
            digits = repr(value)
            if abs(value) >= EXACT or "e" in digits or len(digits.replace(".", "").lstrip("-0")) > 15:
                raise BadValue(WAS_SHORTENED)
            return digits
    if abs(value) >= EXACT:
        raise BadValue(WAS_SHORTENED)
    return str(value)


def truth(cell: Any) -> Any:
    value = plain(cell)
    word = str(value).lower()
    return True if word in _TRUE else False if word in _FALSE else value


def number(cell: Any, *, whole: bool = False) -> Any:
    """`1 234,5` and `1,234.5` as 1234.5. `whole`: for columns of whole numbers."""
    value = plain(cell)
    if whole and isinstance(value, int | float) and not isinstance(value, bool) and abs(value) >= EXACT:
        raise BadValue(WAS_SHORTENED)
    if not isinstance(value, str):
        return value
    if whole and SHORTENED.match(value):
        raise BadValue(WAS_SHORTENED)
    digits = re.sub(r"[\s\u00a0\u202f]", "", value)
    if _THOUSAND.match(digits) and (get_language() or "en").startswith("en"):
        whole_one, point = digits.replace(",", ""), digits.replace(",", ".")
        raise BadValue(f"may be {whole_one} or {point}; write it as one of these")
    if "," in digits and "." in digits:
        thousands = "," if digits.rindex(".") > digits.rindex(",") else "."
        digits = digits.replace(thousands, "")
    elif digits.count(",") > 1:
        digits = digits.replace(",", "")
    digits = digits.replace(",", ".")
    if len(digits) > 400 or not _NUMBER.match(digits):
        return value
    return int(digits) if digits.lstrip("+-").isdigit() else float(digits)


def moment(cell: Any) -> str:
    """A time in ISO from a cell of days, or a text: ISO, or the day first, as both languages of ours write it
    (31/12/2026, 31.12.26 2:30 PM, 31 déc. 2026). Raises BadValue for fragments and whatever may be read in two ways."""
    value = plain(cell)
    if isinstance(value, dict):
        return str(value["date"])
    if isinstance(value, str):
        try:
            return strict_moment(_in_english(value), day_first=True).isoformat()
        except ValueError:
            pass
    raise BadValue("must be a whole date such as 31/12/2026 or 2026-12-31, with a time if need be")


def _in_english(text: str) -> str:
    bare_text = "".join(one for one in unicodedata.normalize("NFKD", text) if not unicodedata.combining(one))
    return re.sub(r"[A-Za-z]{3,}\.?", _month, bare_text.replace(" à ", " ").replace(" a ", " "))


def _month(word: re.Match[str]) -> str:
    letters = word[0].rstrip(".").lower()
    return next((english for french, english in _FRENCH_MONTHS.items() if letters.startswith(french)), word[0])


def bare(text: Any) -> str:
    """`Numéro de série`, `numero_de_serie` and `NUMERO DE SERIE` are one heading."""
    text = clean(str(text))
    folded = unicodedata.normalize("NFKD", text.replace("_", " ").replace("-", " ").replace("’", "'"))
    return " ".join("".join(one for one in folded if not unicodedata.combining(one)).lower().split())


def option(given: Any, choices: Iterable[tuple[Any, Any]]) -> Any:
    """The value that a cell names: itself, or by what pages call it in any language of ours; else what was given."""
    held, wanted = list(choices), bare(given)
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            for value, label in held:
                if wanted in (bare(value), bare(label)):
                    return value
    return given
