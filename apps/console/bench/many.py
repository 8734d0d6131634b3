"""Many units, one act: scanned into a list, then brought in or moved a step, each on its own with a line of its own."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from apps.console.bench import board, scan, words
from apps.console.page import page
from apps.core.levels import Level
from apps.core.refusal_words import said
from apps.core.refusals import Refused
from apps.products import queries as products
from apps.products.models import Product
from apps.repairs.models import Repair
from apps.workflows import actions, queries
from apps.workflows.definition.shape import Definition, Event, State

MOST = 100
BRING_IN, TAKE = "bring_in", "take"
EVENT = "event."


@dataclass
class Item:
    """A unit of the list, where it stands, and what became of it."""

    product: Product
    repair: Repair | None
    step: str
    result: str = ""
    done: bool | None = None


@page("GET", "POST", level=Level.TECHNICAL)
def many(request: HttpRequest) -> HttpResponse:
    """The list travels in the form; nothing is done before an act is chosen."""
    reader: Any = request.user
    held = list(dict.fromkeys(imei for imei in request.POST.getlist("unit") if imei))[:MOST]
    if drop := request.POST.get("drop"):
        held = [imei for imei in held if imei != drop]
    told, wrongs = "", list[str]()
    lines = _scanned(request.POST.get("pasted") or request.POST.get("scan", ""))
    for text in lines[:MOST]:
        added, told, problem = _add(text, held, reader)
        if added:
            held.append(added)
        else:
            wrongs.append(problem)
    if len(lines) > MOST:
        wrongs.append(_("Only the first %(most)s lines were looked at.") % {"most": MOST})
    items = _items(held, reader)
    act = request.POST.get("act", "")
    offered = _offered(items, reader)
    results: list[Item] = []
    if act and items:
        if act in {name for name, _label, _tone in offered}:
            results = [_one(item, act, reader) for item in items]
            items, offered, told, wrongs = [], [], "", []
        else:
            wrongs = [_("That can’t be done with all of them any more; choose again.")]
    context = {
        "items": items, "offered": offered, "results": results, "told": told, "wrongs": wrongs, "most": MOST,
        "well": sum(1 for one in results if one.done), "ill": sum(1 for one in results if not one.done),
    }  # fmt: skip
    return render(request, "console/bench/many.html", context)


def _scanned(text: str) -> list[str]:
    """One scan, or several lines that were pasted."""
    return [line for line in text.splitlines() if line.strip()]


def _add(text: str, held: list[str], reader: Any) -> tuple[str, str, str]:
    """(IMEI to add, what is told, what was wrong)"""
    found = scan.find(text, by=reader)
    shown = text.strip()[:40]
    if not found:
        return "", "", _("%(scan)s is no unit in your scope; it is not on the list.") % {"scan": shown}
    if len(found) > 1:
        return "", "", _("%(scan)s stands for several units; scan the IMEI.") % {"scan": shown}
    product = found[0]
    if product.product_imei in held:
        return "", "", _("%(unit)s is on the list already.") % {"unit": product.serial_number}
    if len(held) >= MOST:
        return "", "", _("The list is full; do something with these first.")
    return product.product_imei, _("%(unit)s is on the list.") % {"unit": product.serial_number}, ""


def _items(held: list[str], reader: Any) -> list[Item]:
    """In the order of the scans, in a number of queries that does not depend on how many they are."""
    units = {one.product_imei: one for one in products.units(reader).filter(product_imei__in=held)}
    listed = [units[imei] for imei in held if imei in units]
    running = board.listed(listed, reader)
    known = queries.definitions_of(list(running.values()))
    found = []
    for product in listed:
        repair = running.get(product.product_imei)
        definition = known.get(repair.pk) if repair else None
        step = words.state_called(definition, repair.workflow_state_id) if repair and definition else ""
        found.append(Item(product, repair, step))
    return found


def _offered(items: list[Item], reader: Any) -> list[tuple[str, str, str]]:
    """(name, label, tone): bringing in where one of them is not in repair yet, and the events that all of them have now
    and that need no inputs."""
    if not items:
        return []
    found = []
    if any(item.repair is None for item in items):
        found.append((BRING_IN, _("Bring in"), "good"))
        return found
    found.append((TAKE, _("Take them"), "plain"))
    known = queries.definitions_of([item.repair for item in items if item.repair])
    shared: dict[str, Event] | None = None
    for item in items:
        definition = known.get(item.repair.pk) if item.repair else None
        here = _bare_events(definition, item.repair) if definition and item.repair else {}
        shared = here if shared is None else {name: event for name, event in shared.items() if name in here}
    found += [(EVENT + name, event.label.said(words.spoken()), event.tone) for name, event in (shared or {}).items()]
    return found


def _bare_events(definition: Definition, repair: Repair) -> dict[str, Event]:
    state: State | None = definition.states.get(str(repair.workflow_state_id))
    if state is None:
        return {}
    without = all(spec.optional for spec in state.inputs)
    return {event.ident: event for event in state.events if event.needs == [] or (event.needs == "all" and without)}


def _one(item: Item, act: str, reader: Any) -> Item:
    """Done on its own: what is refused for one is none of the others' concern."""
    try:
        if act == BRING_IN:
            if item.repair is None:
                item.repair = actions.bring_in(item.product, by=reader)
        elif act == TAKE:
            item.repair = actions.take(item.repair, by=reader)
        else:
            assert item.repair is not None
            ident, seen = act.removeprefix(EVENT), queries.tag(item.repair)
            item.repair = actions.send_event(item.repair, ident=ident, seen=seen, by=reader)
    except Refused as refused:
        item.result, item.done = said(refused, fields=False), False
        return item
    assert item.repair is not None
    definition, state = queries.state_of(item.repair)
    over = words.outcome_called(item.repair.outcome)
    item.result = over if not item.repair.running else state.name.said(words.spoken())
    item.done = True
    return item
