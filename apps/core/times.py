"""Times: UTC without zone on the wire (contract/actions.md, "Conventions"), aware in Python."""

import datetime as dt
import re
import zoneinfo
from typing import Any

from dateutil import parser as lenient

UTC = dt.UTC
_ISO = re.compile(r"\d{4}-\d\d-\d\d([T ].*)?$")
_ORDINAL = re.compile(r"(?<=\d)(st|nd|rd|th)\b")
# `12:00:00 02:00`: a plus that was not encoded in an address reads as a blank, and the zone as a second time of day.
_LOST_PLUS = re.compile(r":\d\d(?:\.\d+)?\s+(?:0\d|1[0-4]):?[0-5]\d$")
LONGEST = 64


class ReadersClock(dt.tzinfo):
    """A zone for showing times in: at the ends of the calendar, where a time would leave it, it stays as UTC has it."""

    def __init__(self, zone: zoneinfo.ZoneInfo) -> None:
        self.zone = zone

    def __str__(self) -> str:
        return str(self.zone)

    def __reduce__(self) -> tuple[type["ReadersClock"], tuple[zoneinfo.ZoneInfo]]:
        return ReadersClock, (self.zone,)

    def utcoffset(self, at: dt.datetime | None) -> dt.timedelta | None:
        return self.zone.utcoffset(at)

    def dst(self, at: dt.datetime | None) -> dt.timedelta | None:
        return self.zone.dst(at)

    def tzname(self, at: dt.datetime | None) -> str | None:
        return self.zone.tzname(at)

    def fromutc(self, at: dt.datetime) -> dt.datetime:
        try:
            return self.zone.fromutc(at.replace(tzinfo=self.zone)).replace(tzinfo=self)
        except OverflowError:
            return at


def iso(moment: dt.datetime | None) -> str | None:
    """`2016-11-25T10:51:30.077685`: UTC, no zone, the fraction left out when zero."""
    if moment is None:
        return None
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat()


def parse_moment(text: str) -> dt.datetime:
    """An aware time from any documented form: ISO with `T` or a blank, with or without zone, a date alone, or a
    sensibly written date. A text without zone is UTC. Raises ValueError.

    The q language and bodies of tables read so, for the contract lets fragments pass there (`12:34` is today). Where
    nothing may be guessed, strict_moment() reads.
    """
    text = text.strip()
    if not text or len(text) > LONGEST or not text.isascii():
        raise ValueError("not a time")
    if _LOST_PLUS.search(text):
        raise ValueError("a time whose + became a blank; write it as %2B")
    moment: dt.datetime | None = None
    if _ISO.match(text):
        try:
            moment = dt.datetime.fromisoformat(text)
        except ValueError:
            moment = None
    if moment is None:
        try:
            moment = lenient.parse(_ORDINAL.sub("", text), tzinfos=_named_zone)
        except (ValueError, OverflowError, TypeError, AttributeError) as error:
            raise ValueError("not a time") from error
    return _in_utc(moment)


def _named_zone(name: str | None, offset: int | None) -> dt.tzinfo | None:
    """For dateutil, which passes over a name that it doesn't know (`CAT`) and takes the time as UTC."""
    if offset is not None:
        return dt.timezone(dt.timedelta(seconds=offset))
    if name is not None and name.upper() not in _ZERO:
        raise ValueError(f"{name} is no zone")
    return UTC


def _in_utc(moment: dt.datetime) -> dt.datetime:
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("not a time") from error


def parse_day(text: str) -> dt.date:
    return parse_moment(text).date()


_ZERO = ("Z", "UTC", "GMT", "UT")
_TIME = (
    r"(?P<hour>\d\d?):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:[.,](?P<fraction>\d{1,9}))?)?"
    r"(?: ?(?P<half>[AP])\.?M\.?)?"
)
_ZONE = r"(?: ?(?P<zone>Z|UTC|GMT|UT|[+-]\d\d(?::?\d\d)?))?"
_CLOCK = rf"(?:(?:T|,? )(?:AT )?{_TIME}{_ZONE})?"
_WEEKDAY = r"(?:(?P<weekday>[A-Z]{2,9})\.?,? )?"
_MONTH = r"(?P<name>[A-Z]{3,9})\.?"
_DAY = r"(?P<day>\d\d?)(?:ST|ND|RD|TH)?"
_YEAR = r"(?P<year>\d{4})"
_SHAPES = tuple(
    re.compile(shape + r"\Z")
    for shape in (
        rf"{_YEAR}(?P<mark>[-/.])(?P<month>\d\d?)(?P=mark)(?P<day>\d\d?){_CLOCK}",  # 2016-11-25T10:51:30.077685Z
        rf"{_WEEKDAY}{_MONTH} {_DAY},? {_YEAR}{_CLOCK}",  # Thu, September 1st 2016
        rf"{_WEEKDAY}{_DAY}(?P<mark>[ -]){_MONTH}(?:,? |-){_YEAR}{_CLOCK}",  # Fri, 25 Nov 2016 10:51:30 GMT
        rf"{_WEEKDAY}{_MONTH} {_DAY} {_TIME}{_ZONE} {_YEAR}",  # Fri Nov 25 10:51:30 2016
        r"(?P<year>\d{4})(?P<month>\d\d)(?P<day>\d\d)T(?P<hour>\d\d)(?P<minute>\d\d)(?P<second>\d\d)?" + _ZONE,
    )
)
_DAY_FIRST = re.compile(
    rf"(?P<day>\d\d?)(?P<mark>[-/. ])(?P<month>\d\d?)(?P=mark)(?P<year>\d{{4}}|\d\d){_CLOCK}\Z"  # 25/11/2016 2:30 PM
)
_MONTHS = (
    "JANUARY", "FEBRUARY", "MARCH", "APRIL", "MAY", "JUNE", "JULY", "AUGUST", "SEPTEMBER", "OCTOBER", "NOVEMBER",
    "DECEMBER",
)  # fmt: skip
_WEEKDAYS = ("MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY", "SUNDAY")


def strict_moment(text: str, *, day_first: bool = False) -> dt.datetime:
    """An aware time in UTC from a text that names its whole day in a way that can be read in one way only.

    `2016-11-25T10:51:30.077685Z` and its shorter and spaced forms, `Thu, September 1st 2016`, `25 Nov 2016 10:51 GMT`.
    Nothing is guessed: a fragment (`12:34`, `5`), a zone by name other than UTC or GMT, a weekday that is another one,
    a lost plus (`12:00:00 02:00`) and, without `day_first`, a year after two numbers (`05/06/2016`) raise ValueError.
    `day_first`: those are day, month, year, also with two digits of it (`05.06.26`, 2000 to 2068, before that 1969 on).
    """
    plain = " ".join(text.split()).upper()
    if not plain or len(text) > LONGEST or not plain.isascii():
        raise ValueError("not a time")
    found = next((match for shape in _SHAPES if (match := shape.match(plain))), None)
    if found is None and day_first:
        found = _DAY_FIRST.match(plain)
    if found is None:
        raise ValueError("not a time")
    parts = {"hour": None, "minute": None, "second": None, "fraction": None, "half": None, "zone": None}
    return _built(parts | found.groupdict())


def _built(parts: dict[str, Any]) -> dt.datetime:
    month = _which(_MONTHS, parts["name"]) if parts.get("name") else int(parts["month"])
    year = int(parts["year"])
    if len(parts["year"]) == 2:
        year += 2000 if year <= 68 else 1900
    hour = int(parts["hour"] or 0)
    if parts["half"]:
        if not 1 <= hour <= 12:
            raise ValueError("not a time")
        hour = hour % 12 + (12 if parts["half"] == "P" else 0)
    micro = int((parts["fraction"] or "0").ljust(6, "0")[:6])
    moment = dt.datetime(
        year, month, int(parts["day"]), hour, int(parts["minute"] or 0), int(parts["second"] or 0), micro,
        tzinfo=_zone(parts["zone"]),
    )  # fmt: skip
    if parts.get("weekday") and _which(_WEEKDAYS, parts["weekday"]) != moment.isoweekday():
        raise ValueError("the weekday is another one")
    return _in_utc(moment)


def _which(words: tuple[str, ...], given: str) -> int:
    """1 for the first; by its first three letters at least."""
    for number, word in enumerate(words, 1):
        if len(given) >= 3 and word.startswith(given):
            return number
    raise ValueError(f"{given} is neither month nor weekday")


def _zone(text: str | None) -> dt.tzinfo:
    if text is None or text in _ZERO:
        return UTC
    digits = text[1:].replace(":", "").ljust(4, "0")
    if int(digits[2:]) > 59:
        raise ValueError("not a zone")
    away = dt.timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return dt.timezone(-away if text[0] == "-" else away)
