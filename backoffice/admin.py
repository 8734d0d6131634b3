"""The admin: every table, grouped as people think and not as the rooms are named."""

import functools
from collections.abc import Mapping, Sequence
from typing import Any

from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.contrib.auth import logout as end_session
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.core.paginator import InvalidPage
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _
from django.views.decorators.csrf import csrf_protect
from django_celery_beat.models import PeriodicTask
from unfold.sites import UnfoldAdminSite

from apps.accounts.admin import ADMINS as ACCOUNTS
from apps.accounts.admin import register as register_accounts
from apps.alerts.admin import ADMINS as ALERTS
from apps.console.page import sign_in_first
from apps.core.admin.cells import picked_as
from apps.core.admin.tables import RowAdmin, registered
from apps.core.levels import Level
from apps.dcm.admin import ADMINS as CREDIT
from apps.operations import system
from apps.operations.schedules import ScheduleAdmin
from apps.parts.admin import ADMINS as PARTS
from apps.products.admin import ADMINS as PRODUCTS
from apps.repairs.admin import ADMINS as REPAIRS
from apps.transfer.admin import FilesAdmin
from backoffice.catalogue import HISTORIES, TABLES

DECLARED = registered([*ACCOUNTS, *PRODUCTS, *PARTS, *REPAIRS, *CREDIT, *ALERTS])

# Title, icon, tables by path. Every table stands in exactly one group; tests/contract/test_admin.py sees to it.
GROUPS: Sequence[tuple[Any, str, Sequence[str]]] = (
    (_("Units"), "lightbulb", (
        "products", "product_notes", "states", "enable_history", "tamper_enable_history", "product_entity_linker",
        "product_software_linker", "product_parameters", "parameters", "product_groups", "product_product_group_linker",
        "latest_software", "home2_stock_preparation_tracking",
    )),
    (_("Parts"), "memory", (
        "parts", "part_product_linker", "part_parameters", "part_types", "part_type_categories",
        "part_type_product_type_linker", "part_type_replacement_linker", "default_energy_limit", "serial",
    )),
    (_("Repairs"), "build", (
        "repairs", "repair_symptom_type_linker", "repair_action_type_linker", "repair_part_type_linker",
        "repair_product_linker", "repair_workflow_states", "repair_workflow_events", "repair_workflow_history",
        "repair_workflow_selectors", "symptom_types", "symptom_type_product_type_linker", "action_types",
        "action_type_product_type_linker", "appliances", "appliance_types", "appliance_repairs", "appliance_symptoms",
        "appliance_action_types", "appliance_part_types", "appliance_symptom_appliance_type_linker",
        "appliance_action_type_appliance_type_linker", "appliance_part_type_replacement_linker",
        "appliance_repair_appliance_symptom_linker", "appliance_repair_appliance_action_type_linker",
        "appliance_repair_appliance_part_type_linker",
    )),
    (_("Credit"), "payments", ("payment_commands", "balances", "final_balances")),
    (_("Alerts"), "notifications", (
        "alerts", "alert_types", "alert_type_product_type_linker", "alert_type_state_type_linker",
        "alert_type_entity_anti_linker", "analysis_history",
    )),
    (_("Connectivity"), "cell_tower", (
        "connections", "sms_histories", "rtc_connection_history", "rtc_mo_message_history", "rtc_message_history",
        "rtc_fallback_message_history", "rtc_dead_letters", "networks", "sim_providers", "sim_provider_network_linker",
        "sim_part_type_sim_provider_linker", "wake_up_software", "influx_shard_data",
    )),
    (_("Factory"), "factory", ("factory_logs", "battery_test_results", "test_jig_test_results")),
    (_("Kinds of units"), "category", (
        "product_types", "state_types", "software_version_types", "product_type_software_version_type_linker",
        "parameter_types",
    )),
    (_("Access"), "group", (
        "users", "entities", "hubs", "shops", "repair_centres", "user_repair_centre_links", "entity_facility_linker",
        "channels", "subscribers",
    )),
)  # fmt: skip


class Picker(AutocompleteJsonView):
    """What is offered to a pointer's box, each row as the box will show it."""

    def serialize_result(self, obj: Any, to_field_name: str) -> dict[str, str]:
        return {**super().serialize_result(obj, to_field_name), "text": picked_as(obj)}


class BackOfficeSite(UnfoldAdminSite):
    def login(self, request: HttpRequest, extra_context: Mapping[str, Any] | None = None) -> HttpResponse:
        """One way to sign in. Who has, and may not come in here, is told so."""
        if request.user.is_authenticated:
            raise PermissionDenied
        return redirect_to_login(request.GET.get("next") or reverse("admin:index"))

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """As on all other pages: a form that was sent after the session had ended is kept."""
        inner = super().admin_view(view, cacheable)

        @functools.wraps(inner)
        def run(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            if request.method == "POST" and not request.user.is_authenticated:
                return csrf_protect(sign_in_first)(request)
            return inner(request, *args, **kwargs)

        return run

    def autocomplete_view(self, request: HttpRequest) -> HttpResponseBase:
        return Picker.as_view(admin_site=self)(request)

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """One page for it, which signs every other browser out."""
        return redirect("console:account")

    def logout(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        end_session(request)
        return redirect("console:login")

    def search(self, request: HttpRequest, extra_context: Mapping[str, Any] | None = None) -> HttpResponse:
        """The theme takes `page` as it comes; a page that isn't there is none."""
        try:
            return super().search(request, extra_context)
        except (InvalidPage, ValueError):
            raise Http404 from None

    def get_urls(self) -> list[Any]:
        return [path("system/", self.admin_view(system.page(self)), name="system"), *super().get_urls()]

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[dict[str, Any]]:
        """The groups, in their order, instead of Django's apps."""
        held = {entry["model"]: entry for app in super().get_app_list(request, app_label) for entry in app["models"]}
        found = []
        for number, (title, _icon, paths) in enumerate(GROUPS):
            entries = [held[model] for name in paths if (model := TABLES[name].model) in held]
            if entries:
                label = f"group-{number}"
                found.append(
                    {"name": str(title), "app_label": label, "app_url": "", "has_module_perms": True, "models": entries}
                )
        return found


site = BackOfficeSite(name="admin")

for _table in TABLES.values():
    _declared = DECLARED.get(_table.model, RowAdmin)
    _kinds = (FilesAdmin, _declared) if _declared is not RowAdmin else (FilesAdmin,)
    _own = {"table": _table, "read_only": _table.path in HISTORIES}
    site.register(_table.model, type(f"{_table.model.__name__}Admin", _kinds, _own))


register_accounts(site)
site.register(PeriodicTask, ScheduleAdmin)


def navigation(request: HttpRequest) -> list[dict[str, Any]]:
    """The sidebar, for those whom the admin lets in."""
    found = []
    for title, icon, paths in GROUPS:
        items = []
        for name in paths:
            meta = TABLES[name].model._meta
            link = reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist")
            items.append({"title": capfirst(meta.verbose_name_plural), "link": link})
        found.append({"title": title, "icon": icon, "collapsible": True, "items": items})
    return [*found, {"title": _("System"), "icon": "settings", "collapsible": True, "items": _system_items()}]


def _system_items() -> list[dict[str, Any]]:
    def of_all(request: HttpRequest) -> bool:
        user: Any = request.user
        return bool(user.level >= Level.SYSTEM and user.is_global)

    def of_system(request: HttpRequest) -> bool:
        return bool(request.user.level >= Level.SYSTEM)  # type: ignore[union-attr]

    schedules, sign_ins = "admin:django_celery_beat_periodictask_changelist", "admin:accounts_signin_changelist"
    return [
        {"title": _("How it is doing"), "link": reverse("admin:system"), "permission": of_all},
        {"title": _("What runs by itself"), "link": reverse(schedules), "permission": of_all},
        {"title": _("Sign-ins"), "link": reverse(sign_ins), "permission": of_system},
        {"title": _("Jobs"), "link": reverse("console:jobs")},
    ]
