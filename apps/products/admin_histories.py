"""What units were ordered, in the admin: switching with its deadlines, software and parameters with what became of
them."""

from collections.abc import Iterable
from typing import Any, ClassVar

from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _
from unfold.contrib.filters.admin import DropdownFilter
from unfold.decorators import display

from apps.core.admin.cells import when
from apps.core.admin.tables import RowAdmin
from apps.products.models import EnableHistory, ProductParameter, ProductSoftwareLinker, TamperEnableHistory


class WaysFilter(DropdownFilter):
    """A choice among conditions, by their names in the address; any other name finds nothing."""

    ways: ClassVar[dict[str, tuple[Any, Q]]]

    def lookups(self, request: HttpRequest, model_admin: Any) -> Iterable[tuple[str, Any]]:
        return [(name, words) for name, (words, _condition) in self.ways.items()]

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet | None:
        if not self.value():
            return queryset
        found = self.ways.get(str(self.value()))
        return queryset.filter(found[1]) if found else queryset.none()


class DeadlineFilter(WaysFilter):
    title, parameter_name = _("deadline"), "deadline"
    ways: ClassVar[Any] = {
        "open": (_("to come"), Q(valid_until__isnull=False, lapsed=False)),
        "lapsed": (_("lapsed: not confirmed in time"), Q(lapsed=True)),
    }


class SwitchingAdmin(RowAdmin):
    list_filter: ClassVar[Any] = ("current_enable_state", DeadlineFilter)

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [*super().get_fields(request, obj), "deadline"]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        return [*super().get_readonly_fields(request, obj), "deadline"]

    @display(description=_("Deadline"), ordering="valid_until")
    def deadline(self, row: Any) -> Any:
        if row.valid_until is None:
            return None
        return format_html("{}<br>{}", when(row.valid_until), _("lapsed")) if row.lapsed else when(row.valid_until)


class EnableHistoryAdmin(SwitchingAdmin):
    for_model = EnableHistory
    list_display = (
        "enable_history_id", "product", "prev_enable_state", "current_enable_state", "user", "date", "deadline",
    )  # fmt: skip


class TamperEnableHistoryAdmin(SwitchingAdmin):
    for_model = TamperEnableHistory
    list_filter: ClassVar[Any] = ("current_enable_state",)
    list_display = (
        "tamper_enable_history_id", "product", "prev_enable_state", "current_enable_state", "user", "date", "deadline",
    )  # fmt: skip


class ParameterAdmin(RowAdmin):
    for_model = ProductParameter
    list_display = (
        "product_parameter_id", "product", "parameter_type", "value", "status", "created_at", "created_by",
        "date_added", "date_removed",
    )  # fmt: skip
    list_filter = ("status", "parameter_type")


class OrderFilter(WaysFilter):
    title, parameter_name = _("order"), "order"
    ways: ClassVar[Any] = {
        "open": (_("ordered"), Q(date_added=None, date_removed=None)),
        "tried": (_("ordered, and tried in vain"), Q(date_added=None, date_removed=None, update_attempts__gt=0)),
        "runs": (_("runs"), Q(date_added__isnull=False, date_removed=None)),
        "withdrawn": (_("withdrawn or overtaken"), Q(date_added=None, date_removed__isnull=False)),
        "over": (_("ran once"), Q(date_added__isnull=False, date_removed__isnull=False)),
    }


class SoftwareLinkAdmin(RowAdmin):
    for_model = ProductSoftwareLinker
    list_display = (
        "product_software_linker_id", "product", "software_version_type", "became", "update_attempts", "rollout",
        "created_at", "created_by", "date_added", "date_removed",
    )  # fmt: skip
    list_filter: ClassVar[Any] = (OrderFilter, "software_version_type")

    @display(description=_("Order"))
    def became(self, row: ProductSoftwareLinker) -> Any:
        if row.date_added is None:
            return _("ordered") if row.date_removed is None else _("withdrawn or overtaken")
        return _("runs") if row.date_removed is None else _("ran once")


ADMINS = (EnableHistoryAdmin, TamperEnableHistoryAdmin, ParameterAdmin, SoftwareLinkAdmin)
