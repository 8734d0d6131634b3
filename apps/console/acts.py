"""What may be done to one unit from its page: the acts of jobs, by level, each with its own small form."""

from typing import Any

from django import forms
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _

from apps.connectivity import queries as messages
from apps.console.page import page
from apps.core.actions import require_level
from apps.core.levels import Level
from apps.core.refusal_words import said
from apps.core.refusals import Refused
from apps.jobs.kinds import kinds
from apps.products import queries, states
from apps.products.models import Product
from apps.products.words import STATES

# name in the address → (kind of job, what the page calls it); the switch has buttons of its own.
ACTS: dict[str, tuple[str, Any]] = {
    "note": ("units.note", _("Add a note")),
    "state": ("units.state", _("Change the state")),
    "entity": ("units.entity", _("Move to another entity")),
    "add_entity": ("units.add_entity", _("Give a further entity")),
    "tamper_on": ("units.enable_tamper", _("Tamper switch on")),
    "tamper_off": ("units.disable_tamper", _("Tamper switch off")),
    "wake_up": ("units.wake_up", _("Wake up by SMS")),
    "connect": ("units.connect", _("Make it connect")),
}


def offered(product: Product, reader: Any) -> list[tuple[str, Any, forms.Form | None]]:
    """(name, title, form) of the acts that this reader may do to this unit and that would change something."""
    useless = {"tamper_on" if product.desired_tamper_flag else "tamper_off"}
    if not product.rtc_enabled_flag:
        useless.add("connect")  # it would be an SMS too
    if not messages.wakes_up(product):
        useless.add("wake_up")
    found = []
    for name, (kind, title) in ACTS.items():
        act = kinds()[kind]
        if name in useless or reader.level < act.level:
            continue
        form = _form(name, act, product, reader)
        if form is None or not _is_empty(form):
            found.append((name, title, form))
    return found


def _form(name: str, act: Any, product: Product, reader: Any, data: Any = None) -> Any:
    form = act.form(by=reader, data=data)
    if form is not None:
        form.auto_id = f"{name}-%s"
    if name == "state" and form is not None:
        now = product.latest_state.current_state_type_id if product.latest_state else states.NON_EXISTANT
        moves = [(key, STATES[key]) for key in sorted(states.MOVES[now])]
        form.fields["new_state"].choices = [("", "–"), *moves] if moves else []
    if name in ("entity", "add_entity"):
        here = product.product_entity_linker.filter(date_removed=None).values("entity_id")
        form.fields["new_entity"].queryset = form.fields["new_entity"].queryset.exclude(pk__in=here)
        form.fields["new_entity"].empty_label = "–"
        if "old_entity" in form.fields:
            if here.count() < 2:  # it leaves the only one
                del form.fields["old_entity"]
            else:
                form.fields["old_entity"].queryset = form.fields["old_entity"].queryset.filter(pk__in=here)
                form.fields["old_entity"].empty_label = "–"
    return form


def _is_empty(form: Any) -> bool:
    """Nothing to choose from: no state follows, or there is no other entity in one's scope."""
    for field in form.fields.values():
        if isinstance(field, forms.ModelChoiceField):
            if field.required and not field.queryset.exists():  # type: ignore[union-attr]
                return True
        elif isinstance(field, forms.ChoiceField) and not field.choices:
            return True
    return False


def _is_last(form: Any) -> bool:
    return str(form.cleaned_data["new_state"]) == str(states.TERMINATED)


@page("GET", "POST", level=Level.TECHNICAL)  # what any of them needs at least
def act(request: HttpRequest, imei: str, name: str) -> HttpResponse:
    """Do it, by the same code as for many. What is refused stands on the page with what was typed."""
    reader: Any = request.user
    if name not in ACTS:
        raise Http404
    kind, title = ACTS[name]
    doing: Any = kinds()[kind]
    require_level(reader, doing.level)
    product = queries.units(reader).filter(product_imei=queries.fetch(imei, by=reader).product_imei).get()
    form = _form(name, doing, product, reader, request.POST if request.method == "POST" else None)
    problem = ""
    valid = request.method == "POST" and (form is None or form.is_valid())
    if valid and name == "state" and _is_last(form) and not request.POST.get("sure"):
        question = _("A unit that is terminated never comes back. Terminate it?")
        context = {"product": product, "name": name, "title": STATES[states.TERMINATED], "question": question}
        return render(request, "console/act.html", context | {"given": form.cleaned_data.items()})
    if valid:
        try:
            with transaction.atomic():
                doing.apply(product.product_imei, None, doing.params(form.cleaned_data) if form else {}, by=reader)
        except Refused as refused:
            problem = said(refused, fields=False)
        else:
            return redirect("console:unit", imei=product.product_imei)
    wrong = [problem] if problem else [str(text) for texts in (form.errors if form else {}).values() for text in texts]
    context = {"product": product, "name": name, "title": title, "form": form, "wrong": wrong}
    return render(request, "console/act.html", context, status=400 if wrong else 200)
