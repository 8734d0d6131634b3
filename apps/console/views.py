"""The first screens: sign in, find a unit, see it, switch it."""

from typing import Any

from django.conf import settings
from django.contrib.auth import login as start_session
from django.contrib.auth import logout as end_session
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from apps.accounts.actions import set_language
from apps.accounts.signin import remember_device, sign_in
from apps.console.page import page
from apps.console.presenters import state_of, states_of, switch_of, switching_of, trace_of
from apps.core.refusals import TooMany
from apps.products import actions, queries
from apps.products.models import EnableState, Product

PER_PAGE = 50
FILTERS = {
    "enabled": [EnableState.ENABLED],
    "pending": [EnableState.PENDING_ENABLED, EnableState.PENDING_DISABLED],
    "disabled": [EnableState.DISABLED, EnableState.INIT],
}


@page("GET", "POST", level=None)
def login(request: HttpRequest) -> HttpResponse:
    """Sign in with the same users as the API."""
    back = _safe(request, request.POST.get("next") or request.GET.get("next"))
    if request.user.is_authenticated:
        return redirect(back)
    username, error, status = request.POST.get("username", "").strip(), "", 200
    if request.method == "POST":
        try:
            user = sign_in(request, username, request.POST.get("password", ""))
        except TooMany as refused:
            minutes = -(-refused.retry_after // 60)
            error = ngettext(
                "Too many attempts. Please wait %(minutes)d minute.",
                "Too many attempts. Please wait %(minutes)d minutes.",
                minutes,
            ) % {"minutes": minutes}
            status = 429
        else:
            if user is not None:
                start_session(request, user)
                response = redirect(back)
                remember_device(response, user)
                if user.language:
                    _keep_language(response, user.language)
                return response
            error = _("This e-mail address and password do not go together. Check both and try again.")
            status = 401
    context = {"next": back, "username": username, "error": error}
    return render(request, "console/login.html", context, status=status)


@page("POST", level=None)
def logout(request: HttpRequest) -> HttpResponse:
    end_session(request)
    return redirect("console:login")


@page("POST", level=None)
def language(request: HttpRequest) -> HttpResponse:
    """Choose the language; kept with the user, or in a cookie before signing in."""
    chosen = request.POST.get("language", "")
    response = redirect(_safe(request, request.POST.get("next")))
    if chosen in dict(settings.LANGUAGES):
        _keep_language(response, chosen)
        if request.user.is_authenticated:
            set_language(request.user, language=chosen, by=request.user)
    return response


@page("GET")
def home(request: HttpRequest) -> HttpResponse:
    """The units in scope, newest first, a page at a time."""
    reader: Any = request.user
    chosen = request.GET.get("show", "")
    rows = queries.units(reader).order_by("-row_no")
    if chosen in FILTERS:
        rows = rows.filter(latest_enable_history__current_enable_state__in=FILTERS[chosen])
    return _listing(request, rows, chosen=chosen)


@page("GET")
def search(request: HttpRequest) -> HttpResponse:
    """Find a unit by IMEI, serial or SIM: one found opens at once, several are listed."""
    text = queries.clean(request.GET.get("q", ""))
    field = request.GET.get("from") == "field"
    if not text:
        return redirect("console:field_home" if field else "console:home")
    rows = queries.search(text, by=request.user)  # type: ignore[arg-type]
    found = list(rows.order_by("product_imei")[:2])
    if len(found) == 1:
        return redirect("console:field" if field else "console:unit", imei=found[0].product_imei)
    return _listing(request, rows.order_by("product_imei"), text=text, field=field)


def _listing(request: HttpRequest, rows: Any, **context: Any) -> HttpResponse:
    asked = request.GET.get("page", "1")[:6]
    number = max(1, int(asked)) if asked.isdecimal() else 1
    start = (number - 1) * PER_PAGE
    units = list(rows[start : start + PER_PAGE + 1])  # one more tells whether there is a next page, without a count
    listed = [(product, switch_of(product, request.user)) for product in units[:PER_PAGE]]
    context |= {
        "listed": listed,
        "filters": [("", _("All")), ("enabled", _("On")), ("pending", _("Pending")), ("disabled", _("Off"))],
        "page": number,
        "next_page": number + 1 if len(units) > PER_PAGE else None,
        "previous_page": number - 1 if number > 1 else None,
    }
    return render(request, "console/units.html", context)


@page("GET")
def unit(request: HttpRequest, imei: str) -> HttpResponse:
    """Everything about one unit, live."""
    product = _shown(request, imei)
    context = _switch_context(request, product, "unit") | {
        "entities": queries.entity_names(product),
        "state": state_of(product),
        "history": switching_of(product),
        "states": states_of(product),
        "trace": trace_of(product),
        "balance": product.balance.order_by("-balance_id").first(),
    }
    return render(request, "console/unit.html", context)


@page("GET")
def field_home(request: HttpRequest) -> HttpResponse:
    """The phone's first page: one large box to scan or type into."""
    return render(request, "console/field_home.html", {})


@page("GET")
def field(request: HttpRequest, imei: str) -> HttpResponse:
    """One unit for the field: is it on, why not, when did it connect, and two large buttons."""
    return render(request, "console/field.html", _switch_context(request, _shown(request, imei), "field"))


@page("POST", level=actions.enable_product.level)
def enable(request: HttpRequest, imei: str) -> HttpResponse:
    return _ordered(request, imei, actions.enable_product)


@page("POST", level=actions.disable_product.level)
def disable(request: HttpRequest, imei: str) -> HttpResponse:
    return _ordered(request, imei, actions.disable_product)


def _ordered(request: HttpRequest, imei: str, order: Any) -> HttpResponse:
    """May be pressed again at will: an order that stands already changes nothing."""
    order(queries.fetch(imei, by=request.user), by=request.user)  # type: ignore[arg-type]
    whence = request.POST.get("from", "unit")
    return redirect("console:field" if whence == "field" else "console:unit", imei=imei)


def _shown(request: HttpRequest, imei: str) -> Product:
    queries.fetch(imei, by=request.user)  # type: ignore[arg-type]
    return queries.units(request.user).get(product_imei=imei)  # type: ignore[arg-type]


def _switch_context(request: HttpRequest, product: Product, whence: str) -> dict[str, Any]:
    return {"product": product, "switch": switch_of(product, request.user), "whence": whence}


def _safe(request: HttpRequest, back: str | None) -> str:
    if back and url_has_allowed_host_and_scheme(back, {request.get_host()}, require_https=request.is_secure()):
        return back
    return reverse("console:home")


def _keep_language(response: HttpResponse, chosen: str) -> None:
    response.set_cookie(
        settings.LANGUAGE_COOKIE_NAME, chosen, max_age=365 * 86400, samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE,
    )  # fmt: skip
