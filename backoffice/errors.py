"""Errors outside any view: JSON under /v1, a page elsewhere. One look for each, in the reader's language."""

import sys
from typing import Any

from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.html import escape
from django.utils.translation import gettext as _

from apps.api import errors as api
from apps.console.account import login_again
from apps.console.unsent import is_shown

LONG = 20  # letters: what one would not like to write again


def _answer(request: HttpRequest, status: int, title: str, text: str, **more: Any) -> HttpResponse:
    if api.is_api(request):
        return api.plain(status)
    return render(request, "error.html", {"status": status, "title": title, "message": text, **more}, status=status)


def bad_request(request: HttpRequest, exception: Any = None) -> HttpResponse:
    text = _("Your browser sent something this site could not understand. Go back and try again.")
    return _answer(request, 400, _("That did not make sense to us"), text)


def forbidden(request: HttpRequest, exception: Any = None) -> HttpResponse:
    text = _("Your account does not have the permission for this. Ask an administrator for a higher level.")
    return _answer(request, 403, _("Not allowed"), text)


def not_found(request: HttpRequest, exception: Any = None) -> HttpResponse:
    text = _("There is nothing at this address, or it lies outside the units you may see. Search for it above.")
    return _answer(request, 404, _("Not found"), text)


def server_error(request: HttpRequest) -> HttpResponse:
    if isinstance(sys.exc_info()[1], OperationalError | InterfaceError):
        return early(request.path_info, 503)  # the database is away, whoever asked it
    if api.is_api(request):
        return api.plain(500)
    # Without context processors: whatever broke may be among them.
    text = _("Something broke on our side and has been recorded. What you entered was not saved; please try again.")
    return HttpResponse(
        f"<!doctype html><meta charset=utf-8><title>500</title><h1>500</h1><p data-reason>{text}</p>", status=500
    )


def too_slow(request: HttpRequest) -> HttpResponse:
    text = _("This took too long and was stopped. Narrow it down: search by a number, or filter.")
    return _answer(request, 503, _("That was too much at once"), text)


def conflict(request: HttpRequest) -> HttpResponse:
    text = _("Somebody changed the same thing at the same moment, so nothing was saved. Go back and look at it again.")
    return _answer(request, 400, _("Somebody was faster"), text)


def early(path: str, status: int) -> HttpResponse:
    """For what is refused at the entry, where there is neither request nor reader yet (bounds.py), and wherever no page
    can be made."""
    if api.is_api_path(path):
        return api.plain(status)
    texts = {
        408: _("What you sent came too slowly and was not kept. Please try again on a better connection."),
        413: _("What you sent is larger than this page takes: a file may have 25 MB, and you must be signed in."),
        503: _("We can't answer just now, and nothing was saved. Please try again in a minute."),
    }
    text = texts.get(status) or _("Your browser sent something this site could not understand. Go back and try again.")
    body = f"<!doctype html><meta charset=utf-8><title>{status}</title><h1>{status}</h1><p>{escape(text)}</p>"
    return HttpResponse(body, status=status)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    if request.path == reverse("console:login"):
        return login_again(request)
    text = _("This page is of before you last signed in, so nothing was done. Go back, reload it and send it again.")
    boxes = [text for name, texts in request.POST.lists() if is_shown(name) for text in texts]
    typed = [text for text in boxes if isinstance(text, str) and len(text) >= LONG]
    return _answer(request, 403, _("Please send that once more"), text, typed=typed, stale_token=True)
