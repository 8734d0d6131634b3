"""Appliances at the bench: find one or take it in, tick what was found and done, parts, finish."""

import datetime as dt
from typing import Any

from django.contrib import messages
from django.db.models import F
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.console.page import page, paged
from apps.core.levels import Level
from apps.core.naming import OPTIONS
from apps.core.refusal_words import labelled, said, translated
from apps.core.refusals import Forbidden, Invalid, NotFound, Refused, refuse_if
from apps.repairs import appliance_rules, appliances
from apps.repairs.models import ApplianceRepair, ApplianceRepairAppliancePartTypeLinker, ApplianceType

SHOWN = ("open", "waiting", "finished")


@page("GET", "POST", level=Level.TECHNICAL)
def listing(request: HttpRequest) -> HttpResponse:
    """What lies on the bench, and the box that an appliance is found or taken in by."""
    if request.method == "POST":
        return _taken_in(request)
    return _listing(request)


def _listing(request: HttpRequest, status: int = 200, **context: Any) -> HttpResponse:
    reader: Any = request.user
    chosen = request.GET.get("show", "open")
    chosen = chosen if chosen in SHOWN else "open"
    rows = ApplianceRepair.objects.visible_to(reader).select_related("appliance__appliance_type")
    match chosen:
        case "finished":
            rows = rows.exclude(refurbishment_date=None).order_by("-refurbishment_date", "-pk")
        case "waiting":
            rows = rows.filter(refurbishment_date=None, pending_status=True).order_by("-pk")
        case _:
            rows = rows.filter(refurbishment_date=None).order_by("-pk")
    found, links = paged(request, rows)
    words = {"open": _("On the bench"), "waiting": _("Waiting for parts"), "finished": _("Finished")}
    context = {
        "listed": found, "chosen": chosen, "chips": [(name, words[name], name == chosen) for name in SHOWN],
        "kinds": _kinds(), "serial": "", "kind": "", "address": f"show={chosen}", **links, **context,
    }  # fmt: skip
    return render(request, "console/appliances/list.html", context, status=status)


def _kinds() -> list[ApplianceType]:
    return list(ApplianceType.objects.order_by(F("name").asc(nulls_last=True), "pk"))


def _taken_in(request: HttpRequest) -> HttpResponse:
    reader: Any = request.user
    serial, kind = request.POST.get("serial", "").replace("\0", "").strip(), request.POST.get("kind", "")
    try:
        refuse_if(not serial and not kind, "serial", _("Scan its serial number, or choose what it is."))
        appliance = appliances.found(serial, by=reader) if serial else None
        chosen = ApplianceType.objects.filter(pk=kind).first() if kind.isdecimal() and len(kind) < 10 else None
        if appliance is None:
            refuse_if(
                chosen is None, "kind",
                _("Nothing is known under this number. Choose what it is, and it is taken in under it."),
            )  # fmt: skip
            appliance = appliances.take_in(chosen, serial=serial, by=reader)
        repair = appliances.open_appliance_repair(appliance, by=reader)
    except (NotFound, Forbidden):
        raise
    except Refused as refused:
        context = {"problem": said(refused, fields=False), "serial": serial, "kind": kind}
        return _listing(request, refused.status, **context)
    return redirect("console:appliance", key=repair.pk)


@page("GET", level=Level.TECHNICAL)
def repair(request: HttpRequest, key: int) -> HttpResponse:
    return _shown(request, appliances.fetch(key, by=request.user))  # type: ignore[arg-type]


@page("POST", level=Level.TECHNICAL)
def act(request: HttpRequest, key: int, verb: str) -> HttpResponse:
    """One of VERBS on a repair, and what was ticked beside it; what is refused stands on the page with what was
    typed."""
    reader: Any = request.user
    if verb not in VERBS:
        raise Http404
    held = appliances.fetch(key, by=reader)
    try:
        if "ticks" in request.POST and verb != "findings":
            _findings(request, held)
        told = VERBS[verb](request, held)
    except (NotFound, Forbidden):
        raise
    except Refused as refused:
        return _shown(request, held, problem=_words(refused), verb=verb, status=refused.status)
    messages.success(request, told)
    return redirect("console:appliance", key=held.pk)


def _words(refused: Refused) -> str:
    """Each reason with the name that the form has for its field."""
    if not isinstance(refused, Invalid):
        return said(refused, fields=False)
    names = {
        "process": _("Why it was here"), "refurbishment_date": _("Finished on"), "parts": _("Parts"),
        appliance_rules.COUNT: _("How many"), "rule": _("Part"), "symptoms": _("What was found"),
        "actions": _("What was done"), "appliance": _("The appliance"),
    }  # fmt: skip
    return " ".join(str(labelled(names.get(name, name), translated(text))) for name, text in refused.errors.items())


def _findings(request: HttpRequest, held: ApplianceRepair) -> str:
    given = request.POST
    symptoms, actions = ({_number(key, name) for key in given.getlist(name)} for name in ("symptoms", "actions"))
    appliances.set_findings(held, symptoms=symptoms, actions=actions, by=request.user)
    return _("It is written down.")


def _part(request: HttpRequest, held: ApplianceRepair) -> str:
    given = request.POST
    replaced = given.get("how") != "wished"
    appliances.add_part(
        held, rule=_number(given.get("rule", ""), "rule"),
        count=_number(given.get("count", ""), appliance_rules.COUNT), replaced=replaced, by=request.user,
    )  # fmt: skip
    return _("It is written down.") if replaced else _("The part is asked for.")


def _came(request: HttpRequest, held: ApplianceRepair) -> str:
    appliances.part_replaced(_line(request, held), by=request.user)
    return _("The part is fitted.")


def _remove(request: HttpRequest, held: ApplianceRepair) -> str:
    appliances.remove_part(_line(request, held), by=request.user)
    return _("The line is gone.")


def _finish(request: HttpRequest, held: ApplianceRepair) -> str:
    try:
        on = dt.date.fromisoformat(request.POST.get("on", ""))
    except ValueError:
        raise Invalid({"refurbishment_date": "must be a date such as 2016-11-25"}) from None
    appliances.finish(held, process=request.POST.get("process", ""), on=on, by=request.user)
    return _("The repair is finished.")


def _again(request: HttpRequest, held: ApplianceRepair) -> str:
    appliances.open_again(held, by=request.user)
    return _("The repair is open again.")


VERBS = {
    "findings": _findings, "part": _part, "came": _came, "remove": _remove, "finish": _finish, "again": _again,
}  # fmt: skip


def _number(text: str, field: str) -> int:
    if not (text.isdecimal() and text.isascii() and len(text) < 10):
        raise Invalid({field: "must be a whole number"})
    return int(text)


def _line(request: HttpRequest, held: ApplianceRepair) -> ApplianceRepairAppliancePartTypeLinker:
    lines = ApplianceRepairAppliancePartTypeLinker.objects.filter(appliance_repair=held)
    line = lines.filter(pk=_number(request.POST.get("line", ""), "line")).first()
    if line is None:
        raise NotFound()
    return line


def _shown(
    request: HttpRequest, held: ApplianceRepair, *, problem: str = "", verb: str = "", status: int = 200
) -> HttpResponse:
    held = ApplianceRepair.objects.select_related("appliance__appliance_type").get(pk=held.pk)
    kind, given = held.appliance.appliance_type, request.POST
    found = set(held.symptoms.values_list("appliance_symptom_id", flat=True))
    done = set(held.appliance_action_types.values_list("appliance_action_type_id", flat=True))
    if verb == "findings":  # refused: what was ticked stays ticked
        ticked = [{int(key) for key in given.getlist(name) if key.isdecimal()} for name in ("symptoms", "actions")]
        found, done = ticked
    taken = appliance_rules.counts(held)
    rules = []
    for rule in appliance_rules.limits(kind.pk):
        old, new = rule.existing_appliance_part_type, rule.replacement_appliance_part_type
        held_already = taken.get((old.pk, new.pk), 0)
        left = None if rule.max_part_count is None else max(rule.max_part_count - held_already, 0)
        rules.append({"rule": rule, "old": old, "new": new, "left": left, "key": str(rule.pk)})
    lines = held.replacements.select_related("old_appliance_part_type", "new_appliance_part_type").order_by("pk")
    earlier = ApplianceRepair.objects.filter(appliance=held.appliance_id).exclude(pk=held.pk).order_by("-pk")[:10]
    context = {
        "repair": held, "kind": kind, "finished": held.refurbishment_date is not None, "problem": problem,
        "verb": verb, "given": given if verb else {},
        "symptoms": [(row, row.pk in found) for row in appliances.symptoms_of(kind)],
        "actions": [(row, row.pk in done) for row in appliances.actions_of(kind)],
        "rules": rules, "may_add": any(rule["left"] != 0 for rule in rules),
        "lines": lines, "earlier": earlier, "today": timezone.localdate(),
        "processes": [(name, _(OPTIONS[name])) for name in appliances.PROCESSES],
    }  # fmt: skip
    return render(request, "console/appliances/repair.html", context, status=status)
