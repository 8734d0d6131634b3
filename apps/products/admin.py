"""Units in the admin."""

from typing import Any, cast

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.text import Truncator
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from apps.core.actions import require_level
from apps.core.admin.asked import RowsPage
from apps.core.admin.cells import moment, when
from apps.core.admin.tables import RowAdmin
from apps.core.refusal_words import said
from apps.core.refusals import NotFound, Refused
from apps.jobs import actions as jobs
from apps.jobs.kinds import kinds
from apps.products import contact, queries
from apps.products.admin_connections import ADMINS as CONNECTIONS
from apps.products.admin_filters import ContactFilter, EntityFilter, StateFilter
from apps.products.admin_histories import ADMINS as HISTORIES
from apps.products.admin_rollouts import ADMINS as ROLLOUTS
from apps.products.bulk import SEEN, SURE, OnUnits, Unfilled, Unsure
from apps.products.models import (
    Connection,
    EnableHistory,
    EnableState,
    Product,
    ProductEntityLinker,
    ProductNote,
    ProductParameter,
    ProductSoftwareLinker,
    State,
    TamperEnableHistory,
)
from apps.products.words import LABELS, state_called


class UnitList(RowsPage):
    def get_results(self, request: HttpRequest) -> None:
        super().get_results(request)
        _name_entities(self.result_list, request)


def _name_entities(units: list[Any], request: HttpRequest) -> None:
    names = queries.entity_names_of(units, by=cast(Any, request.user))
    for unit in units:
        unit.names_of_entities = names.get(unit.product_imei, [])


TEXT_SHOWN = 160  # of a note, in a list
SHOWN = ("latest_enable_state", "latest_tamper_state", "latest_state_name", "entities")


class ProductAdmin(RowAdmin):
    for_model = Product
    list_display = (
        "product_imei", "serial_number", "product_type", "entities", "latest_state_name", "latest_enable_state",
        "last_contact", "hub",
    )  # fmt: skip
    list_display_links = ("product_imei", "serial_number")
    list_filter = (
        EntityFilter, StateFilter, ContactFilter, "product_type", "desired_enable_flag", "current_enable_flag",
        "is_payg", "dcm_enabled_flag",
    )  # fmt: skip
    parts = (
        (_("Identity"), ("product_imei", "serial_number", "product_type", "imsi", "iccid", "masked_device_key")),
        (_("Switching"), (
            "latest_enable_state", "desired_enable_flag", "current_enable_flag", "latest_enable_history",
            "latest_tamper_state", "disable_date", "is_payg", "dcm_enabled_flag",
        )),
        (_("Whereabouts"), (
            "latest_state_name", "latest_state", "entities", "hub", "shop", "gps_lat", "gps_lon", "latest_connection",
            "latest_connection_location",
        )),
        (_("Software and real time"), (
            "software_lock", "rtc_enabled_flag", "rtc_network_name", "ip_address", "latest_rtc_connection_history",
            "latest_rtc_mo_status_report_time", "latest_rtc_mt_status_update_time",
        )),
    )  # fmt: skip
    beside = (
        State, EnableHistory, TamperEnableHistory, ProductEntityLinker, ProductNote, ProductSoftwareLinker,
        ProductParameter, Connection,
    )  # fmt: skip
    actions_detail = (
        "enable", "disable", "on_the_console",
        {"title": _("More"), "items": [
            "change_state", "change_entity", "add_entity", "add_note", "tamper_on", "tamper_off", "update_software",
            "lock_software", "unlock_software", "expire_software", "set_parameter", "set_part_parameter",
            "wake_up", "connect",
        ]},
    )  # fmt: skip

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [*super().get_fields(request, obj), *SHOWN]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        """The switch is no box to tick by mistake among thirty others: its buttons ask first."""
        return [*super().get_readonly_fields(request, obj), *SHOWN, "desired_enable_flag"]

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        """The acts on many units, for those who may do them to one."""
        user: Any = request.user
        acts = {
            name: (_begin, name, kind.title)
            for name, kind in kinds().items()
            if name.startswith("units.") and user.level >= kind.level
        }
        return {**super().get_actions(request), **acts}

    @display(description=_("State"))
    def latest_state_name(self, row: Product) -> Any:
        state = row.latest_state
        if not isinstance(state, State):  # none, or out of the reader's sight
            return state
        return state_called(state.current_state_type)

    @display(description=_("Switched"))
    def latest_enable_state(self, row: Product) -> Any:
        order = row.latest_enable_history
        if not isinstance(order, EnableHistory) or not EnableState(order.current_enable_state).is_pending:
            return _switched(order)
        return format_html("{}<br>{}", _switched(order), _("since %(at)s") % {"at": moment(order.date)})

    @display(description=_("Last connection"))
    def last_contact(self, row: Product) -> Any:
        last = row.latest_connection
        if not isinstance(last, Connection):
            return _("never") if last is None else last
        late = contact.next_contact(last.date) < timezone.now()  # type: ignore[operator]
        return format_html("{}<br>{}", when(last.date), _("overdue")) if late else when(last.date)

    @display(description=_("Tamper switch"))
    def latest_tamper_state(self, row: Product) -> Any:
        return _switched(row.latest_tamper_enable_history)

    @display(description=_("Entities"))
    def entities(self, row: Product) -> str:
        return ", ".join(getattr(row, "names_of_entities", ()))

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        unit = super().get_object(request, object_id, from_field)
        if unit is not None:
            _name_entities([unit], request)
        return unit

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[RowsPage]:
        return UnitList

    def get_list_select_related(self, request: HttpRequest) -> list[str]:
        return ["product_type", "hub", "latest_state__current_state_type", "latest_enable_history", "latest_connection"]

    @action(description=_("Enable"), icon="lightbulb")
    def enable(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        return self._act(request, object_id, "units.enable", _("Enable"), _("Switch this unit on?"))

    @action(description=_("Disable"), icon="power_settings_new")
    def disable(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        return self._act(request, object_id, "units.disable", _("Disable"), _("Switch this unit off?"))

    @action(description=_("Change the state"), icon="swap_horiz")
    def change_state(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        return self._act(request, object_id, "units.state", _("Change the state"))

    @action(description=_("Move to another entity"), icon="domain")
    def change_entity(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        return self._act(request, object_id, "units.entity", _("Move to another entity"))

    @action(description=_("Give a further entity"), icon="domain_add")
    def add_entity(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        return self._act(request, object_id, "units.add_entity", _("Give a further entity"))

    @action(description=_("Add a note"), icon="note_add")
    def add_note(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        return self._act(request, object_id, "units.note", _("Add a note"))

    @action(description=_("Tamper switch on"), icon="lock")
    def tamper_on(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        question = _("Switch this unit's tamper switch on?")
        return self._act(request, object_id, "units.enable_tamper", _("Tamper switch on"), question)

    @action(description=_("Tamper switch off"), icon="lock_open")
    def tamper_off(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        question = _("Switch this unit's tamper switch off?")
        return self._act(request, object_id, "units.disable_tamper", _("Tamper switch off"), question)

    @action(description=_("Order a software version"), icon="system_update")
    def update_software(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        return self._act(request, object_id, "units.software", _("Order a software version"))

    @action(description=_("Order and lock a software version"), icon="lock_clock")
    def lock_software(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        return self._act(request, object_id, "units.lock_software", _("Order and lock a software version"))

    @action(description=_("Unlock the software"), icon="lock_open")
    def unlock_software(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        question = _("Let other versions be ordered for this unit again?")
        return self._act(request, object_id, "units.unlock_software", _("Unlock the software"), question)

    @action(description=_("Withdraw software orders"), icon="update_disabled")
    def expire_software(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        question = _("Withdraw the software orders that this unit has not confirmed?")
        return self._act(request, object_id, "units.expire_software", _("Withdraw software orders"), question)

    @action(description=_("Order a parameter's value"), icon="tune")
    def set_parameter(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        return self._act(request, object_id, "units.parameter", _("Order a parameter's value"))

    @action(description=_("Order a parameter's value for a part"), icon="memory")
    def set_part_parameter(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        return self._act(request, object_id, "units.part_parameter", _("Order a parameter's value for a part"))

    @action(description=_("Wake up by SMS"), icon="sms")
    def wake_up(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        question = _("Send this unit a wake-up SMS?")
        return self._act(request, object_id, "units.wake_up", _("Wake up by SMS"), question)

    @action(description=_("Make it connect"), icon="cell_tower")
    def connect(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        question = _("Make this unit connect: in real time where it can, else by SMS?")
        return self._act(request, object_id, "units.connect", _("Make it connect"), question)

    @action(description=_("Unit page"), icon="open_in_new")
    def on_the_console(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        try:
            return redirect("console:unit", imei=self._unit(request, object_id).product_imei)
        except Refused as refused:
            return self._refused(request, refused)

    def _unit(self, request: HttpRequest, object_id: Any) -> Product:
        shown: Product | None = self.get_object(request, str(object_id))  # in scope; None for a key of the wrong shape
        if shown is None:
            raise NotFound()
        return queries.fetch(shown.product_imei, by=cast(Any, request.user))  # whole, for rules and not for a page

    def _act(self, request: HttpRequest, object_id: Any, name: str, title: Any, question: Any = "") -> HttpResponse:
        """What may be done to many, done to this one: the same form, the same code. The buttons are links, and a link
        may be followed by accident or by another site's doing: an order without a form is a question first."""
        kind, by = cast(OnUnits, kinds()[name]), cast(Any, request.user)
        try:
            require_level(by, kind.level)
            unit = self._unit(request, object_id)
        except Refused as refused:
            return self._refused(request, refused)
        back = reverse("admin:products_product_change", args=[unit.pk])
        form: Any = kind.form_for(unit, by=by, data=request.POST if request.method == "POST" else None)
        context: dict[str, Any] = {"form": form, "question": question}
        if request.method == "POST":
            try:
                told = kind.on_one(unit.product_imei, form, request.POST, by=by)
            except Unsure as unsure:
                held = [(name, request.POST[name]) for name in (*form.fields, SEEN) if name in request.POST]
                context = {"question": unsure, "given": [*held, (SURE, "1")]}
            except Unfilled:
                pass
            except Refused as refused:
                context["refused"] = said(refused, fields=False)
            else:
                so_already = _("It was so already; nothing has changed.")
                messages.success(request, kind.done(told) if told else so_already)
                return redirect(back)
            unit = queries.fetch(unit.product_imei, by=by)
        context |= {
            **self.admin_site.each_context(request), "title": title, "back": back, "opts": self.opts,
            "thing": f"{unit.serial_number} · {unit.product_imei}", "stands": kind.stands(unit, by),
        }  # fmt: skip
        wrong = "refused" in context or (context.get("form") is not None and form.errors)
        return render(request, "admin/act.html", context, status=400 if wrong else 200)

    def _refused(self, request: HttpRequest, refused: Refused) -> HttpResponse:
        messages.error(request, said(refused))
        return redirect("admin:products_product_changelist")


def _switched(history: Any) -> Any:
    seen = isinstance(history, EnableHistory | TamperEnableHistory)
    return LABELS[EnableState(history.current_enable_state)] if seen else history


def _begin(admin: ProductAdmin, request: HttpRequest, rows: QuerySet) -> HttpResponse | None:
    """A job over the chosen units: its page asks for what is missing, shows a trial, and starts it."""
    keys = rows.order_by("-pk").values_list("product_imei", flat=True).iterator(chunk_size=5000)
    try:
        job = jobs.draft(kind=request.POST["action"], keys=keys, by=request.user)
    except Refused as refused:
        messages.error(request, said(refused))
        return None
    return redirect(reverse("console:job", args=[job.pk]))


class StateAdmin(RowAdmin):
    for_model = State
    list_display = ("state_id", "product", "prev_state_type", "current_state_type", "created_at", "created_by")
    list_filter = ("current_state_type",)


class NoteAdmin(RowAdmin):
    for_model = ProductNote
    list_display = ("product_note_id", "product", "text", "created_by", "created_at")
    list_display_links = ("product_note_id", "text")

    @display(description=_("Text"))
    def text(self, row: ProductNote) -> str:
        return Truncator(row.note_text).chars(TEXT_SHOWN)


ADMINS = (ProductAdmin, NoteAdmin, StateAdmin, *HISTORIES, *CONNECTIONS, *ROLLOUTS)
