"""What the admin's search (Ctrl+K) finds: units, parts, entities, people and places by what people know them by, and
pages by their names; all within the reader's scope."""

from collections.abc import Iterator
from typing import Any

from django.contrib.admin.utils import quote
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from django.urls import reverse
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django_celery_beat.models import PeriodicTask
from unfold.dataclasses import SearchResult

from apps.accounts.models import Entity, Hub, RepairCentre, Shop, User
from apps.core.admin.cells import picked_as
from apps.operations import schedules
from apps.parts.models import Part
from apps.products import queries
from apps.products.models import Product
from backoffice import sidebar
from backoffice.catalogue import TABLES

MOST = 8  # rows of each kind
PER_PAGE = 100
LONGEST = 100
BY_NAME = {Entity: "domain", Hub: "warehouse", Shop: "storefront", RepairCentre: "build"}


def find(site: Any, request: HttpRequest, term: str) -> list[SearchResult]:
    term = "".join(character for character in term[:LONGEST] if character.isprintable()).strip()
    if not term:
        return []
    return [*_rows(site, request, term), *_pages(site, request, term.lower())] or [_nothing(term)]


def _nothing(term: str) -> SearchResult:
    """A line that can be chosen: the theme's box shows no other."""
    title = _("Nothing is called “%(term)s”") % {"term": term}
    return SearchResult(title, _("open the list of units"), sidebar.changelist("products"), "search_off")


def _rows(site: Any, request: HttpRequest, term: str) -> Iterator[SearchResult]:
    user: Any = request.user
    yield from _found(site, request, queries.search(term, by=user).order_by("product_imei"), "lightbulb")
    parts = Part.objects.visible_to(user)
    yield from _found(site, request, parts.filter(_starts("serial_number", term)).order_by("pk"), "memory")
    for model, icon in BY_NAME.items():
        rows: Any = model.objects
        yield from _found(site, request, rows.visible_to(user).filter(name__icontains=term).order_by("name"), icon)
    people = Q(email__icontains=term) | Q(display_name__icontains=term) | Q(name__icontains=term)
    yield from _found(site, request, User.objects.visible_to(user).filter(people).order_by("email"), "person")


def _starts(column: str, term: str) -> Q:
    """From the start, which an index finds; serials are in capitals, however they are typed."""
    return Q(**{f"{column}__startswith": term}) | Q(**{f"{column}__startswith": term.upper()})


def _found(site: Any, request: HttpRequest, rows: QuerySet, icon: str) -> Iterator[SearchResult]:
    meta = rows.model._meta
    if not site._registry[rows.model].has_view_permission(request):
        return
    for row in rows[:MOST]:
        where = reverse(f"admin:{meta.app_label}_{meta.model_name}_change", args=[quote(row.pk)])
        yield SearchResult(_called(row), capfirst(meta.verbose_name), where, icon)


def _called(row: Any) -> str:
    match row:
        case Product():
            return " · ".join(filter(None, (row.serial_number, row.product_imei, row.imsi, row.iccid)))
        case User():
            return " · ".join(filter(None, (row.display_name, row.email)))
    return picked_as(row)


def _pages(site: Any, request: HttpRequest, term: str) -> Iterator[SearchResult]:
    for title, icon, paths in sidebar.GROUPS:
        for path in paths:
            name = capfirst(str(TABLES[path].model._meta.verbose_name_plural))
            if (term in name.lower() or term in str(title).lower()) and site._registry[
                TABLES[path].model
            ].has_view_permission(request):
                yield SearchResult(name, str(title), sidebar.changelist(path), icon)
    for page in sidebar.system_pages(request):
        if term in f"{page['title']} {page.get('also', '')}".lower():
            yield SearchResult(str(page["title"]), "", page["link"], "settings")
    if site._registry[PeriodicTask].has_view_permission(request):
        for task in PeriodicTask.objects.exclude(name__startswith="celery.").order_by("name"):
            if term in f"{schedules.what(task)} {task.name}".lower():
                where = reverse("admin:django_celery_beat_periodictask_change", args=[task.pk])
                yield SearchResult(str(schedules.what(task)), schedules.in_words(task), where, "schedule")
