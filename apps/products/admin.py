"""Units in the admin."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext_lazy as _
from unfold.decorators import action

from apps.core.admin import RowAdmin
from apps.core.refusals import Refused
from apps.products import actions, queries
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

    @staticmethod
    def latest_state_name(row: Product) -> Any:
        return row.latest_state and row.latest_state.current_state_type.name

    @staticmethod
    def latest_enable_state(row: Product) -> Any:
        return row.latest_enable_history and row.latest_enable_history.get_current_enable_state_display()

    latest_state_name.short_description = _("State")  # type: ignore[attr-defined]
    latest_enable_state.short_description = _("Switched")  # type: ignore[attr-defined]

    def get_list_select_related(self, request: HttpRequest) -> list[str]:
        return ["product_type", "hub", "latest_state__current_state_type", "latest_enable_history"]

    @action(description=_("Enable"), icon="lightbulb")
    def enable(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        return self._order(request, object_id, actions.enable_product)

    @action(description=_("Disable"), icon="power_settings_new")
    def disable(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        return self._order(request, object_id, actions.disable_product)

    @action(description=_("Unit page"), icon="open_in_new")
    def on_the_console(self, request: HttpRequest, object_id: Any) -> HttpResponse:
        return redirect("console:unit", imei=self._unit(request, object_id).product_imei)

    def _unit(self, request: HttpRequest, object_id: Any) -> Product:
        imei = Product.objects.filter(pk=object_id).values_list("product_imei", flat=True).first()
        return queries.fetch(imei or "", by=request.user)  # type: ignore[arg-type]

    def _order(self, request: HttpRequest, object_id: Any, order: Any) -> HttpResponse:
        try:
            unit = order(self._unit(request, object_id), by=request.user)
            messages.success(request, _("Ordered; pending until the unit confirms it."))
            return redirect("admin:products_product_change", unit.pk)
        except Refused as refused:
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
