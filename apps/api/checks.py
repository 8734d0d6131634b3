"""Start-up checks of every declaration: tables, endpoints and pages."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from django.core.checks import CheckMessage, Error, register

from apps.api.routes import every_route
from apps.core.models import Row
from apps.core.tables import Table


@register
def routes_declare_who_may_call_them(**kwargs: Any) -> list[CheckMessage]:
    return [
        Error("does not declare who may call it", obj=f"{route.method} {route.path}", id="api.E001",
              hint="@endpoint(...), Table(...) or @page(...)")
        for route in every_route()
        if route.who == "?"
    ]  # fmt: skip


@register
def tables_are_sound(**kwargs: Any) -> list[CheckMessage]:
    tables = list({route.table for route in every_route() if route.table})
    problems: list[CheckMessage] = []
    for path, count in Counter(table.path for table in tables).items():
        if count > 1:
            problems.append(Error("is declared more than once", obj=f"Table {path}", id="api.E002"))
    for table in tables:
        problems += [Error(text, obj=f"Table {table.path}", id="api.E003") for text in _faults(table)]
    return problems


def _faults(table: Table) -> Iterator[str]:
    if not issubclass(table.model, Row):
        yield "needs a model that is a Row"
        return
    for role, names in (("owned", table.owned), ("fixed", table.fixed), ("on_edit", tuple(table.on_edit))):
        for name in names:
            if name not in table.columns:
                yield f"{role} names an unknown column {name!r}"
    if table.read is None:
        yield "can't be read by anybody"
    if any(character in table.path for character in "/<> "):
        yield "has a path of more than one word"
