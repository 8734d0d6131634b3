"""The board: the running repairs of a repair centre by step, each with its age, who has it and what it waits for."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from django.db.models import Count, F, QuerySet, Window
from django.db.models.functions import RowNumber
from django.http import HttpRequest, HttpResponse, QueryDict
from django.shortcuts import render
from django.utils.translation import gettext as _

from apps.accounts.models import RepairCentre, UserRepairCentreLink
from apps.console.bench import words
from apps.console.page import page, paged
from apps.core.levels import Level
from apps.products.models import Product
from apps.repairs import repeats, sittings
from apps.repairs.models import Repair, RepairPartTypeLinker, RepairWorkflowState
from apps.workflows import queries
from apps.workflows.definition.library import library

IN_COLUMN = 25  # cards of a step on the board; the rest on a page of its own
ALL, NONE = "all", "none"
CENTRES_SHOWN = 200


@dataclass
class Card:
    """One repair on the board."""

    repair: Repair
    step: str
    in_step: str
    in_repair: str
    workflow: str
    wishes: list[str]
    back: repeats.Back | None
    here: list[str]  # who sits at it now

    @property
    def who(self) -> str:
        technician = self.repair.technician
        return (technician.display_name or technician.email) if technician else ""


@dataclass
class Column:
    """A step with its cards, and how many there are in all."""

    ident: str
    name: str
    count: int
    waits: bool
    cards: list[Card] = field(default_factory=list)

    @property
    def more(self) -> int:
        return self.count - len(self.cards)


@dataclass(frozen=True)
class Asked:
    """What somebody wants to see: `centre` is a key, "all" or "none" (no centre); `who`: mine, free or waiting."""

    centre: str
    who: str = ""
    step: str = ""

    def address(self, **changed: str) -> str:
        asked = {"centre": self.centre, "who": self.who, "step": self.step} | changed
        return urlencode({name: value for name, value in asked.items() if value})


def asked_of(given: QueryDict, reader: Any) -> Asked:
    """As the address has it; the first time one's own centre."""
    centre = given.get("centre", "")
    if not (centre in (ALL, NONE) or (centre.isdecimal() and len(centre) < 10)):
        own = UserRepairCentreLink.objects.filter(username__iexact=reader.email).first()
        centre = str(own.repair_centre_id) if own else ALL
    who = given.get("who", "")
    return Asked(centre, who if who in ("mine", "free", "waiting") else "", given.get("step", "")[:80])


def repairs_of(asked: Asked, reader: Any) -> QuerySet[Repair]:
    """The running repairs that are asked for, within the reader's scope."""
    rows: QuerySet[Repair] = Repair.objects.visible_to(reader).filter(running=True)
    if asked.centre == NONE:
        rows = rows.filter(repair_centre=None)
    elif asked.centre != ALL:
        rows = rows.filter(repair_centre=int(asked.centre))
    match asked.who:
        case "mine":
            rows = rows.filter(technician=reader)
        case "free":
            rows = rows.filter(technician=None, waits=None).exclude(pending_status=True)
        case "waiting":
            rows = rows.exclude(waits=None, pending_status=False).exclude(waits=None, pending_status=None)
    return rows


@page("GET", level=Level.TECHNICAL)
def board(request: HttpRequest) -> HttpResponse:
    """By step; with `step` all repairs of that one, a page at a time."""
    reader: Any = request.user
    asked = asked_of(request.GET, reader)
    rows = repairs_of(asked, reader)
    centres = list(RepairCentre.objects.visible_to(reader).order_by("name")[:CENTRES_SHOWN])
    context: dict[str, Any] = {
        "asked": asked, "centres": _menu(asked, centres), "centre": _chosen(asked, centres), "chips": _chips(asked),
        "address": asked.address(), "board_of_one": bool(asked.step),
    }  # fmt: skip
    counted = dict(rows.order_by().values_list("workflow_state_id").annotate(count=Count("pk")))
    context["total"] = sum(counted.values())
    if asked.step:
        found, links = paged(request, _shown(rows.filter(workflow_state_id=asked.step)).order_by("pk"))
        counted = {asked.step: counted.get(asked.step, 0)}
        context |= links | {"page_count": len(found)}
    else:
        number = Window(RowNumber(), partition_by=F("workflow_state_id"), order_by=F("repair_id").asc())
        found = list(_shown(rows).annotate(number=number).filter(number__lte=IN_COLUMN).order_by("pk"))
    context["columns"] = _columns(cards_of(found), counted)
    return render(request, "console/bench/board.html", context)


def _shown(rows: QuerySet[Repair]) -> QuerySet[Repair]:
    return rows.select_related("product__product_type", "technician", "repair_centre", "waits")


def cards_of(rows: Sequence[Repair]) -> list[Card]:
    """What the cards of these repairs say, in a number of queries that does not depend on how many they are."""
    keys = [row.pk for row in rows]
    known = queries.definitions_of(list(rows))
    entered: dict[int, Any] = dict(
        RepairWorkflowState.objects.filter(repair__in=keys, exit_time=None).values_list("repair_id", "entry_time")
    )
    wishes: dict[int, list[str]] = {}
    wanted = RepairPartTypeLinker.objects.filter(repair__in=keys, replaced_date=None).exclude(new_part_type=None)
    for key, name in wanted.order_by("pk").values_list("repair_id", "new_part_type__name"):
        wishes.setdefault(key, []).append(str(name))
    back = repeats.back([row.product_id for row in rows], came={row.product_id: row.created_at.date() for row in rows})
    here: dict[int, list[str]] = {}
    for one in sittings.present().filter(repair__in=keys):
        here.setdefault(one.repair_id, []).append(one.technician.display_name or one.technician.email)
    return [
        Card(
            row, words.state_called(known[row.pk], row.workflow_state_id) if row.pk in known else "",
            words.since(entered.get(row.pk)), words.since(row.created_at),
            known[row.pk].title.said(words.spoken()) if row.pk in known else "",
            wishes.get(row.pk, []) if row.pending_status else [], back.get(row.product_id), here.get(row.pk, []),
        )
        for row in rows
    ]  # fmt: skip


def _columns(cards: list[Card], counted: dict[str | None, int]) -> list[Column]:
    """In the order in which the shipped workflows have their steps."""
    places: dict[str, int] = {}
    names: dict[str, str] = {}
    waits: set[str] = set()
    for definition in library().values():
        for place, (ident, state) in enumerate(definition.states.items()):
            places.setdefault(ident, place)
            names.setdefault(ident, state.name.said(words.spoken()))
            if state.waits_for:
                waits.add(ident)
    found = {
        str(ident): Column(str(ident), names.get(str(ident), str(ident)), count, str(ident) in waits)
        for ident, count in counted.items()
    }
    for card in cards:
        column = found[str(card.repair.workflow_state_id)]
        column.name = card.step or column.name
        column.cards.append(card)
    return sorted(found.values(), key=lambda column: (places.get(column.ident, 999), column.ident))


def _menu(asked: Asked, centres: list[RepairCentre]) -> list[tuple[str, str, bool]]:
    options = [(str(centre.pk), centre.name) for centre in centres]
    options += [(ALL, _("All that I see")), (NONE, _("Of no centre"))]
    return [(asked.address(centre=key, step=""), name, key == asked.centre) for key, name in options]


def _chosen(asked: Asked, centres: list[RepairCentre]) -> str:
    if asked.centre == ALL:
        return _("All that I see")
    if asked.centre == NONE:
        return _("Of no centre")
    return next((centre.name for centre in centres if str(centre.pk) == asked.centre), _("another centre"))


def _chips(asked: Asked) -> list[tuple[str, str, bool]]:
    options = (("", _("All")), ("mine", _("Mine")), ("free", _("Nobody’s")), ("waiting", _("Waiting")))
    return [(asked.address(who=key), name, key == asked.who) for key, name in options]


def listed(units: Sequence[Product], reader: Any) -> dict[str, Repair]:
    """{IMEI: its running repair} of those that have one, in one query."""
    rows = Repair.objects.visible_to(reader).filter(product__in=[unit.product_imei for unit in units], running=True)
    return {row.product_id: row for row in _shown(rows)}
