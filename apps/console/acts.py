"""What may be done to one unit from its page: the acts of jobs, by level, each with its own small form."""

from typing import Any, cast

from django import forms
from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import gettext_lazy as _

from apps.connectivity import queries as connectivity
from apps.console.page import page
from apps.core.actions import require_level
from apps.core.levels import Level
from apps.core.refusal_words import said
from apps.core.refusals import Refused
from apps.jobs.kinds import kinds
from apps.products import not_after, queries
from apps.products.bulk import SEEN, SURE, OnUnits, Unfilled, Unsure
from apps.products.models import Product

# name in the address → (kind of job, what the page calls it); the switch has buttons of its own.
SWITCHES = {"enable", "disable"}  # with a time; without one they are buttons of the switch
ACTS: dict[str, tuple[str, Any]] = {
    "enable": ("units.enable", _("Enable, but not after a time")),
    "disable": ("units.disable", _("Disable, but not after a time")),
    "note": ("units.note", _("Add a note")),
    "state": ("units.state", _("Change the state")),
    "entity": ("units.entity", _("Move to another entity")),
    "add_entity": ("units.add_entity", _("Give a further entity")),
    "tamper_on": ("units.enable_tamper", _("Tamper switch on")),
    "tamper_off": ("units.disable_tamper", _("Tamper switch off")),
    "software": ("units.software", _("Order a software version")),
    "lock_software": ("units.lock_software", _("Order and lock a software version")),
    "unlock_software": ("units.unlock_software", _("Unlock the software")),
    "expire_software": ("units.expire_software", _("Withdraw software orders")),
    "parameter": ("units.parameter", _("Order a parameter's value")),
    "part_parameter": ("units.part_parameter", _("Order a parameter's value for a part")),
    "wake_up": ("units.wake_up", _("Wake up by SMS")),
    "connect": ("units.connect", _("Make it connect")),
}


def offered(product: Product, reader: Any) -> list[tuple[str, Any, forms.Form | None, str]]:
    """(name, title, form, key of what stands) of the acts that this reader may do to this unit and that would change
    something."""
    useless = _useless(product)
    found = []
    for name, (kind, title) in ACTS.items():
        act = cast(OnUnits, kinds()[kind])
        if name in useless or reader.level < act.level:
            continue
        form = _form(name, act, product, reader)
        if form is None or not _is_empty(form):
            found.append((name, title, form, act.stands(product, reader).key))
    return found


def _useless(product: Product) -> set[str]:
    """The acts without a form that would change nothing."""
    useless = SWITCHES | {"tamper_on" if product.desired_tamper_flag else "tamper_off"}
    if product.software_lock_id is None:
        useless.add("unlock_software")
    if not queries.software_ordered(product).exists():
        useless.add("expire_software")
    if not product.rtc_enabled_flag:
        useless.add("connect")  # it would be an SMS too
    if not connectivity.wakes_up(product):
        useless.add("wake_up")
    return useless


def _form(name: str, act: OnUnits, product: Product, reader: Any, data: Any = None) -> Any:
    form = act.form_for(product, by=reader, data=data)
    if form is not None:
        form.auto_id = f"{name}-%s"
        if name in SWITCHES:
            form.fields[not_after.NAME].required = True
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


@page("GET", "POST", level=Level.TECHNICAL)  # what any of them needs at least
def act(request: HttpRequest, imei: str, name: str) -> HttpResponse:
    """Do it, by the same code as for many. What is refused stands on the page with what was typed."""
    reader: Any = request.user
    if name not in ACTS:
        raise Http404
    kind, title = ACTS[name]
    doing = cast(OnUnits, kinds()[kind])
    require_level(reader, doing.level)
    product = queries.units(reader).filter(product_imei=queries.fetch(imei, by=reader).product_imei).get()
    form = _form(name, doing, product, reader, request.POST if request.method == "POST" else None)
    whence = request.POST.get("from") or request.GET.get("from", "")
    context: dict[str, Any] = {"product": product, "name": name, "title": title, "form": form, "whence": whence}
    if request.method == "POST":
        try:
            told = doing.on_one(product.product_imei, form, request.POST, by=reader)
        except Unsure as question:
            given = [(name, request.POST.get(name, "")) for name in (*form.fields, SEEN) if name in request.POST]
            return render(request, "console/act.html", context | {"question": question, "given": given, "sure": SURE})
        except Unfilled:
            context["wrong"] = [str(text) for texts in form.errors.values() for text in texts]
        except Refused as refused:
            context["wrong"] = [said(refused, fields=False)]
        else:
            messages.success(request, doing.done(told) if told else _("It was so already; nothing has changed."))
            return redirect("console:field" if whence == "field" else "console:unit", imei=product.product_imei)
        product.refresh_from_db()
    stands = doing.stands(product, reader)
    context |= {"stands": stands.key, "now": stands.words}
    return render(request, "console/act.html", context, status=400 if context.get("wrong") else 200)
