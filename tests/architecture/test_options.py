"""A column of options takes in the database exactly what the code says that it may hold."""

import re

import pytest
from django.apps import apps
from django.db import connection

from apps.core.fields import OptionField

COLUMNS = [
    (model, field) for model in apps.get_models() for field in model._meta.concrete_fields if isinstance(field, OptionField)
]  # fmt: skip


def held(model, field):
    """The texts that stand in the checks of this column."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            cursor.execute("SELECT sql FROM sqlite_master WHERE name = %s", [model._meta.db_table])
            found = re.findall(rf'"{field.column}" IN \(([^)]*)\)', cursor.fetchone()[0])
        else:
            cursor.execute(
                "SELECT pg_get_constraintdef(c.oid) FROM pg_constraint c JOIN pg_attribute a"
                " ON a.attrelid = c.conrelid AND a.attnum = c.conkey[1]"
                " WHERE c.contype = 'c' AND c.conrelid = %s::regclass AND a.attname = %s AND cardinality(c.conkey) = 1",
                [model._meta.db_table, field.column],
            )
            found = [row[0] for row in cursor.fetchall()]
    return {word.replace("''", "'") for text in found for word in re.findall(r"'((?:[^']|'')*)'", text)}


@pytest.mark.django_db
def test_the_database_takes_the_options_of_today():
    wrong = {
        f"{model._meta.label}.{field.name}": (held(model, field), {value for value, _label in field.flatchoices})
        for model, field in COLUMNS
        if held(model, field) != {value for value, _label in field.flatchoices}
    }
    assert COLUMNS
    assert wrong == {}
