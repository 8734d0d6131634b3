"""The tables of all rooms, for those who treat them alike: files, moving house, the admin. The page that lists them is
backoffice/catalogue.py; a room may not import it, since it knows every room."""

from collections.abc import Mapping
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string
from django.utils.text import capfirst

from apps.core.tables import Table


def tables() -> Mapping[str, Table]:
    """Every table by its path name, those without an endpoint included."""
    found: Mapping[str, Table] = import_string(f"{settings.CATALOGUE}.TABLES")
    return found


def is_history(table: Table) -> bool:
    """Written by what happens, never by hand or from a file."""
    histories: Any = import_string(f"{settings.CATALOGUE}.HISTORIES")
    return table.path in histories


def groups() -> Mapping[str, str]:
    """The group in which people look for a table, by its path, in the reader's language."""
    found: Any = import_string(settings.TABLE_GROUPS)
    return {path: str(title) for title, _icon, paths in found for path in paths}


def named(path: str) -> str:
    """What people call the rows of this table, as a heading has it."""
    return capfirst(str(tables()[path].model._meta.verbose_name_plural))
