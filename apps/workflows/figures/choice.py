"""Which repairs the figures are about: a period by end date, a centre, a type of unit, a workflow."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Self
from urllib.parse import urlencode

from django.db.models import Q
from django.utils import timezone

from apps.accounts.models import RepairCentre, UserRepairCentreLink
from apps.repairs.models import Repair

DAYS, LONGEST = 90, 9  # of a period by default; digits of a key in an address
MINE, ALL = "mine", "all"
NONE = "-"  # in an address: repairs without one


@dataclass(frozen=True)
class Choice:
    """As texts of an address. `since` and `until`: the first and the last day, in the reader's time zone; `centre`: a
    key, `mine` or `all`; `kind`: the key of a product type; `workflow`: a name, or `-` for repairs without one."""

    since: str = ""
    until: str = ""
    centre: str = ""
    kind: str = ""
    workflow: str = ""

    @classmethod
    def of(cls, given: Mapping[str, Any], reader: Any) -> Self:
        """What cannot be a day is passed over, and two days that stand the wrong way round are turned; a technician of
        a centre sees their own first."""
        choice = cls(**{name: str(given.get(name, ""))[:100].replace("\0", "") for name in cls.__dataclass_fields__})
        since, until = (text if _day(text) else "" for text in (choice.since, choice.until))
        if since and until and dt.date.fromisoformat(since) > dt.date.fromisoformat(until):
            since, until = until, since
        if not choice.centre:
            choice = replace(choice, centre=MINE if _own(reader) else ALL)
        return replace(choice, since=since, until=until)

    @property
    def first(self) -> dt.date:
        return _day(self.since) or self.last - dt.timedelta(days=DAYS - 1)

    @property
    def last(self) -> dt.date:
        return _day(self.until) or timezone.localdate()

    @property
    def address(self) -> str:
        return urlencode({name: value for name, value in asdict(self).items() if value})

    def _there(self, reader: Any) -> Any:
        """The repairs in scope, of all times."""
        rows: Any = Repair.objects.visible_to(reader)
        if self.centre == MINE:
            rows = rows.filter(repair_centre__in=_own(reader))
        elif self.centre == NONE:
            rows = rows.filter(repair_centre=None)
        elif self.centre != ALL:
            rows = rows.filter(repair_centre=_key(self.centre))
        if self.kind:
            rows = rows.filter(product__product_type=_key(self.kind))
        if self.workflow:
            rows = rows.filter(workflow_name=None if self.workflow == NONE else self.workflow)
        return rows

    def open(self, reader: Any) -> Any:
        """Those that are open now, whatever the period; of those made through the table the ones without an end."""
        by_hand = Q(workflow_version=None, refurbishment_date=None, outcome=None)
        return self._there(reader).filter(Q(running=True) | by_hand)

    def ended(self, reader: Any) -> Any:
        """Those that ended in the period; of those made through the table only the day is known."""
        zone = timezone.get_current_timezone()
        start = dt.datetime.combine(self.first, dt.time.min, zone)
        end = dt.datetime.combine(self.last + dt.timedelta(days=1), dt.time.min, zone)
        by_hand = Q(ended_at=None, refurbishment_date__gte=self.first, refurbishment_date__lte=self.last)
        return self._there(reader).filter(Q(ended_at__gte=start, ended_at__lt=end) | by_hand)


def _own(reader: Any) -> list[int]:
    """The repair centres where this person works."""
    links = UserRepairCentreLink.objects.filter(username__iexact=reader.name_for_record)
    return list(links.order_by("pk").values_list("repair_centre_id", flat=True))


def centres(reader: Any) -> list[tuple[str, str | None]]:
    """(word of an address, name) of the centres that this reader may choose."""
    rows = RepairCentre.objects.visible_to(reader).order_by("name").values_list("pk", "name")
    return [(str(key), name) for key, name in rows]


def works_at_one(reader: Any) -> bool:
    return bool(_own(reader))


def _key(text: str) -> int:
    return int(text) if text.isdecimal() and text.isascii() and len(text) <= LONGEST else 0


def _day(text: str) -> dt.date | None:
    try:
        day = dt.date.fromisoformat(text)
    except ValueError:
        return None
    return day if 2000 <= day.year <= 9000 else None
