"""A scan at the bench: which unit it is, and what is to be done with it now."""

import re
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.console.bench import story
from apps.console.page import page
from apps.console.presenters import state_of
from apps.core.identifiers import readings
from apps.core.levels import Level
from apps.core.refusal_words import said
from apps.core.refusals import Forbidden, NotFound, Refused
from apps.parts.models import Part
from apps.products import queries as products
from apps.products.models import Product
from apps.products.states import IN_REPAIR_SYSTEM, moves_from
from apps.repairs import public
from apps.repairs.models import PartProductLinker, Repair
from apps.workflows import actions, queries
from apps.workflows.definition.library import library

MOST = 20
LONGEST = 200
# What the QR of a sheet, of a unit's label or of a page of ours holds: an address.
ADDRESS = re.compile(
    r"https?://[^/\s]+/(?:bench/repairs/(?P<repair>\d{1,9})|(?:bench/)?(?:units|field)/(?P<unit>[\w-]{1,20})"
    r"|r/(?P<label>[\w-]{1,200}))"
)
PART = re.compile(r"https?://[^/\s]+/bench/repairs/\d{1,9}/parts\?part=(?P<part>\d{1,9})\Z")


def find(text: str, *, by: Any) -> list[Product]:
    """The units that this scan may mean: by their own numbers, by a page's QR, or by a part that sits in them."""
    if address := ADDRESS.match(text.strip()[:LONGEST]):
        if address["repair"]:
            rows = Repair.objects.visible_to(by).filter(pk=int(address["repair"])).values("product_id")
            return list(products.units(by).filter(product_imei__in=rows))
        if address["label"]:
            return _by_label(address["label"], by)
        text = address["unit"]
    wanted = products.clean(text)
    if not wanted:
        return []
    found = list(products.search(wanted, by=by).order_by("product_imei")[:MOST])
    return found or _by_part(wanted, by)


def _by_label(token: str, by: Any) -> list[Product]:
    try:
        return list(products.units(by).filter(product_imei=public.unit_of(token).product_imei))
    except NotFound:
        return []


def part_number(text: str, *, by: Any) -> str:
    """What a scan for a part means: of the label of one that was taken out elsewhere, which holds an address, the
    part's serial number; anything else as it is."""
    if not (address := PART.match(text.strip())):
        return text
    found = Part.objects.visible_to(by).filter(pk=int(address["part"])).values_list("serial_number", flat=True).first()
    return found or text


def _by_part(text: str, by: Any) -> list[Product]:
    for wanted in readings(text):
        parts = Part.objects.visible_to(by).filter(serial_number__in={wanted, wanted.upper()})
        sits = PartProductLinker.objects.filter(part__in=parts, date_removed=None)
        if found := list(products.units(by).filter(product_imei__in=sits.values("product_id"))):
            return found
    return []


@page("GET", level=Level.TECHNICAL)
def scan(request: HttpRequest) -> HttpResponse:
    """One unit found: to its step, or to what may be begun with it; several are listed."""
    reader: Any = request.user
    text = request.GET.get("scan", "")[:LONGEST]
    if not text.strip():
        return redirect("console:bench")
    found = find(text, by=reader)
    if len(found) == 1:
        return redirect(address_of(found[0]))
    return render(request, "console/bench/found.html", {"scanned": text, "found": found, "most": MOST})


def address_of(product: Product) -> str:
    running = queries.running_of(product)
    if running is not None:
        return reverse("console:bench_repair", args=[running.pk])
    return reverse("console:bench_unit", args=[product.product_imei])


@page("GET", level=Level.TECHNICAL)
def unit(request: HttpRequest, imei: str) -> HttpResponse:
    """A unit at the bench that is in no repair: what may be begun with it, and what was here before."""
    return _shown(request, imei)


@page("POST", level=actions.bring_in.level)
def bring_in(request: HttpRequest, imei: str) -> HttpResponse:
    return _begun(request, imei, actions.bring_in)


@page("POST", level=actions.open_preparation.level)
def prepare(request: HttpRequest, imei: str) -> HttpResponse:
    return _begun(request, imei, actions.open_preparation)


def _begun(request: HttpRequest, imei: str, act: Any) -> HttpResponse:
    """Found where it was begun already, by whomever."""
    reader: Any = request.user
    try:
        repair = act(products.fetch(imei, by=reader), by=reader)
    except NotFound:
        raise
    except (Refused, Forbidden) as refused:
        return _shown(request, imei, problem=said(refused, fields=False), status=refused.status)
    return redirect("console:bench_repair", key=repair.pk)


def _shown(request: HttpRequest, imei: str, *, problem: str = "", status: int = 200) -> HttpResponse:
    reader: Any = request.user
    product = products.units(reader).get(product_imei=products.fetch(imei, by=reader).product_imei)
    context = {
        "product": product, "state": state_of(product), "running": queries.running_of(product), "problem": problem,
        "offers": offers_of(product, reader), "why_not": "",
    } | story.of(product, None, reader)  # fmt: skip
    if not context["offers"] and context["running"] is None:
        context["why_not"] = why_not(product)
    return render(request, "console/bench/unit.html", context, status=status)


def offers_of(product: Product, reader: Any) -> list[str]:
    """What may be begun with it: "bring_in", "prepare"."""
    found = []
    if _may_come_in(product) and _serves(product, "repair", reader):
        found.append("bring_in")
    if _serves(product, "stock_preparation", reader):
        found.append("prepare")
    return found


def _may_come_in(product: Product) -> bool:
    held = product.latest_state.current_state_type_id if product.latest_state else None
    return held is not None and (held == IN_REPAIR_SYSTEM or IN_REPAIR_SYSTEM in moves_from(held))


def _serves(product: Product, kind: str, reader: Any) -> bool:
    """Whether a workflow of this kind may begin; a unit on its way in enters the repair system with it."""
    try:
        definition = queries.definition_for(product, kind=kind, by=reader)
    except Refused:
        return False
    return kind == "repair" or queries.can_begin(definition, product)


def why_not(product: Product) -> str:
    if _may_come_in(product):
        return _("No workflow serves this type of unit for you; ask whoever looks after the workflows.")
    if any(one.kind == "stock_preparation" and queries.can_begin(one, product) for one in library().values()):
        return _("It is in stock, where nothing is repaired, and no workflow prepares units of its type.")
    return _("A unit in this state is not repaired and not prepared; its state is changed on its own page.")
