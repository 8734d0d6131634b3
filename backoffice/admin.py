"""The admin: every table, grouped as people think and not as the rooms are named."""

import functools
import time
from collections.abc import Mapping
from typing import Any

from django.contrib.admin.views.autocomplete import AutocompleteJsonView
from django.contrib.auth import logout as end_session
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.core.paginator import InvalidPage, Paginator
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseNotAllowed
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import path, reverse
from django.utils.functional import SimpleLazyObject
from django.views.decorators.csrf import csrf_protect
from django_celery_beat.models import PeriodicTask
from unfold.sites import UnfoldAdminSite

from apps.accounts.admin import ADMINS as ACCOUNTS
from apps.accounts.admin import register as register_accounts
from apps.alerts.admin import ADMINS as ALERTS
from apps.connectivity.admin import ADMINS as CONNECTIVITY
from apps.connectivity.admin import register as register_connectivity
from apps.console.page import sign_in_first
from apps.core.admin.cells import picked_as
from apps.core.admin.tables import RowAdmin, registered
from apps.dcm.admin import ADMINS as CREDIT
from apps.dcm.admin import register as register_credit
from apps.factory.admin import ADMINS as FACTORY
from apps.operations import system
from apps.operations.schedules import ScheduleAdmin
from apps.parts.admin import ADMINS as PARTS
from apps.products.admin import ADMINS as PRODUCTS
from apps.repairs.admin import ADMINS as REPAIRS
from apps.transfer.admin import FilesAdmin
from backoffice import finding, sidebar
from backoffice.catalogue import HISTORIES, TABLES
from backoffice.sidebar import GROUPS

DECLARED = registered([*ACCOUNTS, *PRODUCTS, *PARTS, *REPAIRS, *CONNECTIVITY, *CREDIT, *ALERTS, *FACTORY])


class Picker(AutocompleteJsonView):
    """What is offered to a pointer's box, each row as the box will show it."""

    def get_queryset(self) -> Any:
        return self.model_admin.get_queryset(self.request).none() if "\x00" in self.term else super().get_queryset()

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
        """The theme's search, by what people know things by; in scope, and nothing of it kept."""
        term = request.GET.get("s", "").strip()
        if not term:
            return HttpResponse()
        begun = time.perf_counter()
        results = finding.find(self, request, term)
        pages = Paginator(results, finding.PER_PAGE)
        try:
            page = pages.page(request.GET.get("page", 1))
        except InvalidPage:
            raise Http404 from None
        which = "command_results" if "extended" in request.GET else "search_results"
        context = {
            "page_obj": pages, "results": page, "page_counter": (page.number - 1) * finding.PER_PAGE,
            "execution_time": time.perf_counter() - begun, "command_show_history": False,
        }  # fmt: skip
        return TemplateResponse(request, f"unfold/helpers/{which}.html", context, headers={"HX-Trigger": "search"})

    def get_sidebar_list(self, request: HttpRequest) -> list[dict[str, Any]]:
        return sidebar.shown(request)

    def app_index(self, request: HttpRequest, app_label: str, extra_context: Any = None) -> HttpResponse:
        """Django's apps are rooms of the house; people know the groups of the first page."""
        return redirect("admin:index")

    def get_urls(self) -> list[Any]:
        return [path("system/", self.admin_view(system.page(self)), name="system"), *super().get_urls()]

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> Any:
        """The groups, in their order, instead of Django's apps. Every page has them in its context and the first page
        alone shows them: worked out when looked at."""
        return SimpleLazyObject(lambda: self._groups(request, app_label))

    def _groups(self, request: HttpRequest, app_label: str | None) -> list[dict[str, Any]]:
        held = {entry["model"]: entry for app in super().get_app_list(request, app_label) for entry in app["models"]}
        found = []
        for number, (title, _icon, paths) in enumerate(GROUPS):
            entries = [held[model] for name in paths if (model := TABLES[name].model) in held]
            if entries:
                label = f"group-{number}"
                away = {TABLES[name].model for name in sidebar.folded(paths)}
                found.append(
                    {"name": str(title), "app_label": label, "app_url": "", "has_module_perms": True, "models": entries,
                     "first": [entry for entry in entries if entry["model"] not in away],
                     "folded": [entry for entry in entries if entry["model"] in away]}
                )  # fmt: skip
        return found

    def index(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        system = {"label": sidebar.SYSTEM, "pages": sidebar.system_pages(request)}
        answer: HttpResponse = super().index(request, {**(extra_context or {}), "system": system})
        return answer


site = BackOfficeSite(name="admin")

for _table in TABLES.values():
    _declared = DECLARED.get(_table.model, RowAdmin)
    _kinds = (FilesAdmin, _declared) if _declared is not RowAdmin else (FilesAdmin,)
    _own: dict[str, Any] = {"table": _table, "read_only": _table.path in HISTORIES}
    _own["actions_list"] = (*_declared.on_list, *FilesAdmin.actions_list)
    site.register(_table.model, type(f"{_table.model.__name__}Admin", _kinds, _own))


register_accounts(site)
register_connectivity(site)
register_credit(site)
site.register(PeriodicTask, ScheduleAdmin)
