"""Columns with a fixed set of values."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from django.db import migrations, models


def options(*words: str) -> list[tuple[str, str]]:
    """The choices of a column whose values are their own names (`options` in contract/tables.json)."""
    return [(word, word) for word in words]


class OptionField(models.CharField):
    """A text out of a few; the database refuses any other, whoever writes.

    `said`: what people call the values, {value: words}, for pages only (core.naming).
    """

    said: Mapping[str, Any] = MappingProxyType({})
    # Unlike with Django's own fields the options are the database's too: a migration that adds one alters the column,
    # by AlterOptions, for Django itself only knows the checks of its own kinds of columns.
    non_db_attrs = tuple(name for name in models.CharField.non_db_attrs if name != "choices")

    @property
    def flatchoices(self) -> list[tuple[Any, Any]]:
        return [(value, self.said.get(value, label)) for value, label in super().flatchoices]

    def get_choices(self, *args: Any, **kwargs: Any) -> Any:
        """For forms: Django takes them from `choices`, which migrations compare, so they can't be the words."""
        return [(value, self.said.get(value, label)) for value, label in super().get_choices(*args, **kwargs)]

    def db_check(self, connection: Any) -> str | None:
        words = ", ".join("'" + str(word).replace("'", "''") + "'" for word, _ in self.flatchoices)
        return f"{connection.ops.quote_name(self.column)} IN ({words})"


class AlterOptions(migrations.AlterField):
    """For migrations, in place of the AlterField that makemigrations writes: an OptionField gets other options."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        super().database_forwards(app_label, schema_editor, from_state, to_state)  # SQLite makes the table anew
        if schema_editor.connection.vendor == "sqlite":
            return
        model = to_state.apps.get_model(app_label, self.model_name)
        field = model._meta.get_field(self.name)
        table, quote = model._meta.db_table, schema_editor.quote_name
        for name in schema_editor._constraint_names(model, [field.column], check=True):
            schema_editor.execute(f"ALTER TABLE {quote(table)} DROP CONSTRAINT {quote(name)}")
        check = field.db_check(schema_editor.connection)
        name = f"{table}_{field.column}_check"
        schema_editor.execute(f"ALTER TABLE {quote(table)} ADD CONSTRAINT {quote(name)} CHECK ({check})")

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        self.database_forwards(app_label, schema_editor, from_state, to_state)
