"""Times: UTC without zone on the wire (contract/actions.md, "Conventions"), aware in Python."""

import datetime as dt
import re
import zoneinfo

from dateutil import parser as lenient

UTC = dt.UTC
_ISO = re.compile(r"\d{4}-\d\d-\d\d([T ].*)?$")
_LOST_PLUS = re.compile(r":\d\d(\.\d+)? \d\d:?\d\d$")  # `+02:00` whose plus an address has made a blank
_ORDINAL = re.compile(r"(?<=\d)(st|nd|rd|th)\b")


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
    sensibly written date. A text without zone is UTC. Raises ValueError."""
    text = text.strip()
    if not text or len(text) > 64 or not text.isascii():
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
            moment = lenient.parse(_ORDINAL.sub("", text))
        except (ValueError, OverflowError, TypeError, AttributeError) as error:
            raise ValueError("not a time") from error
    if moment.tzinfo is None:
        return moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise ValueError("not a time") from error


def parse_day(text: str) -> dt.date:
    return parse_moment(text).date()
