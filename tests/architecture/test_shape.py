"""The shape of the house: what no single test of behaviour would notice when it slips."""

import ast
import inspect
import pkgutil
from importlib import import_module
from pathlib import Path

import pytest
from django.apps import apps
from django.conf import settings
from django.db import models

from apps.core.models import Row
from backoffice.catalogue import CATALOGUE
from backoffice.subscriptions import SUBSCRIPTIONS

ROOMS = [name for name in settings.INSTALLED_APPS if name.startswith("apps.")]
BASE = Path(settings.BASE_DIR)


def room_of(model):
    return f"apps.{model._meta.app_label}"


def our_models():
    return [model for model in apps.get_models() if room_of(model) in ROOMS]


@pytest.mark.parametrize("model", our_models(), ids=lambda model: model.__name__)
def test_keys_point_up_the_list_of_rooms_or_stay_in_the_room(model):
    for field in model._meta.concrete_fields:
        if isinstance(field, models.ForeignKey):
            assert ROOMS.index(room_of(field.related_model)) <= ROOMS.index(room_of(model)), field


@pytest.mark.parametrize("model", [m for m in our_models() if issubclass(m, Row)], ids=lambda model: model.__name__)
def test_every_row_declares_its_scope(model):
    assert model.SCOPE is not None


def test_every_table_of_a_room_is_in_the_catalogue():
    declared = [
        table for room in ROOMS if (BASE / room.replace(".", "/") / "tables.py").exists()
        for table in getattr(import_module(f"{room}.tables"), "TABLES", [])
    ]  # fmt: skip
    assert {table.path for table in declared} == {table.path for table in CATALOGUE}


def functions_of(module):
    return [
        function for _, function in inspect.getmembers(module, inspect.isfunction)
        if function.__module__ == module.__name__ and not function.__name__.startswith("_")
    ]  # fmt: skip


def action_modules():
    for room in ROOMS:
        if room in ("apps.core", "apps.events"):
            continue
        try:
            module = import_module(f"{room}.actions")
        except ModuleNotFoundError:
            continue
        yield module
        for found in pkgutil.iter_modules(getattr(module, "__path__", [])):
            yield import_module(f"{module.__name__}.{found.name}")


def test_every_action_takes_by_as_a_keyword_and_knows_its_level():
    found = [function for module in action_modules() for function in functions_of(module)]
    assert len(found) > 15
    for function in found:
        by = inspect.signature(function).parameters["by"]
        assert by.kind is inspect.Parameter.KEYWORD_ONLY, function
        if function.__name__ != "announce":
            assert hasattr(function, "level"), function


def imports_of(path):
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


NETWORK = ("httpx", "requests", "aiohttp", "urllib.request", "http.client", "socket", "smtplib", "kombu")
# The simulated units are the other end of the wire, connectivity/wire what its tasks speak through; wake.py gives the broker a hint after the commit.
MAY_TALK = ("apps/gateway/simulator/", "apps/gateway/management/", "apps/connectivity/wire/")


def test_only_tasks_touch_the_network():
    for path in sorted((BASE / "apps").rglob("*.py")):
        where = str(path.relative_to(BASE))
        if path.name == "tasks.py" or "/tests/" in where or where.startswith(MAY_TALK):
            continue
        for name in imports_of(path):
            assert not name.startswith(NETWORK), f"{where} imports {name}"


def test_no_signals_carry_rules():
    """But for one: the triggers of core.changes follow the columns after each migrate."""
    for path in (BASE / "apps").rglob("*.py"):
        if path == BASE / "apps" / "core" / "apps.py":
            continue
        assert not any(name.startswith("django.db.models.signals") for name in imports_of(path)), path


def test_every_consequence_exists_and_every_event_name_is_used():
    from django.utils.module_loading import import_string

    for handlers in SUBSCRIPTIONS.values():
        for handler in handlers:
            assert callable(import_string(handler))
    source = "".join(path.read_text() for path in (BASE / "apps").rglob("*.py") if "/tests/" not in str(path))
    for name in SUBSCRIPTIONS:
        room, _, word = name.partition(".")
        assert f'"{name}"' in source or (
            f"{room}.{{switch.word}}_" in source and word.split("_")[0] in ("power", "tamper")
        )


def test_files_stay_readable():
    for root in ("apps", "backoffice"):
        for path in (BASE / root).rglob("*.py"):
            if "migrations" not in path.parts:
                assert len(path.read_text().splitlines()) <= 400, path


def test_pages_fetch_from_no_other_host():
    for path in [*(BASE / "templates").rglob("*.html"), *(BASE / "static").rglob("*.*s")]:
        text = path.read_text()
        for start in ('src="http', 'href="http', "url(http", 'from "http', "//cdn"):
            assert start not in text, path
