"""Every route of the system with method, level and handler: for `manage.py routes`, checks and tests."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

from apps.api.endpoint import Endpoint
from apps.core.tables import Table


@dataclass(frozen=True)
class Route:
    path: str
    method: str
    who: str
    handler: str
    table: Table | None = None
    endpoint: Endpoint | None = None

    def __str__(self) -> str:
        return f"{self.method:7}{self.path:58}{self.who:12}{self.handler}"


def every_route() -> list[Route]:
    found = [route for path, callback in _walk(get_resolver().url_patterns, "/") for route in _of(path, callback)]
    return sorted(found, key=lambda route: (route.path, route.method))


def _walk(patterns: list[Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for pattern in patterns:
        path = prefix + str(pattern.pattern).lstrip("^")
        if path.rstrip("/") == "/admin":
            continue  # Django's own routes, table by table; tests/contract/test_admin.py walks them
        if isinstance(pattern, URLResolver):
            yield from _walk(pattern.url_patterns, path)
        elif isinstance(pattern, URLPattern):
            yield path, pattern.callback


def _of(path: str, callback: Any) -> Iterator[Route]:
    if hasattr(callback, "endpoints"):
        for method, one in callback.endpoints.items():
            handler = f"{one.handler.__module__}.{one.handler.__qualname__}"
            yield Route(path, method, one.who, handler, endpoint=one)
    elif hasattr(callback, "table"):
        table: Table = callback.table
        for verb, name in callback.actions.items():
            level = table.level_of(verb.upper())
            if level is not None:
                handler = f"{table.model.__module__}.{table.model.__qualname__} ({name})"
                yield Route(path, verb.upper(), level.value, handler, table=table)
    else:
        who = getattr(callback, "who", "?")
        for method in getattr(callback, "methods", ("?",)):
            yield Route(path, method, who, f"{callback.__module__}.{callback.__qualname__}")
