"""The manager's view: figures of repairs, each leading to its rows, and both as files."""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format, number_format
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from apps.console.page import page, paged
from apps.console.show import Menu
from apps.core import sheets
from apps.core.levels import Level
from apps.products.models import ProductType
from apps.repairs.models import Repair
from apps.workflows.figures import Choice, Drill, behind, report
from apps.workflows.figures.choice import ALL, MINE, NONE, centres, works_at_one
from apps.workflows.figures.names import Names
from apps.workflows.figures.report import Line, Section
from apps.workflows.figures.rows import OPEN
from apps.workflows.figures.seconds import Spread

PERIODS = (7, 30, 90, 365)  # days


@page("GET", level=Level.TECHNICAL)
def figures(request: HttpRequest) -> HttpResponse:
    """Where repairs stand and where time goes."""
    reader: Any = request.user
    choice, language = Choice.of(request.GET, reader), _language()
    sections = [
        (section, [_shown(line, section, choice) for line in section.lines])
        for section in report(choice, reader, language)
    ]
    context = _about(choice, reader, language) | {"sections": sections}
    return render(request, "console/figures/figures.html", context)


@page("GET", level=Level.TECHNICAL)
def file(request: HttpRequest) -> Any:
    """The figures as a table to keep."""
    reader: Any = request.user
    choice, language = Choice.of(request.GET, reader), _language()
    heading = [
        _("Figure"), _("Of"), _("What"), _("Repairs"), _("Number"), _("Median (hours)"), _("Longest (hours)"),
        _("Median at work (hours)"), _("Longest at work (hours)"), _("First day"), _("Last day"),
    ]  # fmt: skip
    lines = [
        [
            section.title, line.above, line.label, line.repairs, line.times,
            *_hours(line.spread), *_hours(line.work), choice.first, choice.last,
        ]
        for section in report(choice, reader, language) for line in section.lines
    ]  # fmt: skip
    return _csv([heading, *lines], "repairs-figures.csv", language)


@page("GET", level=Level.TECHNICAL)
def repairs(request: HttpRequest) -> HttpResponse:
    """The repairs behind a figure, a page at a time."""
    reader: Any = request.user
    choice, drill, language = Choice.of(request.GET, reader), Drill.of(request.GET), _language()
    names = Names(language)
    found, links = paged(request, _in_order(behind(choice, drill, reader), drill))
    address = _address(choice, drill)
    context = _about(choice, reader, language, drill) | {
        "listed": [_row(repair, names) for repair in found], "drill": drill,
        "told": _told(drill, names, found),
        "address": address, "figures": f"{reverse('console:figures')}?{choice.address}",
        "csv": f"{reverse('console:repairs_file')}?{address}", **links,
    }  # fmt: skip
    return render(request, "console/figures/repairs.html", context)


@page("GET", level=Level.TECHNICAL)
def repairs_file(request: HttpRequest) -> Any:
    """All of them as a file."""
    reader: Any = request.user
    choice, drill, language = Choice.of(request.GET, reader), Drill.of(request.GET), _language()
    names, rows = Names(language), _in_order(behind(choice, drill, reader), drill)
    heading = [
        _("Repair"), _("IMEI"), _("Serial number"), _("Unit type"), _("Repair centre"), _("Workflow"), _("Step"),
        _("Outcome"), _("Technician"), _("Began (UTC)"), _("Ended (UTC)"), _("Hours in the step"),
        _("Hours of work in the step"),
    ]  # fmt: skip

    def lines() -> Iterator[list[Any]]:
        yield heading
        for repair in rows.iterator(chunk_size=2000):
            yield [
                repair.pk, repair.product_id, repair.product.serial_number, repair.product.product_type.name,
                repair.repair_centre and repair.repair_centre.name, names.workflow(repair.workflow_name),
                names.step(repair.workflow_name, repair.workflow_state_id), _outcome(repair, names),
                repair.technician and repair.technician.email, _utc(repair.created_at),
                _utc(repair.ended_at) or repair.refurbishment_date,
                *(seconds and round(seconds / 3600, 2) for seconds in _seconds(repair)),
            ]  # fmt: skip

    return _csv(lines(), "repairs.csv", language)


def _hours(spread: Spread | None) -> tuple[float | None, float | None]:
    """The middle and the longest."""
    return (round(spread.median / 3600, 2), round(spread.worst / 3600, 2)) if spread else (None, None)


def _seconds(repair: Repair) -> tuple[float | None, float | None]:
    """How long it was in the step that is asked for, and how long people worked at it there."""
    return getattr(repair, "seconds", None), getattr(repair, "worked", None)


def _in_order(rows: Any, drill: Drill) -> Any:
    rows = rows.select_related("product__product_type", "repair_centre", "technician", "waits")
    if drill.what == OPEN:
        return rows.order_by("created_at", "pk")  # the oldest first
    if drill.step:
        return rows.order_by("-seconds", "pk")
    return rows.order_by("-ended_at", "-refurbishment_date", "-pk")


def _row(repair: Repair, names: Names) -> dict[str, Any]:
    took, worked = ("" if seconds is None else lasting(seconds) for seconds in _seconds(repair))
    return {
        "repair": repair, "where": _page_of(repair), "workflow": names.workflow(repair.workflow_name),
        "step": names.step(repair.workflow_name, repair.workflow_state_id), "outcome": _outcome(repair, names),
        "bad": repair.outcome in ("terminated", "replaced", "withdrawn", "set_aside"),
        "took": took, "worked": worked, "over": not _is_open(repair),
        "waits": repair.waits.reason if repair.waits else "",
        "since": _first_of(repair), "until": repair.ended_at or repair.refurbishment_date,
    }  # fmt: skip


def _first_of(repair: Repair) -> Any:
    return repair.created_at if repair.workflow_version else repair.arrival_date or repair.created_at


def _is_open(repair: Repair) -> bool:
    return repair.running or not (repair.workflow_version or repair.refurbishment_date or repair.outcome)


def _outcome(repair: Repair, names: Names) -> str:
    return "" if _is_open(repair) else names.outcome(repair.outcome)


def _page_of(repair: Repair) -> str:
    if repair.workflow_version:
        return reverse("console:bench_repair", args=[repair.pk])
    return reverse("console:unit", args=[repair.product_id])


def _shown(line: Line, section: Section, choice: Choice) -> dict[str, Any]:
    """A line with the address of its rows, the width of its bar and its times in words."""
    whole = line.of if section.key == "repeats" else section.most
    spread = line.spread
    return {
        "line": line, "address": _address(choice, line.drill),
        "width": round(100 * line.repairs / whole) if whole else 0,
        "median": lasting(spread.median) if spread else "", "worst": lasting(spread.worst) if spread else "",
        "work": lasting(line.work.median) if line.work else "",
    }  # fmt: skip


def _address(choice: Choice, drill: Drill) -> str:
    return "&".join(part for part in (choice.address, drill.address) if part)


def lasting(seconds: float) -> str:
    """A duration as people say it: its two largest parts, or minutes."""
    minutes = round(seconds / 60)
    if minutes < 1:
        return _("under a minute")
    days, hours, minutes = minutes // 1440, minutes // 60 % 24, minutes % 60
    if days >= 10:
        return _("{days} d").format(days=number_format(days + (hours >= 12), force_grouping=True))
    if days:
        return _("{days} d {hours} h").format(days=days, hours=hours) if hours else _("{days} d").format(days=days)
    if hours:
        return _("{hours} h {minutes} min").format(hours=hours, minutes=minutes)
    return _("{minutes} min").format(minutes=minutes)


def _told(drill: Drill, names: Names, listed: list[Repair]) -> list[str]:
    """What the list shows, in words. A technician is named by repairs in sight alone: the address may hold any key."""
    told = [_("open now") if drill.what == OPEN else _("ended in the period")]
    if drill.outcome:
        told.append(_("outcome: {what}").format(what=names.outcome(None if drill.outcome == NONE else drill.outcome)))
    if drill.step:
        flow, _dot, state = drill.step.partition(".")
        told.append(_("step: {what}").format(what=names.step(flow, None if state == NONE else state)))
    if drill.technician and drill.what == OPEN:
        user = listed[0].technician if listed else None
        who = (user.display_name or user.email) if user else "–"
        told.append(_("technician: {what}").format(what=_("nobody yet") if drill.technician == NONE else who))
    if drill.by:
        told.append(_("steps by {what}").format(what=_("nobody") if drill.by == NONE else drill.by))
    if drill.event:
        flow, state, event = (drill.event + "..").split(".", 2)
        told.append(_("what failed: {what}").format(what=names.event(flow, state, event[:-2])))
    if drill.check:
        told.append(_("exit check that failed: {what}").format(what=names.check(drill.check)))
    more = {
        "part": (drill.part, _("with this part fitted")), "symptom": (drill.symptom, _("with this symptom")),
        "repeat": (drill.repeat, _("back within 90 days")),
        "waits": (drill.waits, _("waiting for a part") if drill.waits == "part" else _("waiting, or having waited")),
    }  # fmt: skip
    return told + [str(words) for given, words in more.values() if given]


def _about(choice: Choice, reader: Any, language: str, drill: Drill | None = None) -> dict[str, Any]:
    """The filter: periods, centres, types of units, workflows, as links and as a small form of days."""
    drilled = drill.address if drill else ""

    def address(**changed: Any) -> str:
        return "&".join(part for part in (replace(choice, **changed).address, drilled) if part)

    today = timezone.localdate()
    chips = []
    for days in PERIODS:
        since, until = str(today - dt.timedelta(days=days - 1)), ""
        current = choice.last == today and choice.first == today - dt.timedelta(days=days - 1)
        words = ngettext("{days} day", "{days} days", days).format(days=days)
        chips.append((address(since=since, until=until), words, current))
    flows = [(name, title) for name, title in Names(language).workflows()]
    known = centres(reader)
    options = [*([(MINE, _("My repair centre"))] if works_at_one(reader) else []), (ALL, _("All centres")), *known]
    menus = [
        Menu(_("Centre"), "", _options(address, "centre", choice.centre, [*options, (NONE, _("Without a centre"))])),
        Menu(_("Unit type"), "", _options(address, "kind", choice.kind, [("", _("All types")), *_types()])),
        Menu(
            _("Workflow"), "",
            _options(
                address, "workflow", choice.workflow,
                [("", _("All workflows")), *flows, (NONE, _("Without a workflow"))],
            ),
        ),
    ]  # fmt: skip
    kept = [
        (name, getattr(choice, name)) for name in ("centre", "kind", "workflow") if getattr(choice, name)
    ] + [(name, value) for name, value in (vars(drill).items() if drill else ()) if value]  # fmt: skip
    return {
        "choice": choice, "chips": chips, "menus": menus, "kept": kept,
        "period": f"{date_format(choice.first, 'SHORT_DATE_FORMAT')} – {date_format(choice.last, 'SHORT_DATE_FORMAT')}",
        "first": choice.first.isoformat(), "last": choice.last.isoformat(),
        "csv": f"{reverse('console:figures_file')}?{choice.address}",
    }  # fmt: skip


def _options(address: Any, column: str, held: str, options: Iterable[tuple[str, Any]]) -> list[tuple[str, Any, bool]]:
    return [(address(**{column: key}), name, key == held) for key, name in options]


def _types() -> list[tuple[str, str | None]]:
    rows = ProductType.objects.order_by("name").values_list("pk", "name")
    return [(str(key), name) for key, name in rows]


def _csv(rows: Iterable[list[Any]], name: str, language: str) -> StreamingHttpResponse:
    def pieces() -> Iterator[bytes]:
        lines: list[list[Any]] = []
        first = True
        for row in rows:
            lines.append(row)
            if len(lines) == 1000:
                yield sheets.csv_piece(lines, language=language, first=first)
                lines, first = [], False
        yield sheets.csv_piece(lines, language=language, first=first)

    response = StreamingHttpResponse(pieces(), content_type=sheets.KINDS[sheets.CSV])
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _utc(at: dt.datetime | None) -> str | None:
    return at.astimezone(dt.UTC).strftime("%Y-%m-%d %H:%M:%S") if at else None


def _language() -> str:
    return get_language() or "en"
