"""The factory in the admin: what its tools wrote down, and boards and units made by hand."""

from collections.abc import Iterable
from typing import Any, ClassVar

from django.core.exceptions import PermissionDenied
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import action, display

from apps.connectivity.models import RtcMessageHistory, RtcMoMessageHistory, SmsHistory
from apps.core.admin.tables import RowAdmin
from apps.core.answers import holds_secret
from apps.core.refusal_words import said, translated
from apps.core.refusals import Invalid, Refused
from apps.factory import actions
from apps.factory.forms import BoardForm, Making, UnitForm
from apps.factory.models import BatteryTestResult, FactoryLog, Serial, TestJigTestResult
from apps.factory.tools import TOOLS
from apps.parts.admin import PartAdmin
from apps.products.admin import ProductAdmin
from apps.repairs.models import PartProductLinker


class Makes:
    """The button of a list, and the page behind it: a form, errors at its fields, what was made shown once."""

    def has_make_permission(self, request: HttpRequest) -> bool:
        user: Any = request.user
        return bool(user.is_staff and user.level >= actions.create_board.level)

    def _make(self, request: HttpRequest, form_of: type[Making], act: Any, title: Any, tell: Any) -> HttpResponse:
        if not self.has_make_permission(request):
            raise PermissionDenied
        posted = request.method == "POST"
        form: Any = form_of(request.POST) if posted else form_of(initial=request.GET.dict())
        made = None
        if posted and form.is_valid():
            try:
                made = act(**form.given(), by=request.user)
            except Invalid as refused:
                form.take(refused)
            except Refused as refused:
                form.add_error(None, said(refused))
        page: Any = self
        context = {
            **page.admin_site.each_context(request), "title": title, "opts": page.opts, "form": form,
            "made": tell(made) if made else None, "again": request.path,
            "warnings": [(form.fields[name].label, translated(text)) for name, text in made.warnings.items()]
            if made else [],
        }  # fmt: skip
        response = render(request, "admin/make.html", context, status=400 if form.errors else 200)
        return holds_secret(response)


class MadePartAdmin(Makes, PartAdmin):
    on_list = ("make_board",)

    @action(description=_("Make a board"), icon="memory", permissions=["make"])
    def make_board(self, request: HttpRequest) -> HttpResponse:
        return self._make(request, BoardForm, actions.create_board, _("Make a board"), self._once)

    def _once(self, made: actions.MadeBoard) -> dict[str, Any]:
        name = f"{self.admin_site.name}:parts_part_change"
        unit = reverse(f"{self.admin_site.name}:products_product_make_unit")
        return {
            "lines": [
                (_("Board"), made.pcb.serial_number, reverse(name, args=[made.pcb.pk])),
                (_("SIM"), made.sim.serial_number, reverse(name, args=[made.sim.pk])),
                (_("Serial number"), made.pcb.unit_serial, None),
            ],
            "key": made.device_key,
            "next": (_("Make a unit of it"), f"{unit}?pcb_imei={made.pcb.serial_number}"),
        }


class MadeProductAdmin(Makes, ProductAdmin):
    on_list = ("make_unit",)
    beside: ClassVar[Any] = (
        *ProductAdmin.beside, SmsHistory, RtcMessageHistory, RtcMoMessageHistory, PartProductLinker, TestJigTestResult,
        BatteryTestResult, FactoryLog,
    )  # fmt: skip

    @action(description=_("Make a unit"), icon="factory", permissions=["make"])
    def make_unit(self, request: HttpRequest) -> HttpResponse:
        return self._make(request, UnitForm, actions.create_product, _("Make a unit"), self._once)

    def _once(self, made: actions.Made) -> dict[str, Any]:
        unit = reverse(f"{self.admin_site.name}:products_product_change", args=[made.product.pk])
        lines: list[Any] = [
            (_("Unit"), made.product.product_imei, unit),
            (_("Serial number"), made.product.serial_number, None),
            ("IMSI", made.product.imsi, None),
        ]
        lines += [("ICCID", made.product.iccid, None)] if made.product.iccid else []
        lines += [(_("Battery"), made.battery.serial_number, None)] if made.battery else []
        return {"lines": lines, "key": made.device_key, "next": (_("Open the unit"), unit)}


class ToolFilter(DropdownFilter):
    title, parameter_name = _("tool"), "tool"

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        return [(name, name) for name in TOOLS]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet | None:
        return queryset.filter(app_name=self.value()) if self.value() else queryset


class FactoryLogAdmin(RowAdmin):
    for_model = FactoryLog
    list_display = ("factory_log_id", "app_name", "product_imei", "passed", "timestamp", "created_at", "created_by")
    list_display_links = ("factory_log_id", "app_name")
    list_filter = (ToolFilter, "timestamp")

    @display(description=_("Passed"), boolean=True)
    def passed(self, row: FactoryLog) -> bool | None:
        found = row.fields.get("passed") if isinstance(row.fields, dict) else None
        return found if isinstance(found, bool) else None


class TestJigTestResultAdmin(RowAdmin):
    for_model = TestJigTestResult
    list_display = (
        "test_jig_test_result_id", "product", "passed", "jig_id", "machine_id", "jig_software_version", "user",
        "created_at",
    )  # fmt: skip
    list_filter = ("passed", "created_at")


class BatteryTestResultAdmin(RowAdmin):
    for_model = BatteryTestResult
    list_display = (
        "battery_test_result_id", "product", "battery_part", "type", "result", "energy", "problem", "created_at",
    )  # fmt: skip
    list_filter = ("created_at",)


class SerialAdmin(RowAdmin):
    for_model = Serial
    list_display: ClassVar[Any] = ("serial_number", "created_at", "created_by")
    list_filter = ("created_at",)


ADMINS = (
    MadePartAdmin, MadeProductAdmin, FactoryLogAdmin, TestJigTestResultAdmin, BatteryTestResultAdmin, SerialAdmin,
)  # fmt: skip
