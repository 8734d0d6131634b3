"""What the address of a list asks for: exact values of columns that are shown, and what its declared filters ask.

Everything else is refused with the parameter named: a lookup such as `created_by__iregex=[` or
`created_at__year=99999999999` either breaks off in the database or spells out what nobody may read.
"""

from collections.abc import Iterable
from typing import Any

from django.contrib.admin.exceptions import DisallowedModelAdminLookup
from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import PAGE_VAR, SEARCH_VAR
from django.db import models
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _
from unfold.views import ChangeList

from apps.core.admin.scope import hide_strangers, is_row
from apps.core.columns import BadValue, Column, columns_of
from apps.core.identifiers import typed

BOOLEANS = frozenset({"0", "1", "true", "false", "True", "False"})
NULLS = BOOLEANS
OF_DATES = ("gte", "lt")  # what Django's filter of dates asks


class NotAsked(DisallowedModelAdminLookup):
    """Nothing that this list can be asked; answered 400 by AskedAdmin."""


class RowsPage(ChangeList):
    """A page of a list. One past the end is empty and says so, instead of showing other rows than were asked for."""

    page_num: int
    past_end = False
    asked_page = 1

    @property
    def is_narrowed(self) -> bool:
        """Whether a search or a filter leaves rows out."""
        return bool(typed(self.query) or self.get_filters_params())

    @property
    def first_page(self) -> str:
        return str(self.get_query_string(remove=[PAGE_VAR]))

    @property
    def last_page(self) -> str:
        return str(self.get_query_string({PAGE_VAR: self.page_num}))

    def get_results(self, request: HttpRequest) -> None:
        try:
            if self.page_num != 1:
                pages = self.model_admin.get_paginator(request, self.queryset, self.list_per_page).num_pages
                self.past_end = not 1 <= self.page_num <= pages
            if self.past_end:
                self.asked_page, self.page_num = self.page_num, pages
            super().get_results(request)
        except IncorrectLookupParameters:
            raise NotAsked("p") from None
        shown: list[Any] = [] if self.past_end else list(self.result_list)  # type: ignore[has-type]
        if is_row(self.model):
            hide_strangers(shown, request.user)
        self.result_list = shown


class AskedAdmin:
    """The half of every ModelAdmin that reads the address of its list."""

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[ChangeList]:
        return RowsPage

    def get_changelist_instance(self, request: HttpRequest) -> Any:
        if "\x00" in request.GET.get(SEARCH_VAR, ""):
            raise NotAsked(SEARCH_VAR)  # a search that says nothing must not come to mean every row
        try:
            return super().get_changelist_instance(request)  # type: ignore[misc]
        except IncorrectLookupParameters as error:
            raise NotAsked(str(error)) from None

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        try:
            answer: HttpResponse = super().changelist_view(request, extra_context)  # type: ignore[misc]
            return answer
        except NotAsked as refused:
            return not_understood(request, str(refused))

    def askable(self) -> Iterable[Column]:
        """The columns that an address may name."""
        return columns_of(self.model).values() if is_row(self.model) else ()  # type: ignore[attr-defined]

    def lookup_allowed(self, lookup: str, value: str, request: Any = None) -> bool:
        declared = self.get_list_filter(request)  # type: ignore[attr-defined]
        if any(getattr(one, "parameter_name", None) == lookup for one in declared if not isinstance(one, str)):
            return "\x00" not in value
        if not self._is_exact(lookup, value, [one for one in declared if isinstance(one, str)]):
            raise NotAsked(lookup)
        return True

    def _is_exact(self, lookup: str, value: str, declared: list[str]) -> bool:
        name, _sep, rest = lookup.partition("__")
        for field in self.opts.concrete_fields:  # type: ignore[attr-defined]
            if name not in (field.name, field.attname) and not (name == "pk" and field.primary_key):
                continue
            column = next((one for one in self.askable() if one.field is field), None)
            unread = column and (column.secret or isinstance(field, models.JSONField | models.BinaryField))
            if unread or (column is None and field.name not in declared):
                return False
            if rest == "isnull":
                return value in NULLS
            target = f"{field.target_field.name}__exact" if isinstance(field, models.ForeignKey) else "exact"
            dates = OF_DATES if isinstance(field, models.DateField) and field.name in declared else ()
            return rest in ("", "exact", target, *dates) and _is_value(column, value)
        return False


def _is_value(column: Column | None, value: str) -> bool:
    if column is None:  # of no table: options of a filter
        return "\x00" not in value
    if isinstance(column.field, models.BooleanField):
        return value in BOOLEANS
    try:
        return column.take(value) is not None
    except BadValue:
        return False


def not_understood(request: HttpRequest, what: str) -> HttpResponse:
    text = _("The address asks for “%(what)s” in a way that this list does not understand.")
    context = {
        "status": 400, "title": _("That did not make sense to us"), "message": text % {"what": what[:80]},
        "back": request.path, "back_says": _("Show the whole list"),
    }  # fmt: skip
    return render(request, "error.html", context, status=400)
