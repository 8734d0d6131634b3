"""The first screens: find a unit, see it, switch it."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from apps.console import acts, orders, show
from apps.console.credit.shared import card_of
from apps.console.jobs import acts_of
from apps.console.page import page, paged
from apps.console.presenters import state_of, switch_of, trace_of
from apps.console.timeline import KINDS, MOST, SHOWN, timeline
from apps.console.whereabouts import reach_of, where_of
from apps.core.levels import Level
from apps.products import actions, queries
from apps.products.models import Product


@page("GET")
def home(request: HttpRequest) -> HttpResponse:
    """The units in scope, newest first, a page at a time."""
    reader: Any = request.user
    choice = show.Choice.of(request.GET)
    return _listing(request, choice.units(reader).order_by("-row_no"), choice)


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
    return _listing(request, rows.order_by("product_imei"), show.Choice(q=text), text=text, field=field)


def _listing(request: HttpRequest, rows: Any, choice: show.Choice, **context: Any) -> HttpResponse:
    units, links = paged(request, rows)
    context |= links | {
        "listed": [(product, switch_of(product, request.user)) for product in units],
        "acts": acts_of(request.user), "choice": choice, "address": choice.address,
        "pages_address": "&".join(filter(None, (choice.address, "from=field" if context.get("field") else ""))),
        "chips": show.chips(choice), "menus": show.menus(choice, request.user) if not choice.q else [],
    }  # fmt: skip
    return render(request, "console/units.html", context)


@page("GET")
def unit(request: HttpRequest, imei: str) -> HttpResponse:
    """Everything about one unit, live."""
    product = _shown(request, imei)
    context = _switch_context(request, product, "unit") | {
        "entities": queries.entity_names(product, by=request.user),  # type: ignore[arg-type]
        "state": state_of(product),
        "acts": acts.offered(product, request.user),
        "in_admin": _in_admin(request.user, product),
        "trace": trace_of(product),
        "where": where_of(product, by=request.user, connection=request.GET.get("at", "")),
        "reach": reach_of(product),
        "credit": card_of(product),
        "software": orders.software_of(product),
        "settings": orders.settings_of(product),
        "parts": orders.parts_of(product),
    }
    return render(request, "console/unit.html", context | _timeline(request, product))


def _timeline(request: HttpRequest, product: Product) -> dict[str, Any]:
    kind = request.GET.get("show", "")
    kind = kind if kind in KINDS else ""
    most = MOST if request.GET.get("all") else SHOWN
    entries = timeline(product, request.user, kind=kind, most=most + 1)
    return {
        "entries": entries[:most], "kinds": KINDS.items(), "kind": kind,
        "more": len(entries) > most and most < MOST, "everything": most == MOST,
        "cut": MOST if len(entries) > most == MOST else None,
    }  # fmt: skip


def _in_admin(reader: Any, product: Product) -> str:
    if not (reader.is_staff and reader.level >= Level.ADMIN):
        return ""
    return reverse("admin:products_product_change", args=[product.pk])


@page("GET")
def field_home(request: HttpRequest) -> HttpResponse:
    """The phone's first page: one large box to scan or type into."""
    return render(request, "console/field_home.html", {})


@page("GET")
def field(request: HttpRequest, imei: str) -> HttpResponse:
    """One unit for the field: is it on, why not, when did it connect, and two large buttons."""
    product = _shown(request, imei)
    context = {"software": orders.software_of(product), "settings": orders.settings_of(product)}
    context["where"] = where_of(product, by=request.user)
    return render(request, "console/field.html", _switch_context(request, product, "field") | context)


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
    waits = orders.waiting(product)
    return {
        "product": product, "switch": switch_of(product, request.user, waits), "whence": whence,
        "lapsed": orders.lapsed_of(product, request.user),
        "waiting": [order for order in waits if order.kind != "enable"],  # that one stands on the switch
    }  # fmt: skip
