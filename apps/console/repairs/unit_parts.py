"""The parts of a repair's unit: what sits in it, what each replaced, what was taken out and what becomes of that."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _

from apps.console.page import page
from apps.console.repairs.shared import absolute, fetch, number, qr
from apps.core.refusal_words import said
from apps.core.refusals import Forbidden, NotFound, Refused
from apps.repairs import fates, removed
from apps.repairs.models import PartProductLinker, Repair


def fate_choices() -> list[tuple[str, Any]]:
    field: Any = PartProductLinker._meta.get_field("fate")
    return list(field.flatchoices)


@page("GET", "POST", level=fates.set_fate.level)
def unit_parts(request: HttpRequest, key: int) -> HttpResponse:
    """POST: `fitting` and `fate` (empty: open again)."""
    reader: Any = request.user
    repair = fetch(request, key)
    if request.method != "POST":
        return _shown(request, repair)
    fate, fitting = request.POST.get("fate") or None, number(request.POST.get("fitting"))
    try:
        fates.set_fate(repair, fitting_id=fitting or 0, fate=fate, by=reader)
    except Forbidden:
        raise
    except NotFound:
        return _shown(request, repair, _("This part was not taken out in this repair, or was put back since."), 400)
    except Refused as refused:
        return _shown(request, repair, said(refused, fields=False), refused.status)
    messages.success(request, _("Kept."))
    return redirect("console:bench_repair_parts", key=repair.pk)


def _shown(request: HttpRequest, repair: Repair, wrong: str = "", status: int = 200) -> HttpResponse:
    context = {
        "repair": repair, "product": repair.product, "tree": removed.tree(repair.product), "wrong": wrong,
        "removed": removed.of(repair), "fates": fate_choices(),
    }  # fmt: skip
    return render(request, "console/repairs/unit_parts.html", context, status=status)


@page("GET", level=fates.set_fate.level)
def labels(request: HttpRequest, key: int) -> HttpResponse:
    """A label for each part that was taken out; `?part=` for one of them."""
    repair = fetch(request, key)
    rows = removed.of(repair)
    if (asked := number(request.GET.get("part"))) is not None:
        rows = [row for row in rows if row.part_id == asked]
    where = absolute(request, reverse("console:bench_repair_parts", args=[repair.pk]))
    listed = [(row, qr(f"{where}?part={row.part_id}", scale=3)) for row in rows]
    return render(request, "console/repairs/labels.html", {"repair": repair, "listed": listed})
