"""Parts wanted, what lies on the shelves of a centre, and what is to be ordered."""

from collections.abc import Callable, Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import get_language, gettext_lazy
from django.utils.translation import gettext as _

from apps.console.page import page, paged
from apps.console.repairs.shared import Steps, number
from apps.core import sheets
from apps.core.levels import Level
from apps.core.refusal_words import said
from apps.core.refusals import Forbidden, Invalid, NotFound, Refused
from apps.parts.models import PartType
from apps.repairs import stock, wanted

CALLED = {
    "in_stock": gettext_lazy("In stock"), "low_mark": gettext_lazy("Low mark"), "reason": gettext_lazy("Reason"),
    "number": gettext_lazy("How many came"), "part_type_id": gettext_lazy("The part"),
}  # fmt: skip
MOVES = {
    "counted": gettext_lazy("counted"), "received": gettext_lazy("received"), "fitted": gettext_lazy("fitted"),
    "put_back": gettext_lazy("back by undo"), "reused": gettext_lazy("taken out, to be reused"),
    "withheld": gettext_lazy("not reused after all"),
}  # fmt: skip
SHOWN_MOVES = 15


@page("GET", level=stock.reserve.level)
def parts(request: HttpRequest) -> HttpResponse:
    """The open wishes: which repair of which unit waits at which step for what, since when, and whether it is kept."""
    return _parts(request)


def _parts(request: HttpRequest, wrong: str = "", status: int = 200) -> HttpResponse:
    reader: Any = request.user
    context = _chosen(request)
    rows, links = paged(request, wanted.wishes(by=reader, centre=context["centre"]))
    steps = Steps()
    names, elsewhere = dict(context["centres"]), _("another centre")
    stocked = {(line.centre, line.kind.pk): line for line in wanted.lines(by=reader, centre=context["centre"])}
    context |= links | {
        "wrong": wrong, "address": f"centre={context['centre'] or ''}",
        "listed": [
            {
                "wish": row, "step": steps.called(row.repair, row.repair.workflow_state_id),
                "centre": names.get(row.repair.repair_centre_id or 0, row.repair.repair_centre_id and elsewhere),
                "line": stocked.get((row.repair.repair_centre_id, row.new_part_type_id)),
            }
            for row in rows
        ],
    }  # fmt: skip
    return render(request, "console/repairs/parts.html", context, status=status)


def _wish(request: HttpRequest, act: Callable[..., Any], told: str) -> HttpResponse:
    reader: Any = request.user
    key = number(request.POST.get("wish"))
    if key is None:
        return _parts(request, _("Press the button beside a part."), 400)
    return _done(request, lambda: act(wanted.wish(key, by=reader), by=reader), _parts, "console:bench_parts", told)


def _done(
    request: HttpRequest, act: Callable[[], Any], shown: Callable[..., HttpResponse], where: str, told: str
) -> HttpResponse:
    """Do it and go back to the page; what is refused stands on it."""
    try:
        act()
    except (NotFound, Forbidden):
        raise
    except Refused as refused:
        return shown(request, said(refused, fields=lambda name: CALLED.get(name, name)), refused.status)
    messages.success(request, told)
    return redirect(_back(request, where))


@page("POST", level=stock.reserve.level)
def reserve(request: HttpRequest) -> HttpResponse:
    return _wish(request, stock.reserve, _("A part is kept for this repair."))


@page("POST", level=stock.release.level)
def release(request: HttpRequest) -> HttpResponse:
    return _wish(request, stock.release, _("The part is free again."))


@page("GET", level=stock.count.level)
def shelves(request: HttpRequest) -> HttpResponse:
    """What a centre has, with a place to count and to receive."""
    return _shelves(request)


def _shelves(request: HttpRequest, wrong: str = "", status: int = 200) -> HttpResponse:
    reader: Any = request.user
    context = _chosen(request, one=True)
    centre = context["centre"]
    if centre is not None:
        found = wanted.lines(by=reader, centre=centre)
        known = {line.kind.pk for line in found}
        context |= {
            "lines": found, "moves": [(move, MOVES[move.kind]) for move in wanted.moves(centre, SHOWN_MOVES)],
            "others": [kind for kind in PartType.objects.order_by("name") if kind.pk not in known],
        }  # fmt: skip
    context |= {"wrong": wrong, "typed": request.POST}
    return render(request, "console/repairs/stock.html", context, status=status)


def _shelf(
    request: HttpRequest, act: Callable[..., Any], numbers: Sequence[str], told: str, **given: Any
) -> HttpResponse:
    """`numbers`: the names of the fields that hold one."""

    def done() -> None:
        kind = number(request.POST.get("part_type"))
        if not kind:
            raise Invalid({"part_type_id": "is required"})
        typed = {name: _whole(name, request.POST) for name in numbers}
        centre = number(request.POST.get("centre")) or 0
        act(repair_centre_id=centre, part_type_id=kind, by=request.user, **typed, **given)

    return _done(request, done, _shelves, "console:bench_stock", told)


@page("POST", level=stock.count.level)
def count(request: HttpRequest) -> HttpResponse:
    reason = request.POST.get("reason", "")
    return _shelf(request, stock.count, ("in_stock", "low_mark"), _("The count is kept."), reason=reason)


@page("POST", level=stock.receive.level)
def receive(request: HttpRequest) -> HttpResponse:
    told = _("Received; kept for the repairs that wait, the longest waiting first.")
    return _shelf(request, stock.receive, ("number",), told)


def _whole(name: str, given: Any) -> int:
    found = number(given.get(name))
    if found is None:
        raise Invalid({name: "must be a whole number"})
    return found


@page("GET", level=stock.reserve.level)
def order(request: HttpRequest) -> HttpResponse:
    """What is to be ordered, by centre."""
    reader: Any = request.user
    context = _chosen(request)
    context["lines"] = wanted.to_order(by=reader, centre=context["centre"])
    return render(request, "console/repairs/order.html", context)


@page("GET", level=stock.reserve.level)
def order_csv(request: HttpRequest) -> HttpResponse:
    """The same as a file for whoever buys."""
    reader: Any = request.user
    rows: list[list[Any]] = [[
        _("Repair centre"), _("Part type"), _("ERP code"), _("To order"), _("Waited for"), _("In stock"), _("Reserved"),
        _("Low mark"),
    ]]  # fmt: skip
    for line in wanted.to_order(by=reader, centre=_chosen(request)["centre"]):
        rows.append([
            line.centre_name or _("Of no centre"), line.kind.name, line.kind.erp_code, line.to_order, line.waiting,
            line.in_stock, line.reserved, line.low_mark,
        ])  # fmt: skip
    content = sheets.csv_piece(rows, language=get_language() or "en", first=True)
    response = HttpResponse(content, content_type=sheets.KINDS["csv"])
    response.headers["Content-Disposition"] = 'attachment; filename="parts-to-order.csv"'
    return response


def _chosen(request: HttpRequest, *, one: bool = False) -> dict[str, Any]:
    """The centre that the page is about: the asked one, else the reader's own, else (where `one` is needed) the first;
    None: all. One out of sight is none."""
    reader: Any = request.user
    found = [(row.pk, row.name) for row in wanted.centres(reader)]
    keys = {key for key, _name in found}
    asked = request.GET.get("centre", request.POST.get("centre"))
    centre = wanted.own_centre(reader) if asked is None else number(asked)
    if centre not in keys:
        centre = found[0][0] if found and one else None
    return {
        "centres": found, "centre": centre, "centre_name": dict(found).get(centre or 0),
        "may_write": reader.level >= Level.TECHNICAL,
    }  # fmt: skip


def _back(request: HttpRequest, name: str) -> str:
    centre = number(request.POST.get("centre"))
    shown = number(request.POST.get("page"))
    asked = [f"centre={centre or ''}", *([f"page={shown}"] if shown else [])]
    return f"{reverse(name)}?{'&'.join(asked)}"
