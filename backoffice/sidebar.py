"""What stands where in the admin: the groups of its first page and sidebar, and the trail above its pages.

Tables that hold rows come first; those that only link two others, and empty ones, are folded away below them.
"""

import functools
import time
from collections.abc import Container, Iterable, Mapping, Sequence
from typing import Any

from django.db import connection
from django.http import HttpRequest
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.safestring import SafeString, mark_safe
from django.utils.text import capfirst
from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from apps.core.levels import Level
from backoffice.catalogue import TABLES

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
    (_("Credit"), "payments", ("payment_commands", "balances", "final_balances", "tariffs")),
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
        "product_types", "state_types", "software_version_types", "software_rollout",
        "product_type_software_version_type_linker", "parameter_types",
    )),
    (_("Access"), "group", (
        "users", "entities", "hubs", "shops", "repair_centres", "user_repair_centre_links", "entity_facility_linker",
        "channels", "subscribers",
    )),
)  # fmt: skip

SYSTEM = f"group-{len(GROUPS)}"
# Links that people look for by themselves.
IN_USE = frozenset({"part_product_linker", "product_entity_linker", "product_software_linker"})
KEPT_FOR = 600.0  # seconds
_held: dict[str, tuple[float, frozenset[str]]] = {}


def folded(paths: Iterable[str], held: Container[str] | None = None) -> list[str]:
    """Those of these tables that hold nothing, or only link others."""
    held = _with_rows() if held is None else held
    return [path for path in paths if path not in held or ("_linker" in path and path not in IN_USE)]


def _with_rows() -> frozenset[str]:
    """The tables that hold a row, as of the last minutes: one short query."""
    name = str(connection.settings_dict["NAME"])
    until, found = _held.get(name, (0.0, frozenset()))
    if until < time.monotonic():
        asked = ", ".join(
            f"EXISTS (SELECT 1 FROM {connection.ops.quote_name(table.model._meta.db_table)})"  # noqa: S608
            for table in TABLES.values()
        )
        with connection.cursor() as cursor:
            cursor.execute(f"SELECT {asked}")  # noqa: S608  # names of our own tables
            answers = cursor.fetchone()
        found = frozenset(path for path, answer in zip(TABLES, answers, strict=True) if answer)
        _held[name] = time.monotonic() + KEPT_FOR, found
    return found


def changelist(path: str) -> str:
    meta = TABLES[path].model._meta
    return reverse(f"admin:{meta.app_label}_{meta.model_name}_changelist")


class Sidebar(list[dict[str, Any]]):
    """The groups of links, and the HTML of them."""

    html: SafeString


def shown(request: HttpRequest) -> Sidebar:
    """The sidebar, for those whom the admin lets in. A hundred links are rendered once for all who see the same ones
    in the same language from the same page."""
    user: Any = request.user
    return _rendered(get_language(), user.level, user.is_global, _with_rows(), _active(request.path))


def _active(path: str) -> str:
    """The link under which the page of this address stands."""
    return next((link for link in _links() if path.startswith(link)), "")


@functools.cache
def _links() -> list[str]:
    return [*(changelist(path) for path in TABLES), *(item["link"] for item in system_items())]


@functools.lru_cache(maxsize=128)
def _rendered(language: str, level: Level, is_global: bool, held: frozenset[str], active: str) -> Sidebar:
    found = Sidebar()
    for title, _icon, paths in GROUPS:
        away = set(folded(paths, held))
        links = {
            path: _link(capfirst(TABLES[path].model._meta.verbose_name_plural), changelist(path), active)
            for path in paths
        }
        first = [link for path, link in links.items() if path not in away]
        found.append({"title": title, "first": first, "folded": [links[path] for path in paths if path in away]})
    pages = [_link(item["title"], item["link"], active) for item in system_items() if _may(item, level, is_global)]
    found.append({"title": _("System"), "first": pages, "folded": []})
    for group in found:
        group["deep"] = any(link["active"] for link in group["folded"])
        group["open"] = group["deep"] or any(link["active"] for link in group["first"])
    found.html = mark_safe(render_to_string("admin/_sidebar.html", {"groups": found}))  # noqa: S308  # escaped in it
    return found


def _link(title: Any, where: str, active: str) -> dict[str, Any]:
    return {"title": title, "link": where, "active": where == active}


def system_items() -> list[dict[str, Any]]:
    """`level`: whom the page is for; `of_all`: only those among them who see every entity."""
    schedules, sign_ins = "admin:django_celery_beat_periodictask_changelist", "admin:accounts_signin_changelist"
    skipped = "admin:connectivity_skippedwakeup_changelist"
    return [
        {"title": _("How it is doing"), "link": reverse("admin:system"), "level": Level.SYSTEM, "of_all": True},
        {"title": _("What runs by itself"), "link": reverse(schedules), "level": Level.SYSTEM, "of_all": True,
         "also": _("periodic tasks, schedules")},
        {"title": _("Wake-ups that were skipped"), "link": reverse(skipped), "level": Level.ADMIN},
        {"title": _("Sign-ins"), "link": reverse(sign_ins), "level": Level.SYSTEM},
        {"title": _("Jobs"), "link": reverse("console:jobs")},
    ]  # fmt: skip


def system_pages(request: HttpRequest) -> list[dict[str, Any]]:
    """Those that this reader may open."""
    user: Any = request.user
    return [item for item in system_items() if _may(item, user.level, user.is_global)]


def _may(item: Mapping[str, Any], level: Level, is_global: bool) -> bool:
    return level >= item.get("level", level) and (is_global or not item.get("of_all"))


def trail(request: HttpRequest) -> Mapping[str, Any]:
    """A context processor: the group that the page's table stands in, instead of the name of Django's app."""
    match = request.resolver_match
    if match is None or match.app_name != "admin":
        return {}
    name = f"{match.url_name}_"
    for number, (title, _icon, paths) in enumerate(GROUPS):
        for path in paths:
            meta = TABLES[path].model._meta
            if name.startswith(f"{meta.app_label}_{meta.model_name}_"):
                return {"trail_group": {"title": title, "link": f"{reverse('admin:index')}#group-{number}"}}
    return {"trail_group": {"title": _("System"), "link": f"{reverse('admin:index')}#{SYSTEM}"}}
