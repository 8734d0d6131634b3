"""`@page`: a screen says which methods it takes and which level it needs; the rest is the same for all of them."""

import functools
from collections.abc import Callable
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.shortcuts import render
from django.utils.translation import gettext as _

from apps.core.actions import require_level
from apps.core.levels import Level
from apps.core.refusal_words import said
from apps.core.refusals import Forbidden, NotFound, Refused

View = Callable[..., HttpResponse]


def page(*methods: str, level: Level | None = Level.OVERVIEW) -> Callable[[View], View]:
    """`level=None`: anyone, signed in or not. A fetch() without a session gets 401 instead of a log-in page."""

    def wrap(view: View) -> View:
        @functools.wraps(view)
        def run(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            if request.method not in (*methods, "HEAD"):
                return HttpResponseNotAllowed(methods)
            try:
                if level is not None:
                    if not request.user.is_authenticated:
                        return sign_in_first(request)
                    require_level(request.user, level)
                response = view(request, *args, **kwargs)
            except NotFound:
                raise Http404 from None
            except Forbidden as refused:
                raise PermissionDenied(refused.message) from None
            except Refused as refused:  # what a page can't show beside anything of its own
                context = {"status": refused.status, "title": _("Not possible"), "message": said(refused, fields=False)}
                response = render(request, "error.html", context, status=refused.status)
            response.headers.setdefault("Cache-Control", "no-store")
            return response

        run.methods = methods  # type: ignore[attr-defined]  # both read by `manage.py routes`
        run.who = level.value if level else "anyone"  # type: ignore[attr-defined]
        return run

    return wrap


def sign_in_first(request: HttpRequest) -> HttpResponse:
    """To the log-in page and back. What was sent by a form is kept meanwhile (unsent.py), and it is said that it was
    not done."""
    from apps.console import unsent

    if request.headers.get("X-Requested-With") == "fetch":
        return HttpResponse(status=401)
    if request.method != "POST":
        return redirect_to_login(request.get_full_path())
    context = {"next": "/", "kept": unsent.sealed(request), "ended": True}
    return render(request, "console/login.html", context, status=401)


PER_PAGE = 50


def paged(request: HttpRequest, rows: Any) -> tuple[list[Any], dict[str, Any]]:
    """The rows of the page that the address asks for, and what the links to its neighbours need. Without a count: one
    row more tells whether there is a next page."""
    asked = request.GET.get("page", "1")[:6]
    number = max(1, int(asked)) if asked.isdecimal() else 1
    found = list(rows[(number - 1) * PER_PAGE : number * PER_PAGE + 1])
    links = {
        "page": number,
        "previous_page": number - 1 if number > 1 else None,
        "next_page": number + 1 if len(found) > PER_PAGE else None,
    }
    return found[:PER_PAGE], links
