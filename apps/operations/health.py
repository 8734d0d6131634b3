"""Is it well? For proxies, watchdogs and people: alive (the process serves) and ready (it can work)."""

import functools
from typing import Any

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse

from apps.api import envelope
from apps.api.errors import not_offered
from apps.events.queries import waiting
from apps.operations import schedules


def _probe(view: Any) -> Any:
    @functools.wraps(view)
    def run(request: HttpRequest) -> HttpResponse:
        answer: HttpResponse = view(request) if request.method in ("GET", "HEAD") else not_offered("GET")
        return answer

    run.who, run.methods = "anyone", ("GET",)  # type: ignore[attr-defined]
    return run


@_probe
def live(request: HttpRequest) -> HttpResponse:
    return envelope.answer({"status": "ok"})


@_probe
def ready(request: HttpRequest) -> HttpResponse:
    """200 with what waits in the outbox (`oldest_s`: seconds the longest due one is late), else 503 and the reason."""
    try:
        if not _is_migrated():
            return _unready("migrations are missing: manage.py migrate")
        held, silent = waiting(), schedules.silent_for(SWEEP)
    except DatabaseError:
        return _unready("the database does not answer")
    if silent is not None:
        return _unready(f"the outbox has not been swept for {silent} s: is beat running, and a worker?")
    outbox = {"pending": held["pending"], "failed": held["failed"], "oldest_s": held["late_s"]}
    return envelope.answer({"status": "ok", "outbox": outbox})


def _unready(reason: str) -> HttpResponse:
    return envelope.answer({"status": "unready", "reason": reason}, 503)


SWEEP = "apps.events.tasks.relay"
_migrated = False


def _is_migrated() -> bool:
    """Asked until it is so, and then no more: a process does not become older than its database."""
    global _migrated
    if not _migrated:
        executor = MigrationExecutor(connection)
        _migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    return _migrated
