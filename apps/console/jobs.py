"""Long work on screen: choose units and an act, see what would happen, start it, watch it, keep the report."""

import datetime as dt
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlencode

from django.http import HttpRequest, HttpResponse, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.formats import number_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from apps.console import show
from apps.console.page import PER_PAGE, page, paged
from apps.core import sheets
from apps.core.levels import Level
from apps.core.refusal_words import said
from apps.core.refusals import Forbidden, NotFound, Refused, refuse_if
from apps.jobs import actions, queries
from apps.jobs.kinds import Kind, kind_of, kinds
from apps.jobs.models import AT_WORK, OVER, Job, Outcome, State
from apps.products import listed, not_after
from apps.products import queries as units


def acts_of(user: Any) -> list[tuple[str, Kind]]:
    """The acts on units that this user may choose."""
    return [(name, kind) for name, kind in kinds().items() if name.startswith("units.") and user.level >= kind.level]


@page("POST", level=Level.TECHNICAL)
def bulk(request: HttpRequest) -> HttpResponse:
    """A job over the ticked units, or over all that the list shows on all of its pages."""
    reader: Any = request.user
    kind = request.POST.get("kind", "")
    if kind not in dict(acts_of(reader)):
        return _problem(request, _("Choose what is to be done with the ticked units."))
    try:
        job = actions.draft(kind=kind, keys=_chosen(request, reader), by=reader)
    except Refused as refused:
        return _problem(request, said(refused, fields=False))
    return redirect("console:job", key=job.pk)


@page("GET", "POST", level=Level.TECHNICAL)
def from_list(request: HttpRequest) -> HttpResponse:
    """A job over units that somebody has a list of: pasted numbers, or a spreadsheet's file."""
    reader: Any = request.user
    acts, given = acts_of(reader), request.POST
    context = {"acts": acts, "kind": given.get("kind", ""), "units": given.get("units", "")}
    context["most"] = number_format(actions.MOST_ITEMS, force_grouping=True)
    if request.method != "POST":
        return render(request, "console/job_from_list.html", context)
    file, text = request.FILES.get("file"), given.get("units", "").strip()
    try:
        refuse_if(context["kind"] not in dict(acts), "kind", _("Choose what is to be done with these units."))
        refuse_if(not file and not text, "units", _("Give their numbers, or a file that holds them."))
        refuse_if(file and text, "units", _("Give either numbers or a file, not both."))
        content = file.chunks(actions.PIECE) if file else [listed.from_text(text)]
        job = actions.draft_from_file(
            kind=context["kind"], name=file.name if file else "list.csv", content=content, params={}, by=reader
        )
    except Refused as refused:
        problem = said(refused, fields=False)
        return render(request, "console/job_from_list.html", context | {"problem": problem}, status=refused.status)
    return redirect("console:job", key=job.pk)


def _chosen(request: HttpRequest, reader: Any) -> Iterator[str]:
    given = request.POST
    if not given.get("all"):
        ticked = dict.fromkeys(given.getlist("unit"))
        rows = units.units(reader).filter(product_imei__in=[imei for imei in ticked if "\x00" not in imei][:PER_PAGE])
    else:
        choice = show.Choice.sent(given)
        if choice is None:
            return
        rows = choice.units(reader)
    yield from rows.order_by("-row_no").values_list("product_imei", flat=True).iterator(chunk_size=5000)


def _problem(request: HttpRequest, message: str, status: int = 400) -> HttpResponse:
    context = {"title": _("That could not be begun"), "message": message, "status": ""}
    return render(request, "error.html", context, status=status)


@page("GET")
def listing(request: HttpRequest) -> HttpResponse:
    """One's own long work, and for ADMIN and above that of colleagues; newest first."""
    rows, links = paged(request, Job.objects.visible_to(request.user).select_related("owner").order_by("-id"))
    may_begin = bool(acts_of(request.user))
    context = {"listed": [_told(job) for job in rows], "may_begin": may_begin, **links}
    return render(request, "console/jobs.html", context)


@page("GET")
def job(request: HttpRequest, key: int) -> HttpResponse:
    return _shown(request, _fetch(request, key))


@page("POST")
def details(request: HttpRequest, key: int) -> HttpResponse:
    reader: Any = request.user
    held = _fetch(request, key)
    kind = kind_of(held)
    form = kind.form(by=reader, data=request.POST)
    if form is not None and (held.state == State.DRAFT or (held.state == State.READY and kind.takes(held))):
        if not form.is_valid():
            return _shown(request, held, form=form, status=400)
        return _do(request, held, lambda: actions.set_details(held, params=kind.params(form.cleaned_data), by=reader))
    return redirect("console:job", key=held.pk)


def _verb(name: str) -> Any:
    @page("POST")
    def view(request: HttpRequest, key: int) -> HttpResponse:
        held = _fetch(request, key)
        return _do(request, held, lambda: getattr(actions, name)(held, by=request.user))

    view.__qualname__ = name
    return view


start, pause, go_on, cancel, again = (_verb(name) for name in ("start", "pause", "go_on", "cancel", "again"))


def _do(request: HttpRequest, held: Job, act: Any) -> HttpResponse:
    try:
        after = act()
    except (NotFound, Forbidden):
        raise
    except Refused as refused:
        held.refresh_from_db()
        return _shown(request, held, problem=said(refused, fields=False), status=400)
    return redirect("console:job", key=after.pk)


@page("GET")
def report(request: HttpRequest, key: int) -> Any:
    """Every item with what became of it, as a file to keep."""
    held = _fetch(request, key)
    language = get_language() or "en"

    def pieces() -> Iterator[bytes]:
        yield sheets.csv_piece([[_("Item"), _("Result"), _("Details"), _("When (UTC)")]], language=language, first=True)
        lines: list[list[Any]] = []
        for item in queries.report(held):
            outcome = Outcome(item.outcome or item.trial)  # what became of it, or what the trial said
            at = item.at and item.at.astimezone(dt.UTC).strftime("%Y-%m-%d %H:%M:%S")
            lines.append([item.key, str(outcome.label), item.text or item.trial_text, at])
            if len(lines) == 1000:
                yield sheets.csv_piece(lines, language=language, first=False)
                lines = []
        yield sheets.csv_piece(lines, language=language, first=False)

    return _download(pieces(), f"job-{held.pk}.csv")


@page("GET")
def file(request: HttpRequest, key: int) -> Any:
    """What a job made."""
    held = _fetch(request, key)
    first = held.files.order_by("pk").first() if held.state == State.DONE else None
    if first is None:
        raise NotFound()
    pieces = held.files.order_by("pk").iterator(chunk_size=8)
    return _download((file.content for file in pieces), first.name)


def _download(pieces: Iterator[bytes], name: str) -> StreamingHttpResponse:
    response = StreamingHttpResponse(pieces, content_type=sheets.KINDS[name.rpartition(".")[2]])
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _fetch(request: HttpRequest, key: int) -> Job:
    return queries.fetch_job(key, by=request.user)  # type: ignore[arg-type]


def _told(held: Job) -> dict[str, Any]:
    kind = kind_of(held)
    told = kind.told(held.params) if held.params else ""
    per_cent = min(100, round(100 * held.done / held.total)) if held.total else 0
    return {
        "job": held, "kind": kind, "told": told, "at_work": held.state in AT_WORK, "over": held.state in OVER,
        "per_cent": per_cent,
    }  # fmt: skip


def _shown(request: HttpRequest, held: Job, *, form: Any = None, problem: str = "", status: int = 200) -> HttpResponse:
    reader: Any = request.user
    kind = kind_of(held)
    if form is None and (held.state == State.DRAFT or (held.state == State.READY and kind.takes(held))):
        form = kind.form(by=reader)
        if form is not None:
            form.initial = {**held.params, not_after.NAME: not_after.of_params(held.params)}
    ran = held.started_at is not None
    column = "outcome" if ran else "trial"
    counted = queries.counts(held, column)
    if ran:  # the job's own figure is written batch by batch, and lags behind the results on this very page
        held.done = max(held.done, sum(count for name, count in counted.items() if name != "open"))
    chosen = request.GET.get("show", "")
    items = held.items.order_by("number")
    if chosen in Outcome.values and chosen:
        items = items.filter(**{column: chosen})
    rows, links = paged(request, items)
    listed = [
        (item, Outcome(getattr(item, column)), item.text if ran and item.outcome else item.trial_text) for item in rows
    ]
    labels: dict[str, Any] = dict(Outcome.choices)
    if not ran:
        labels |= {Outcome.CHANGED: _("will change"), Outcome.REFUSED: _("can't")}
    context = _told(held) | {
        "form": form, "problem": problem,
        "only_options": form is not None and not any(field.required for field in form.fields.values()),
        "items": [(item, outcome, labels[outcome], text) for item, outcome, text in listed],
        "counted": [(name, labels[name], count) for name, count in counted.items() if name != "open" and count],
        "makes_file": kind.makes_file, "has_file": held.state == State.DONE and held.files.exists(),
        "undone": sum(counted[name] for name in ("open", "refused", "skipped", "failed")),
        "to_change": counted["changed"],
        "costs": kind.costs(held, counted["changed"]) if counted["changed"] and not ran else "",
        "chosen": chosen, "address": urlencode({"show": chosen}) if chosen else "",
        "of_units": held.kind.startswith("units."), "now": timezone.now(),
        "mine": held.owner_id == reader.pk, **links,
    }  # fmt: skip
    return render(request, "console/job.html", context, status=status)
