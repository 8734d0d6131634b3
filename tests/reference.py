"""The reference data of the migrations once more, for tests that begin with an emptied database."""

from importlib import import_module
from types import SimpleNamespace

from django.apps import apps
from django.db import connection

MIGRATIONS = (
    ("accounts", "0002_reference"), ("products", "0002_reference"), ("products", "0004_wake_up_software"), ("products", "0008_software_versions"), ("products", "0015_bp20"),
    ("parts", "0002_reference"), ("parts", "0004_boards"), ("connectivity", "0002_reference"), ("connectivity", "0003_networks"),
    ("webhooks", "0002_reference"), ("repairs", "0006_reference"), ("alerts", "0004_reference"),
)  # fmt: skip


def fill() -> None:
    def execute(statement: str) -> None:
        with connection.cursor() as cursor:
            cursor.execute(statement)

    editor = SimpleNamespace(connection=connection, execute=execute)
    for room, name in MIGRATIONS:
        import_module(f"apps.{room}.migrations.{name}").fill(apps, editor)
