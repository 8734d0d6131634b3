"""Words that are kept and said again later, each time in the language of whoever reads them.

`tell("new: %(row)s", row=…)` is a text like any other (in the language of now) that also knows what it was made of. A
TellingField keeps that, and what comes back from it is the text in the language of whoever reads it then. What is
no such text (a name, what somebody wrote, what was kept before there was this) stays as it is.

Kept: the text itself, or MARK and JSON: a part is a text, {"say": msgid, "with": {name: part}}, {"join": [parts],
"by": text}, {"at": time in ISO}, or {"in": {language: text}} for what was put together from such texts.
"""

import datetime as dt
import json
from collections.abc import Iterable
from typing import Any, Self

from django.conf import settings
from django.db import models
from django.utils.formats import date_format, number_format
from django.utils.functional import Promise
from django.utils.timezone import localtime
from django.utils.translation import get_language, gettext, override

MARK = "\u2063"  # invisible, and no blank that somebody strips


class Told(str):
    """A text and what it was made of."""

    __slots__ = ("part",)
    part: Any

    def __new__(cls, part: Any) -> Self:
        text = super().__new__(cls, _spoken(part))
        text.part = part
        return text


def tell(msgid: str, **values: Any) -> Told:
    """The text of this msgid; `values` may be told texts, lazy ones, times, or anything that is the same everywhere."""
    return Told({"say": msgid, "with": {name: _part(value) for name, value in values.items()}})


def number(value: float, unit: str = "") -> Told:
    """A figure as its reader writes it: 9,5 Ah in French."""
    return Told({"number": f"{value:g}", "unit": unit})


def join(parts: Iterable[Any], by: str) -> Told:
    return Told({"join": [_part(part) for part in parts], "by": by})


def step(before: Any, after: Any) -> Told:
    return join([before, after], " → ")


def kept(text: Any) -> str:
    """As a column of text takes it."""
    if isinstance(text, Promise):
        text = Told(_part(text))
    if isinstance(text, Told) and not _is_same_everywhere(text.part):
        return _storable(MARK + json.dumps(text.part, ensure_ascii=False, separators=(",", ":")))
    return _storable(str(text))


def _storable(text: str) -> str:
    """What is told of bad input may quote it: half characters and null ones, which no database takes, as “?”."""
    return text.encode("utf-8", "replace").decode().replace("\x00", "?")


def revived(text: str) -> str:
    """What was kept, in the language of now."""
    if not text.startswith(MARK):
        return text
    try:
        return Told(json.loads(text[1:]))
    except (ValueError, KeyError, TypeError):  # somebody's own text that begins so
        return text


class TellingField(models.TextField):
    """A column of such texts."""

    def from_db_value(self, value: str | None, *_rest: Any) -> str | None:
        return value if value is None else revived(value)

    def get_prep_value(self, value: Any) -> Any:
        return value if value is None else super().get_prep_value(kept(value))

    def deconstruct(self) -> Any:
        name, _path, args, kwargs = super().deconstruct()
        return name, "django.db.models.TextField", args, kwargs  # the database need not know


def _part(value: Any) -> Any:
    if isinstance(value, Told):
        return value.part
    if isinstance(value, Promise):
        return _lazy(value)
    if isinstance(value, dt.datetime):
        return {"at": value.isoformat()}
    return str(value)


def _lazy(value: Promise) -> Any:
    """A lazy text is a msgid, or made of some (format_lazy, capfirst): then no catalogue holds it as it is."""
    with override(None):
        msgid = str(value)
    texts, is_msgid = {}, True
    for language, _name in settings.LANGUAGES:
        with override(language):
            texts[language] = str(value)
            is_msgid = is_msgid and texts[language] == gettext(msgid)
    return {"say": msgid, "with": {}} if is_msgid else {"in": texts}


def _is_same_everywhere(part: Any) -> bool:
    return isinstance(part, str) or ("join" in part and all(map(_is_same_everywhere, part["join"])))


def _spoken(part: Any) -> str:
    if isinstance(part, str):
        return part
    if "in" in part:
        return str(part["in"].get(get_language()) or part["in"][settings.LANGUAGE_CODE])
    if "join" in part:
        return str(part["by"]).join(map(_spoken, part["join"]))
    if "number" in part:
        figure = number_format(part["number"])
        return f"{figure} {part['unit']}" if part["unit"] else figure
    if "at" in part:
        return date_format(localtime(dt.datetime.fromisoformat(part["at"])), "SHORT_DATETIME_FORMAT")
    said, values = gettext(part["say"]), {name: _spoken(value) for name, value in part["with"].items()}
    return said % values if values else said
