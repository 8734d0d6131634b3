"""The screen of one repair: the step to do now, and taking it."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from apps.console.bench import fields, scan, standing, story, words
from apps.console.page import page
from apps.console.repairs.photos import photos_of
from apps.core.levels import Level
from apps.core.refusals import Forbidden, Invalid, NotFound, Refused
from apps.repairs import sittings
from apps.repairs.models import Repair
from apps.workflows import actions, queries
from apps.workflows.definition.shape import State
from apps.workflows.moving import moved_on

SEEN, PRESS = "seen", "press"


def fetch(request: HttpRequest, key: int) -> Repair:
    """The repair within the reader's scope; one that no workflow runs has no screen here."""
    found = queries.fetch(key, by=request.user)  # type: ignore[arg-type]
    if found.workflow_version is None:
        raise NotFound()
    queries.state_of(found)  # Refused where its definition is lost (page.py shows it)
    return found


@page("GET", "POST", level=Level.TECHNICAL)
def repair(request: HttpRequest, key: int) -> HttpResponse:
    """The step to do now; POST: what was filled in and the button that was pressed, all or nothing."""
    found = fetch(request, key)
    if request.method != "POST":
        return shown(request, found)
    _definition, state = queries.state_of(found)
    seen = request.POST.get(SEEN) or None
    filled = fields.fields_of(state, found.product, words.spoken()) if found.running else []
    fields.fill_posted(filled, request.POST)
    for one in filled:
        if one.spec.part_scan:
            one.given = [scan.part_number(text, by=request.user) for text in one.given]
    press = request.POST.get(PRESS, "")
    try:
        _take(found, state, filled, press, seen, by=request.user)
    except (Forbidden, NotFound):
        raise
    except Refused as refused:
        errors = words.errors_of(refused)
        now = fetch(request, key)
        if refused.code == "moved_on" or queries.tag(now) != (seen or queries.tag(now)):
            return _moved_on(request, now)
        return shown(request, now, filled=filled, errors=errors, status=400)
    return redirect("console:bench_repair", key=key)


def _take(repair: Repair, state: State, filled: list[fields.Field], press: str, seen: str | None, *, by: Any) -> None:
    """The inputs and the event, all or nothing; the working time of the step ends with it."""
    given = fields.values_of(filled)
    kept = queries.kept_of(repair)
    if seen is not None and seen != queries.tag(repair):
        raise moved_on(repair, status=412)
    if not repair.running:
        raise Refused("The repair has ended", code=queries.ENDED)
    emptied = [one for one in filled if one.ident in kept and one.ident not in given]
    needed = {one.ident: "is required" for one in emptied if not one.spec.optional and not _without(state, press)}
    if needed:
        raise Invalid(needed)
    given |= {one.ident: "" for one in emptied if one.spec.optional and one.kind in ("text", "lines")}
    if state.events:
        actions.send_event(repair, ident=press, given=given, seen=seen, by=by)
    else:
        missing = {one.ident: "is required" for one in filled if one.ident not in given and not one.spec.optional}
        if missing:
            raise Invalid(missing)
        actions.send_inputs(repair, given=given, seen=seen, by=by)
    sittings.leave(repair, by=by)


def _without(state: State, press: str) -> bool:
    """Whether this event is taken without any input."""
    return any(event.ident == press and event.needs == [] for event in state.events)


def _moved_on(request: HttpRequest, found: Repair) -> HttpResponse:
    """Somebody was quicker: who did what, and the step that stands now."""
    meanwhile = standing.moved_meanwhile(found, queries.definition_of(found))
    return shown(request, found, meanwhile=meanwhile, status=412)


def shown(
    request: HttpRequest,
    found: Repair,
    *,
    filled: list[fields.Field] | None = None,
    errors: dict[str, str] | None = None,
    meanwhile: standing.Done | None = None,
    status: int = 200,
    **more: Any,
) -> HttpResponse:
    """The screen; after a refusal with what was typed, and with each reason beside its field."""
    reader: Any = request.user
    context = standing.context_of(found, reader)
    errors = dict(errors or {})
    if filled is not None:
        context["fields"] = filled
        for one in filled:
            one.error = errors.pop(one.ident, "")
        context["wrong_fields"] = [one for one in filled if one.error]
    if status == 412:
        context["meanwhile"] = meanwhile
        context["moved"] = _("Somebody else has moved this repair on; this is where it stands now.")
    context["problems"] = list(errors.values())
    context |= story.of(found.product, found, reader) | photos_of(found, reader) | more
    return render(request, "console/bench/step.html", context, status=status)


def told(request: HttpRequest, text: Any) -> None:
    messages.success(request, str(text))
