"""Lists of the admin: their columns, filters, order and search."""

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q, QuerySet
from django.http import HttpRequest
from unfold.admin import ModelAdmin

from apps.core.admin.asked import AskedAdmin
from apps.core.admin.cells import IDENTIFYING, linked, plain, unbroken
from apps.core.admin.scope import InScope
from apps.core.columns import BadValue, Column
from apps.core.identifiers import readings, typed, with_zeros
from apps.core.scope import Reference
from apps.core.tables import Table

MOST_COLUMNS = 7
MOST_OF_TERM = 100  # rows of another table that a search term may stand for


class RowList(AskedAdmin, InScope, ModelAdmin):
    """The list half of RowAdmin."""

    table: ClassVar[Table]

    def get_queryset(self, request: HttpRequest) -> QuerySet:
        rows: Any = self.table.model.objects.visible_to(request.user)
        ordering = self.get_ordering(request)
        return rows.order_by(*ordering) if ordering else rows

    def get_ordering(self, request: HttpRequest) -> list[str]:
        """Newest first; reference data as it was numbered."""
        if self.ordering:
            return list(self.ordering)
        return ["pk"] if isinstance(self.table.model.SCOPE, Reference) else ["-pk"]

    def get_list_display(self, request: HttpRequest) -> list[Any]:
        given = [name for name in self.list_display if name not in ("__str__", "action_checkbox")]
        return [self._shown(name) for name in given or self._telling()]

    def _telling(self) -> list[str]:
        """The columns that tell most: the key, what people know it by, where it belongs, its kinds, when."""
        columns = list(self.table.columns.values())
        ranked = [self.table.key]
        ranked += [column for column in columns if column.name in IDENTIFYING]
        ranked += [column for column in columns if isinstance(column.field, models.ForeignKey)][:3]
        ranked += [column for column in columns if column.field.choices][:2]
        ranked += [column for column in columns if isinstance(column.field, models.BooleanField | models.DateField)][:3]
        ranked += [column for column in columns if isinstance(column.field, models.IntegerField | models.FloatField)]
        names = dict.fromkeys(column.field.name for column in ranked if not column.meta and not column.secret)
        return [*list(names)[: MOST_COLUMNS - 1], "created_at"]

    def _shown(self, name: str) -> Any:
        field = next((one for one in self.table.model._meta.concrete_fields if one.name == name), None)
        if field is None:
            return name
        if isinstance(field, models.ForeignKey):
            return linked(self.admin_site, field)
        one_line = isinstance(field, models.DateTimeField) or field.column in IDENTIFYING
        return unbroken(field) if one_line else plain(field)

    def get_list_display_links(self, request: HttpRequest, list_display: Sequence[Any]) -> list[Any]:
        """The columns that open the row: those declared, else the first."""
        declared = self.list_display_links or ()
        return [item for item in list_display if getattr(item, "__name__", item) in declared] or list(list_display)[:1]

    def get_list_select_related(self, request: HttpRequest) -> list[str] | bool:
        shown = self.get_list_display(request)
        return [item.field_name for item in shown if hasattr(item, "field_name")] or False

    def get_list_filter(self, request: HttpRequest) -> list[Any]:
        if self.list_filter:
            return list(self.list_filter)
        fields = [column.field for column in self.table.columns.values() if not column.meta]
        return [field.name for field in fields if field.choices or isinstance(field, models.BooleanField)][:4]

    def askable(self) -> Iterable[Column]:
        """Else a filter in the address would spell out passwords and digests."""
        return self.table.columns.values()

    def get_search_results(self, request: HttpRequest, queryset: QuerySet, search_term: str) -> tuple[QuerySet, bool]:
        """By key and by the identifiers that people know, of the row itself or of the unit or part it belongs to."""
        meant = readings(search_term)  # as it stands, then as scanners, labels and spreadsheets give it
        for reading in dict.fromkeys([*meant, *(with_zeros(one) for one in meant)]):
            found = queryset.filter(self._standing_for(reading, request))
            if found.exists():
                return found, False
        return queryset.none() if typed(search_term) else queryset, False

    def _standing_for(self, term: str, request: HttpRequest) -> Q:
        found = self.identified(term)
        for field in self.table.model._meta.concrete_fields:
            related = self.admin_site._registry.get(field.related_model) if field.related_model else None
            if not isinstance(field, models.ForeignKey) or not isinstance(related, RowList):
                continue
            if any(column.name in IDENTIFYING for column in related.table.columns.values()):
                rows = related.get_queryset(request).order_by().filter(related.identified(term))
                keys = list(rows.values_list(field.target_field.attname, flat=True)[:MOST_OF_TERM])
                if keys:
                    found |= Q(**{f"{field.attname}__in": keys})
        return found

    def identified(self, term: str) -> Q:
        """The rows that this text stands for: anywhere in reference data, else from its start, which an index finds."""
        found = Q(pk__in=[])
        lookup = "icontains" if isinstance(self.table.model.SCOPE, Reference) else "startswith"
        for column in self.table.columns.values():
            if column.secret or column.field.is_relation:
                continue
            if column is self.table.key and column.value_field.get_internal_type() != "CharField":
                try:
                    found |= Q(**{column.attname: column.take(term)})
                except BadValue:
                    continue
            elif column.name in IDENTIFYING:
                found |= Q(**{f"{column.attname}__{lookup}": term})
        return found
