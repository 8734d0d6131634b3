"""A table in the admin: the same rows, levels, scope and rules as at /v1, by the same functions (core.rows).

Only declarations stand in the rooms: `class ProductAdmin(RowAdmin)` with columns, filters and buttons. A table without
one gets what its columns suggest.
"""

import contextlib
from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from django.contrib import messages
from django.contrib.admin import ShowFacets
from django.contrib.admin.utils import quote, unquote
from django.core.paginator import Paginator
from django.db import IntegrityError, models
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from apps.core import counting, history
from apps.core.actors import Actor, called
from apps.core.admin.cells import counted, holder, in_words, is_said, list_of, picked_as, plain
from apps.core.admin.forms import JsonBox, RowForm, as_sent
from apps.core.admin.lists import RowList
from apps.core.admin.scope import PointerBox, hide_strangers, names_of_keys
from apps.core.columns import MASK, BadValue
from apps.core.deleting import deletion_of
from apps.core.levels import Level
from apps.core.models import Row
from apps.core.refusal_words import said
from apps.core.refusals import Conflict, Forbidden, Refused
from apps.core.rows import create_row, delete_row, may_write, update_row
from apps.core.tables import Table


class KeptCount(Paginator):
    """Counts as lists of the API do: exact, and kept until a row changes."""

    @cached_property
    def count(self) -> int:
        rows: Any = self.object_list
        return counting.count(rows) if isinstance(rows, QuerySet) else len(rows)


class RowAdmin(RowList):
    """The admin of one Table."""

    table: ClassVar[Table]
    for_model: ClassVar[type[Row]]  # of declared ones
    list_per_page = 50
    show_full_result_count = False
    show_facets = ShowFacets.NEVER
    paginator = KeptCount
    form = RowForm
    save_on_top = False
    list_filter_submit = True
    warn_unsaved_form = True
    search_fields: Sequence[str] = ("pk",)  # what is searched says get_search_results
    read_only: ClassVar[bool] = False  # of histories: written by what happens, not by hand
    on_list: ClassVar[Sequence[str]] = ()  # buttons above the list, beside those of every table
    # A long form in parts: (heading, names of columns); the columns that no part names stand at its end.
    parts: ClassVar[Sequence[tuple[Any, Sequence[str]]]] = ()
    beside: ClassVar[Sequence[type[Row]]] = ()  # histories that actions keep of such a row; each points to it

    # Who may do what: ADMIN and above, and what the table says.

    def has_module_permission(self, request: HttpRequest) -> bool:
        return self.has_view_permission(request)

    def has_view_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return _level(request) is not None

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, self.table.create)

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, self.table.edit)

    def has_delete_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        return self._may(request, self.table.delete)

    def _may(self, request: HttpRequest, needed: Level | None) -> bool:
        level = _level(request)
        if self.read_only or level is None or needed is None:
            return False
        return level >= needed and may_write(self.table, request.user)

    def get_actions(self, request: HttpRequest) -> dict[str, Any]:
        actions: dict[str, Any] = super().get_actions(request)
        actions.pop("delete_selected", None)  # one row at a time, by the table's own way of deleting
        return actions

    # One row

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Any:
        row = super().get_object(request, object_id, from_field)
        if row is not None:
            hide_strangers([row], request.user)
        return row

    def get_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        adding = obj is None
        columns = [column for column in self.table.columns.values() if not (adding and column.is_system_set)]
        names = [f"masked_{c.name}" if c.secret else c.field.name for c in columns if not (adding and c.secret)]
        fixed = self.get_readonly_fields(request, obj) if adding or self.has_change_permission(request, obj) else names
        return [f"said_{name}" if name in fixed and name in self._said() else name for name in names]

    def _said(self) -> dict[str, Any]:
        """The columns that are read in other words than they are stored."""
        fields = [column.field for column in self.table.columns.values()]
        return {field.name: field for field in fields if is_said(field)}

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> list[tuple[Any, Any]]:
        fields = self.get_fields(request, obj)
        named = [(heading, [name for name in names if name in fields]) for heading, names in self.parts]
        rest = [name for name in fields if not any(name in names for _heading, names in named)]
        last = (_("Record") if named else None, rest)
        return [(heading, {"fields": names}) for heading, names in [*named, last] if names]

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> list[str]:
        fixed = [] if obj is None else [*self.table.fixed, self.table.key.name]
        if obj is not None and self.table.owned_of:
            fixed += self.table.owned_of(obj)
        names = [
            column.field.name
            for column in self.table.columns.values()
            if column.is_system_set or column.name in self.table.owned or column.name in fixed
        ]
        return [
            *names,
            *(f"masked_{name}" for name in self.table.model.SECRET),
            *(f"said_{name}" for name in self._said()),
        ]

    def __getattr__(self, name: str) -> Any:
        """`masked_<column>` stands for a secret column, `said_<column>` for one in people's words."""
        if name.startswith("said_") and name.removeprefix("said_") in self._said():
            return plain(self._said()[name.removeprefix("said_")])
        if not name.startswith("masked_") or name.removeprefix("masked_") not in self.table.model.SECRET:
            raise AttributeError(name)
        column = self.table.columns[name.removeprefix("masked_")]

        def masked(row: Row) -> str | None:
            return None if getattr(row, column.attname) is None else MASK

        masked.short_description = column.field.verbose_name  # type: ignore[attr-defined]
        return masked

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.null and not isinstance(db_field, models.BooleanField):
            kwargs["required"] = False
        if isinstance(db_field, models.JSONField):
            kwargs["form_class"] = JsonBox
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    def formfield_for_foreignkey(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        if db_field.name in self.get_autocomplete_fields(request):
            kwargs.setdefault("widget", PointerBox(db_field, self.admin_site, using=kwargs.get("using")))
        field = super().formfield_for_foreignkey(db_field, request, **kwargs)
        if field is not None:
            field.label_from_instance = picked_as
        return field

    def formfield_for_choice_field(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """With an empty choice first: the theme leaves it out, and browsers then send the first option for nothing."""
        kwargs.setdefault("choices", db_field.get_choices(include_blank=True, blank_choice=[("", "–")]))
        return super().formfield_for_choice_field(db_field, request, **kwargs)

    def get_autocomplete_fields(self, request: HttpRequest) -> list[str]:
        """Every pointer is looked for by typing: no list of a million options."""
        keys = [c.field for c in self.table.columns.values() if isinstance(c.field, models.ForeignKey)]
        return [field.name for field in keys if field.related_model in self.admin_site._registry]

    def get_changeform_initial_data(self, request: HttpRequest) -> dict[str, Any]:
        """What an address fills in, as far as its columns take it."""
        fields = {column.field.name: column for column in self.table.columns.values()}
        found = {}
        for name, text in super().get_changeform_initial_data(request).items():
            with contextlib.suppress(BadValue, KeyError):
                column = fields[name]
                boolean = isinstance(column.field, models.BooleanField)
                found[name] = text in ("1", "true", "True", "on") if boolean else column.take(text)
        return found

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        form: Any = super().get_form(request, obj, change, **kwargs)
        return type(form.__name__, (form,), {"row_admin": self, "by": request.user})

    def write(self, form: Any, by: Actor) -> Row:
        """The form's values through the rules of the table: what changed, or all of a new row."""
        adding = form.instance._state.adding
        names = list(form.cleaned_data) if adding else form.changed_data
        columns = {column.field.name: column for column in self.table.columns.values()}
        values = {
            columns[name].name: as_sent(columns[name], form.cleaned_data.get(name)) for name in names if name in columns
        }
        if not adding:
            row: Row = update_row(self.table, getattr(form.instance, self.table.key.attname), values, by=by)
            return row
        given = {name: value for name, value in values.items() if value is not None}
        made: Row = create_row(self.table, given, by=by)
        return made

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        row = self.write(form, _actor(request))
        obj.__dict__.update({name: value for name, value in row.__dict__.items() if name != "_state"})
        obj._state.adding = False

    def construct_change_message(self, request: HttpRequest, form: Any, formsets: Any, add: bool = False) -> Any:
        """What changed, from what to what, for the history of the row."""
        if add:
            return super().construct_change_message(request, form, formsets, add)
        changes = (
            f"{name}: {form.initial.get(name)!s:.80} → {form.cleaned_data.get(name)!s:.80}"
            for name in form.changed_data
        )
        return "; ".join(changes) or "–"

    def delete_model(self, request: HttpRequest, obj: Any) -> None:
        delete_row(self.table, getattr(obj, self.table.key.attname), by=_actor(request))

    def get_deleted_objects(
        self, objs: Any, request: HttpRequest
    ) -> tuple[list[Any], dict[Any, Any], set[str], list[Any]]:
        """Said before it is asked: what goes along, and what holds the row, so that asking is in vain."""
        told = deletion_of(objs[0])
        going = {capfirst(group.model._meta.verbose_name_plural): counted(group) for group in told.along}
        emptied = {capfirst(group.model._meta.verbose_name_plural): counted(group) for group in told.emptied}
        holders = [holder(self.admin_site, group, objs[0]) for group in told.holders]
        return [emptied], going, set(), holders

    def changeform_view(self, request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
        return self._or_say_why(request, super().changeform_view, *args, **kwargs)

    def delete_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        return self._or_say_why(request, super().delete_view, object_id, extra_context)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        """Who changed this row through whichever door, when, from what to what; for whoever may see the row."""
        obj = self.get_object(request, unquote(object_id))
        if obj is None:
            return self._get_obj_does_not_exist_redirect(request, self.opts, object_id)
        page = Paginator(history.images(self.model, [obj.pk]), self.list_per_page).get_page(request.GET.get("p"))
        names = names_of_keys(self.model, (image.history_change_reason or {} for image in page), request.user)
        context = {
            **self.admin_site.each_context(request), "title": _("History"), "opts": self.opts, "object": obj,
            "changes": [self._told(image, names) for image in page], "page": page, "beside": self._beside(obj),
            "made": (obj.created_at, called(obj.created_by)),
            "back": reverse(self._named("change"), args=[quote(obj.pk)]),
        }  # fmt: skip
        return render(request, "admin/row_history.html", context)

    def _beside(self, obj: Row) -> list[tuple[Any, str]]:
        """(what it is called, where it stands) of the lists that hold what happened to this row."""
        lists = []
        for model in self.beside:
            fields = (field for field in model._meta.concrete_fields if isinstance(field, models.ForeignKey))
            pointer = next((field for field in fields if field.related_model is self.model), None)
            lists.append((capfirst(model._meta.verbose_name_plural), list_of(self.admin_site, model, pointer, obj)))
        return lists

    def render_change_form(self, request: HttpRequest, context: Any, *args: Any, **kwargs: Any) -> Any:
        if (obj := context.get("original")) is not None:
            context["beside"] = self._beside(obj)
        return super().render_change_form(request, context, *args, **kwargs)

    def _told(self, image: Any, names: dict[str, dict[Any, str]]) -> dict[str, Any]:
        fields = {field.column: field for field in self.model._meta.concrete_fields}
        said = {name: names.get(name) or dict(field.flatchoices) for name, field in fields.items()}
        labels = {name: field.verbose_name for name, field in fields.items()}
        changed = [
            (
                name,
                [self._value(fields.get(name), said.get(name, {}), value) for value in values],
            )
            for name, values in (image.history_change_reason or {}).items()
        ]
        return {
            "at": image.history_date, "by": called(image.history_user_id), "kind": image.get_history_type_display(),
            "columns": [(labels.get(name, name), *values) for name, values in changed],
        }  # fmt: skip

    def _value(self, field: Any, said: dict[Any, Any], value: Any) -> Any:
        if isinstance(value, str | int) and value in said:
            return said[value]
        return value if field is None else in_words(field, value)

    def _named(self, page: str) -> str:
        return f"{self.admin_site.name}:{self.opts.app_label}_{self.opts.model_name}_{page}"

    def label_of_column(self, name: str) -> Any:
        column = self.table.columns.get(name)
        return column.field.verbose_name if column else name

    def _or_say_why(self, request: HttpRequest, view: Any, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            answer: HttpResponse = view(request, *args, **kwargs)
            return answer
        except (Refused, IntegrityError) as error:
            refused = error if isinstance(error, Refused) else Conflict()
            messages.error(request, said(refused, fields=self.label_of_column))
            return HttpResponseRedirect(request.path.replace("/delete/", "/change/"))


def _level(request: HttpRequest) -> Level | None:
    """The user's level where it opens the admin."""
    user: Any = request.user
    return user.level if user.is_authenticated and user.is_staff else None


def _actor(request: HttpRequest) -> Actor:
    if _level(request) is None:
        raise Forbidden("The admin is for ADMIN and above")
    return request.user  # type: ignore[return-value]


def registered(admins: Iterable[type[RowAdmin]]) -> dict[type[Row], type[RowAdmin]]:
    """The declared admins by model."""
    return {admin.for_model: admin for admin in admins}
