"""The forms of the admin: what a table's rules say of a row, said at its fields."""

import datetime as dt
from typing import Any, ClassVar, cast

from django import forms
from django.db import models, transaction
from django.forms.fields import InvalidJSONInput, JSONString

from apps.core import jsons
from apps.core.actors import Actor
from apps.core.admin.meanwhile import MeanwhileForm
from apps.core.admin.scope import keep_held
from apps.core.columns import Column
from apps.core.refusal_words import said, translated
from apps.core.refusals import Invalid, Refused


class JsonBox(forms.JSONField):
    """Nothing is an empty box, not the word null; what is typed keeps the bounds of core.jsons."""

    def to_python(self, value: Any) -> Any:
        if self.disabled or value in self.empty_values or not isinstance(value, str):
            return super().to_python(value)
        try:
            found = jsons.loads(value)
        except jsons.Unbounded as error:
            raise forms.ValidationError(translated(str(error))) from None
        except ValueError:
            raise forms.ValidationError(
                self.error_messages["invalid"], code="invalid", params={"value": value}
            ) from None
        return JSONString(found) if isinstance(found, str) else found

    def bound_data(self, data: Any, initial: Any) -> Any:
        """What was typed, shown again as it was where it can't be taken."""
        if self.disabled or not isinstance(data, str):
            return super().bound_data(data, initial)
        try:
            return jsons.loads(data)
        except ValueError:
            return InvalidJSONInput(data)

    def prepare_value(self, value: Any) -> Any:
        return None if value is None else super().prepare_value(value)


class RowForm(MeanwhileForm):
    """Tries the write by the rules of the table, and takes it back, so that a refusal stands at its field."""

    row_admin: ClassVar[Any]
    by: ClassVar[Actor]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not self.instance._state.adding and not self.by.is_global:
            for pointer in self.instance._meta.concrete_fields:
                field = self.fields.get(pointer.name)
                if isinstance(pointer, models.ForeignKey) and isinstance(field, forms.ModelChoiceField):
                    keep_held(field, pointer, getattr(self.instance, pointer.attname))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if self.errors:
            return cleaned
        try:
            with transaction.atomic():
                self.row_admin.write(self, self.by)
                transaction.set_rollback(True)
        except Invalid as refused:
            fields = {column.name: column.field.name for column in self.row_admin.table.columns.values()}
            for name, text in refused.errors.items():
                field = fields.get(name, name)
                self.add_error(field if field in self.fields else None, translated(text))
        except Refused as refused:
            self.add_error(None, said(refused))
        return cleaned


def as_sent(column: Column, value: Any) -> Any:
    """A form's value as a client of the API would send it."""
    if isinstance(value, models.Model):
        return getattr(value, cast(models.ForeignKey, column.field).target_field.attname)
    if isinstance(value, dt.datetime | dt.date):
        return value.isoformat()
    return None if value == "" and column.field.null else value
