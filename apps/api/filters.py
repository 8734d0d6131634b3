"""Plain `?column=value` filters by django-filter, one filter a column, beside the q language."""

import functools
from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet
from django.http import QueryDict

from apps.core.columns import BadValue, Column
from apps.core.refusals import Invalid
from apps.core.tables import Table

WORDS = {"true": True, "false": False}


class ColumnField(forms.Field):
    """A form field that takes what the column takes, and refuses with the same words."""

    def __init__(self, *args: Any, column: Column, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.column = column

    def to_python(self, value: Any) -> Any:
        if value in self.empty_values:
            return None
        kind = self.column.value_field.get_internal_type()
        if kind == "BooleanField":
            value = WORDS.get(value.lower(), 1 if value == "1" else 0 if value == "0" else value)
        try:
            return self.column.take(value)
        except BadValue as bad:
            raise forms.ValidationError(str(bad)) from None


class ColumnFilter(django_filters.Filter):
    field_class = ColumnField


@functools.lru_cache(maxsize=256)
def filterable(table: Table) -> dict[str, Column]:
    return {
        column.name: column
        for column in table.columns.values()
        if not column.secret and column.value_field.get_internal_type() not in ("JSONField", "BinaryField")
    }


@functools.lru_cache(maxsize=1024)
def _filterset_of(table: Table, names: tuple[str, ...]) -> type[django_filters.FilterSet]:
    """A set with these filters only: each use of a set copies every filter in it, which costs more than the query."""
    columns = filterable(table)
    filters = {name: ColumnFilter(field_name=columns[name].attname, column=columns[name]) for name in names}
    return type(f"{table.model.__name__}Filters", (django_filters.FilterSet,), filters)


def filtered(table: Table, rows: QuerySet, query: QueryDict) -> QuerySet:
    """The rows that match every known column in the query string; a secret column is refused, others are ignored."""
    for column in table.columns.values():
        if column.secret and column.name in query:
            raise Invalid({column.name: "can't be filtered by"})
    names = tuple(name for name in filterable(table) if name in query)
    if empty := [name for name in names if not str(query[name]).strip()]:  # of a script whose variable is empty
        raise Invalid({name: "is empty: give a value, or leave the filter away" for name in empty})
    if not names:
        return rows
    filters = _filterset_of(table, names)(query, queryset=rows)
    if not filters.is_valid():
        raise Invalid({name: str(texts[0]) for name, texts in filters.errors.items()})
    found: QuerySet = filters.qs
    return found
