"""The reference data of the migrations once more, for tests that begin with an emptied database."""

from importlib import import_module
from types import SimpleNamespace

from django.apps import apps
from django.db import connection

MIGRATIONS = ("accounts", "products", "parts", "connectivity", "webhooks")


def fill() -> None:
    def execute(statement: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement)

    editor = SimpleNamespace(connection=connection, execute=execute)
    for room in MIGRATIONS:
        import_module(f"apps.{room}.migrations.0002_reference").fill(apps, editor)
