"""Units in the admin."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action, display

from apps.core.admin import RowAdmin
from apps.core.refusals import NotFound, Refused
from apps.products import actions
from apps.products.models import Connection, EnableHistory, Product, State


class ProductAdmin(RowAdmin):
    for_model = Product
    list_display = (
        "product_imei", "serial_number", "product_type", "latest_state_name", "latest_enable_state", "hub", "is_payg",
        "created_at",
    )  # fmt: skip
    list_display_links = ("product_imei",)
    list_filter = ("product_type", "desired_enable_flag", "current_enable_flag", "is_payg", "dcm_enabled_flag")
    actions_detail = ("enable", "disable", "on_the_console")

    @display(description=_("State"))
    def latest_state_name(self, row: Product) -> Any:
        return row.latest_state and row.latest_state.current_state_type.name

    @display(description=_("Switched"))
    def latest_enable_state(self, row: Product) -> Any:
        return row.latest_enable_history and row.latest_enable_history.get_current_enable_state_display()

    def get_list_select_related(self, request: HttpRequest) -> list[str]:
        return ["product_type", "hub", "latest_state__current_state_type", "latest_enable_history"]

    @action(description=_("Enable"), icon="lightbulb")
    def enable(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        return self._order(request, object_id, actions.enable_product, _("Enable"), _("Switch this unit on?"))

    @action(description=_("Disable"), icon="power_settings_new")
    def disable(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        return self._order(request, object_id, actions.disable_product, _("Disable"), _("Switch this unit off?"))

    @action(description=_("Unit page"), icon="open_in_new")
    def on_the_console(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        try:
            return redirect("console:unit", imei=self._unit(request, object_id).product_imei)
        except Refused as refused:
            return self._refused(request, refused)

    def _unit(self, request: HttpRequest, object_id: Any) -> Product:
        unit: Product | None = self.get_object(request, str(object_id))  # in scope; None for a key of the wrong shape
        if unit is None:
            raise NotFound()
        return unit

    def _order(self, request: HttpRequest, object_id: Any, order: Any, title: Any, question: Any) -> HttpResponse:
        """The buttons are links, and a link may be followed by accident or by another site's doing: so first a
        question, whose answer is a form of ours."""
        try:
            unit = self._unit(request, object_id)
            back = reverse("admin:products_product_change", args=[unit.pk])
            if request.method != "POST":
                context = {**self.admin_site.each_context(request), "title": title, "question": question}
                return render(request, "admin/confirm_order.html", context | {"unit": unit, "back": back})
            order(unit, by=request.user)
        except Refused as refused:
            return self._refused(request, refused)
        messages.success(request, _("Ordered; pending until the unit confirms it."))
        return redirect(back)

    def _refused(self, request: HttpRequest, refused: Refused) -> HttpResponse:
        messages.error(request, refused.message)
        return redirect("admin:products_product_changelist")


class StateAdmin(RowAdmin):
    for_model = State
    list_display = ("state_id", "product", "prev_state_type", "current_state_type", "created_at", "created_by")
    list_filter = ("current_state_type",)


class EnableHistoryAdmin(RowAdmin):
    for_model = EnableHistory
    list_display = ("enable_history_id", "product", "prev_enable_state", "current_enable_state", "user", "date")


class ConnectionAdmin(RowAdmin):
    for_model = Connection
    list_display = ("connection_id", "product", "date", "mcc", "mnc", "cell_1_signal", "latitude", "longitude")
    list_filter = ("location_failed_flag",)


ADMINS = (ProductAdmin, StateAdmin, EnableHistoryAdmin, ConnectionAdmin)
