"""What pages of the admin may show and offer of other rows: no more than their reader sees.

Whatever fills a form's box, a filter or a pointer's cell passes here, for Django's widgets and the theme's alike;
tests/contract/test_scope_canaries.py looks for one that doesn't.
"""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NoReturn

from django.contrib.admin.filters import FieldListFilter, RelatedFieldListFilter
from django.contrib.admin.widgets import AutocompleteSelect
from django.db import models
from django.db.models import Q, QuerySet
from django.forms import ModelChoiceField
from django.http import HttpRequest
from django.urls import NoReverseMatch

from apps.core.admin.cells import picked_as
from apps.core.columns import BadValue, columns_of
from apps.core.models import Row

MOST_CHOICES = 500  # of a filter


class Unseen:
    """Stands for a row that the reader doesn't see: its key, which the row that points to it holds anyway."""

    def __init__(self, key: Any) -> None:
        self.key = key

    def __str__(self) -> str:
        return str(self.key)

    @property
    def pk(self) -> NoReturn:
        raise NoReverseMatch  # it has no page to link to


def is_row(model: Any) -> bool:
    return isinstance(model, type) and issubclass(model, Row)


def hide_strangers(rows: Iterable[Any], user: Any) -> None:
    """Whatever these rows point to out of the user's sight becomes Unseen; a query for each kind of pointer."""
    rows = list(rows)
    if not rows or user.is_global:
        return
    for field in type(rows[0])._meta.concrete_fields:
        if not isinstance(field, models.ForeignKey) or not is_row(field.related_model):
            continue
        keys = {key for row in rows if (key := getattr(row, field.attname)) is not None}
        strange = keys - seen_keys(field, keys, user) if keys else keys
        for row in rows:
            if getattr(row, field.attname) in strange:
                field.set_cached_value(row, Unseen(getattr(row, field.attname)))  # type: ignore[arg-type]


def seen_keys(field: models.ForeignKey, keys: Iterable[Any], user: Any) -> set[Any]:
    """Those of the keys that this pointer may hold whose rows the user sees."""
    target = field.target_field.attname
    related: Any = field.related_model
    rows = related.objects
    return set(rows.visible_to(user).filter(**{f"{target}__in": list(keys)}).values_list(target, flat=True))


def names_of_keys(
    model: type[Row], changes: Iterable[Mapping[str, Sequence[Any]]], user: Any
) -> dict[str, dict[Any, str]]:
    """{column: {key: what people know that row by}} of what pointers held before and after; a query for each."""
    changes, found = list(changes), {}
    for field in model._meta.concrete_fields:
        if not isinstance(field, models.ForeignKey) or not is_row(field.related_model):
            continue
        keys = {key for one in changes for key in one.get(str(field.column), ()) if key is not None}
        if keys:
            related: Any = field.related_model
            rows = related.objects.visible_to(user).filter(**{f"{field.target_field.attname}__in": keys})
            found[str(field.column)] = {getattr(row, field.target_field.attname): picked_as(row) for row in rows}
    return found


class PointerBox(AutocompleteSelect):
    """The box of a pointer. What is no key of such a row, typed into an address or sent by hand, is not there."""

    def optgroups(self, name: str, value: Sequence[Any], attr: Any = None) -> Any:
        return super().optgroups(name, [key for key in value if key == "" or could_be_key(self.field, key)], attr)


def could_be_key(field: models.ForeignKey, key: Any) -> bool:
    column = columns_of(field.related_model).get(str(field.target_field.column))
    try:
        return column is None or column.take(key) is not None
    except BadValue:
        return False


def keep_held(field: ModelChoiceField, pointer: models.ForeignKey, key: Any) -> None:
    """A pointer to what the reader doesn't see stays as it is while nobody chooses another; its name is not told."""
    target = pointer.target_field.attname
    seen: Any = field.queryset
    if key is None or seen.filter(**{target: key}).exists():
        return
    rows: Any = pointer.related_model
    field.queryset = rows.objects.filter(Q(**{target: key}) | Q(pk__in=seen.order_by().values("pk")))
    field.label_from_instance = lambda row: str(key) if getattr(row, target) == key else picked_as(row)  # type: ignore


class RelatedInScope(RelatedFieldListFilter):
    """Registered below for every pointer, so that a filter declared by a name is one of these."""

    def field_choices(self, field: Any, request: HttpRequest, model_admin: Any) -> Any:
        target = field.target_field.attname
        rows = field.related_model.objects.visible_to(request.user)
        rows = rows.order_by(*(self.field_admin_ordering(field, request, model_admin) or ["pk"]))
        return [(getattr(row, target), str(row)) for row in rows[:MOST_CHOICES]]


FieldListFilter.register(lambda field: is_row(field.related_model), RelatedInScope, take_priority=True)


class InScope:
    """The half of every ModelAdmin that gives a box its rows."""

    def get_field_queryset(self, db: Any, db_field: Any, request: HttpRequest) -> QuerySet | None:
        ordered: QuerySet | None = super().get_field_queryset(db, db_field, request)  # type: ignore[misc]
        if not is_row(db_field.related_model):
            return ordered
        rows: QuerySet = db_field.related_model.objects.visible_to(request.user)
        return rows if ordered is None else rows.order_by(*ordered.query.order_by)
