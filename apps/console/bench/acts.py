"""What is done with a repair beside its steps: taken, handed over, noted, set to wait, undone, its time corrected."""

import datetime as dt
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.console.bench import step, words
from apps.console.page import page
from apps.core.levels import Level
from apps.core.refusals import Forbidden, Invalid, NotFound, Refused
from apps.repairs import sittings
from apps.repairs.models import Repair
from apps.workflows import actions

LONGEST_MINUTES = 6


def _done(request: HttpRequest, key: int, act: Callable[[Repair], Any], text: str) -> HttpResponse:
    """Do it and go back to the screen; what is refused stands there with what was typed."""
    found = step.fetch(request, key)
    try:
        act(found)
    except (Forbidden, NotFound):
        raise
    except Refused as refused:
        errors = words.errors_of(refused)
        now = step.fetch(request, key)
        if refused.code == "moved_on":
            return step._moved_on(request, now)
        typed = {name: value for name, value in request.POST.items() if name in ("text", "reason", "until")}
        return step.shown(request, now, errors=errors, status=400, typed=typed)
    if text:
        step.told(request, text)
    return redirect("console:bench_repair", key=key)


@page("POST", level=Level.TECHNICAL)
def undo(request: HttpRequest, key: int) -> HttpResponse:
    by, seen = request.user, request.POST.get(step.SEEN) or None

    def act(found: Repair) -> None:
        actions.undo(found, seen=seen, by=by)

    return _done(request, key, act, _("The last step is taken back."))


@page("POST", level=Level.TECHNICAL)
def take(request: HttpRequest, key: int) -> HttpResponse:
    return _done(request, key, lambda found: actions.take(found, by=request.user), _("It is yours now."))


@page("POST", level=Level.TECHNICAL)
def release(request: HttpRequest, key: int) -> HttpResponse:
    def act(found: Repair) -> None:
        actions.release(found, by=request.user)
        sittings.leave(found, by=request.user)

    return _done(request, key, act, _("Nobody has it now; anybody may take it."))


@page("POST", level=Level.TECHNICAL)
def hand_over(request: HttpRequest, key: int) -> HttpResponse:
    """Let go of it with a word to whoever takes it next. Nobody is given work by it."""

    def act(found: Repair) -> None:
        actions.hand_over(found, text=request.POST.get("text", ""), by=request.user)
        sittings.leave(found, by=request.user)

    return _done(request, key, act, _("Handed over; whoever takes it reads your note."))


@page("POST", level=Level.TECHNICAL)
def note(request: HttpRequest, key: int) -> HttpResponse:
    text = request.POST.get("text", "")
    return _done(request, key, lambda found: actions.note(found, text=text, by=request.user), _("Your note is kept."))


@page("POST", level=Level.TECHNICAL)
def wait(request: HttpRequest, key: int) -> HttpResponse:
    def act(found: Repair) -> None:
        until, seen = _day(request.POST.get("until", "")), request.POST.get(step.SEEN) or None
        actions.wait(found, reason=request.POST.get("reason", ""), until=until, seen=seen, by=request.user)
        sittings.leave(found, by=request.user)

    told = _("It waits until somebody resumes it.")
    if request.POST.get("until", "").strip():
        told = _("It waits; it comes back by itself on the day that was set.")
    return _done(request, key, act, told)


def _day(text: str) -> dt.datetime | None:
    """The beginning of that day where the reader is; with a time, that moment. Invalid with `until`."""
    text = text.strip()
    if not text:
        return None
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        raise Invalid({"until": "must be a date such as 2016-11-25"}) from None
    return timezone.make_aware(moment) if timezone.is_naive(moment) else moment


@page("POST", level=Level.TECHNICAL)
def resume(request: HttpRequest, key: int) -> HttpResponse:
    return _done(request, key, lambda found: actions.resume(found, by=request.user), _("It waits no longer."))


@page("POST", level=actions.override_exit_checks.level)
def override(request: HttpRequest, key: int) -> HttpResponse:
    def act(found: Repair) -> None:
        reason, seen = request.POST.get("reason", ""), request.POST.get(step.SEEN) or None
        actions.override_exit_checks(found, reason=reason, seen=seen, by=request.user)

    return _done(request, key, act, _("It may be closed now; your reason stays with the repair."))


@page("POST", level=Level.TECHNICAL)
def beat(request: HttpRequest, key: int) -> HttpResponse:
    """The open page of this repair is looked at. Says nothing back."""
    sittings.beat(step.fetch(request, key), by=request.user)
    return HttpResponse(status=204)


@page("POST", level=Level.TECHNICAL)
def correct(request: HttpRequest, key: int, sitting: int) -> HttpResponse:
    def act(found: Repair) -> None:
        minutes = request.POST.get("minutes", "").strip().replace(",", ".")
        try:
            seconds = round(float(minutes[:LONGEST_MINUTES]) * 60)
        except (ValueError, OverflowError):
            raise Invalid({"minutes": "must be a number"}) from None
        reason = request.POST.get("reason", "")
        sittings.correct(found, key=sitting, seconds=seconds, reason=reason, by=request.user)

    return _done(request, key, act, _("The working time is corrected."))
