"""The ledger of a unit: what it was given, what was taken, what it says, and what is on its way."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext as _

from apps.console import orders
from apps.console.credit.codes import codes_of
from apps.console.credit.entries import entries
from apps.console.credit.picture import picture_of
from apps.console.credit.shared import card_of, in_words, may, problem_of, unit_of
from apps.console.page import page, paged
from apps.core.refusals import Forbidden, NotFound, Refused
from apps.dcm import actions, queries
from apps.products import actions as products
from apps.products.models import Product

TERMS = {"dcm": products.set_dcm_enabled_flag, "payg": products.set_is_payg}


@page("GET")
def ledger(request: HttpRequest, imei: str) -> HttpResponse:
    return shown(request, unit_of(request, imei))


@page("POST", level=products.set_is_payg.level)
def terms(request: HttpRequest, imei: str) -> HttpResponse:
    """`name`: dcm (the unit keeps its own credit) or payg (the customer still pays); `value`: 1 or 0."""
    reader: Any = request.user
    product = unit_of(request, imei)
    act, value = TERMS.get(request.POST.get("name", "")), request.POST.get("value")
    if act is None or value not in ("0", "1"):
        return shown(request, product, _("Choose what is to be switched."), 400)
    try:
        act(product, value=value == "1", by=reader)
    except (Forbidden, NotFound):
        raise
    except Refused as refused:
        return shown(request, product, problem_of(refused, product, reader), refused.status)
    messages.success(request, _("Kept."))
    return redirect("console:credit", imei=product.product_imei)


def shown(request: HttpRequest, product: Product, wrong: str = "", status: int = 200) -> HttpResponse:
    reader: Any = request.user
    card = card_of(product)
    rows, links = paged(request, queries.commands(product))
    stands = card.standing
    context: dict[str, Any] = {
        "product": product, "credit": card, "wrong": wrong, "entries": entries(product, rows),
        "picture": picture_of(product, stands), "added": in_words(stands.added), "removed": in_words(stands.removed),
        "waiting": [order for order in orders.waiting(product) if order.kind == "payment"],
        "asked": list(queries.waiting(product)), **links,
        "may_pay": may(reader, actions.pay_in), "may_reset": may(reader, actions.force_reset),
        "fixed": product.product_type.dcm_by_default, **codes_of(product, reader),
    }  # fmt: skip
    return render(request, "console/credit/ledger.html", context, status=status)
