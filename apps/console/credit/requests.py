"""Credit that somebody asks to take away: what waits for me, what I have asked for, and what became of the rest."""

from typing import Any

from django.contrib import messages
from django.db.models import Q
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from apps.console.credit.shared import CATEGORIES, in_words, may, problem_of
from apps.console.page import page, paged
from apps.core.actors import called
from apps.core.refusals import Forbidden, NotFound, Refused
from apps.dcm import actions, queries
from apps.dcm.models import AGREED, FORCE_RESET, REFUSED, WAITING, WITHDRAWN, CreditRequest

MOST = 200  # shown at once; what is decided makes room


def for_me(reader: Any) -> Any:
    """The requests that wait and that this reader may decide."""
    rows = queries.requests(reader).filter(state=WAITING).filter(Q(asked_by=None) | ~Q(asked_by=reader.pk))
    if not may(reader, actions.decide_request):
        return rows.none()
    return rows if may(reader, actions.force_reset) else rows.exclude(category=FORCE_RESET)


@page("GET", level=actions.order_removal.level)
def listing(request: HttpRequest) -> HttpResponse:
    return _shown(request)


@page("POST", level=actions.decide_request.level)
def agree(request: HttpRequest, key: int) -> HttpResponse:
    return _decided(request, key, actions.decide_request, agree=True)


@page("POST", level=actions.decide_request.level)
def refuse(request: HttpRequest, key: int) -> HttpResponse:
    return _decided(request, key, actions.decide_request, agree=False, answer=request.POST.get("answer", ""))


@page("POST", level=actions.withdraw_request.level)
def withdraw(request: HttpRequest, key: int) -> HttpResponse:
    return _decided(request, key, actions.withdraw_request)


def _decided(request: HttpRequest, key: int, act: Any, **how: Any) -> HttpResponse:
    reader: Any = request.user
    row = queries.requests(reader).filter(pk=key).first()
    if row is None:
        raise NotFound()
    try:
        state = act(row, by=reader, **how).state
    except (Forbidden, NotFound):
        raise
    except Refused as refused:
        return _shown(request, problem_of(refused, row.product, reader), refused.status)
    messages.success(request, _said()[state])
    return redirect("console:credit_requests")


def _said() -> dict[str, str]:
    return {
        AGREED: _("Agreed and ordered; pending until the unit confirms it."),
        REFUSED: _("Refused; nothing was taken away."),
        WITHDRAWN: _("Withdrawn; nothing was taken away."),
    }


def _shown(request: HttpRequest, wrong: str = "", status: int = 200) -> HttpResponse:
    reader: Any = request.user
    mine = queries.requests(reader).filter(state=WAITING, asked_by=reader.pk)
    decided, links = paged(request, queries.requests(reader).exclude(state=WAITING))
    context = {
        "wrong": wrong, "for_me": [_told(row) for row in for_me(reader)[:MOST]],
        "mine": [_told(row) for row in mine[:MOST]], "decided": [_told(row) for row in decided], **links,
    }  # fmt: skip
    return render(request, "console/credit/requests.html", context, status=status)


def _told(row: CreditRequest) -> dict[str, Any]:
    states = {AGREED: _("agreed"), REFUSED: _("refused"), WITHDRAWN: _("withdrawn"), WAITING: _("waits")}
    return {
        "row": row, "title": CATEGORIES[row.category], "amount": in_words(row.seconds),
        "asked_by": called(row.created_by), "decided_by": called(row.modified_by), "state": states[row.state],
    }  # fmt: skip
