"""The page by which somebody on call sees how the system itself is doing (/admin/system/)."""

import shutil
import sys
import tomllib
from typing import Any

import django
from django.conf import settings
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django_celery_beat.models import PeriodicTask

from apps.connectivity import queries as connectivity
from apps.connectivity.models import RtcMessageHistory, SmsHistory
from apps.core.levels import Level
from apps.events.actions import retry_failed
from apps.events.models import Consequence
from apps.events.queries import waiting, waiting_by_handler
from apps.jobs.models import AT_WORK, Job, TaskRun
from apps.operations import schedules

VERSION = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text())["project"]["version"]
FAILED_SHOWN = 50
TABLES_SHOWN = 8


def page(site: Any) -> Any:
    def system(request: HttpRequest) -> HttpResponse:
        user: Any = request.user
        if user.level < Level.SYSTEM or not user.is_global:
            raise PermissionDenied
        if request.method == "POST":
            given = request.POST.get("consequence", "")
            count = retry_failed(key=int(given[:18]) if given.isdecimal() else None, by=user)
            text = ngettext("%(count)d consequence is tried again.", "%(count)d consequences are tried again.", count)
            messages.success(request, text % {"count": count})
            return redirect("admin:system")
        held = waiting() | {"handlers": waiting_by_handler()}
        context = {
            **site.each_context(request), "title": _("System"), "outbox": held, "failed": _failed(),
            "messages_out": [
                (_("Text messages"), connectivity.waiting(SmsHistory)),
                (_("Real-time messages"), connectivity.waiting(RtcMessageHistory)),
            ],
            "tasks": _tasks(), "jobs": Job.objects.filter(state__in=AT_WORK).count(), "versions": versions(),
            "disk": disk(), "tables": _tables(), "warnings": _warnings(),
        }  # fmt: skip
        return render(request, "admin/system.html", context)

    return system


def _failed() -> list[Consequence]:
    rows = Consequence.objects.filter(state=Consequence.State.FAILED).select_related("event")
    return list(rows.order_by("-id")[:FAILED_SHOWN])


def _tasks() -> list[dict[str, Any]]:
    runs = {run.name: run for run in TaskRun.objects.all()}
    tasks = PeriodicTask.objects.exclude(name__startswith="celery.").select_related("interval", "crontab")
    return [
        {"task": task, "what": schedules.what(task), "when": schedules.in_words(task), "run": runs.get(task.name),
         "next": schedules.next_run(task)}
        for task in tasks.order_by("name")
    ]  # fmt: skip


def versions() -> list[tuple[str, str]]:
    return [
        (_("Back office"), VERSION),
        ("Python", sys.version.split()[0]),
        ("Django", django.get_version()),
        (_("Database"), _database()),
        (_("Broker"), settings.CELERY_BROKER_URL.partition(":")[0]),
        (_("Live pages"), "redis" if settings.REDIS_URL else _("in this process")),
    ]


def _database() -> str:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SHOW server_version")
            return f"PostgreSQL {cursor.fetchone()[0]}"
    import sqlite3

    return f"SQLite {sqlite3.sqlite_version}"


def _warnings() -> list[str]:
    """What makes a database slow or larger day by day, where it tells."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SHOW autovacuum")
            if cursor.fetchone()[0] != "on":
                return [_("Autovacuum is off: tables grow and slow down until it is switched on (autovacuum = on).")]
    return []


def disk() -> dict[str, Any]:
    """Bytes of DATA_DIR's disk and of the database."""
    usage = shutil.disk_usage(settings.DATA_DIR)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SELECT pg_database_size(current_database())")
        else:
            cursor.execute("SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()")
        size = int(cursor.fetchone()[0])
    free = usage.free / usage.total
    return {
        "free": _bytes(usage.free), "total": _bytes(usage.total), "used_per_cent": round(100 * (1 - free)),
        "is_short": free < 0.1, "database": _bytes(size), "free_bytes": usage.free, "database_bytes": size,
    }  # fmt: skip


def _tables() -> list[tuple[str, str]]:
    """The largest tables, where the database tells."""
    if connection.vendor != "postgresql":
        return []
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT relname, pg_total_relation_size(oid) FROM pg_class WHERE relkind = 'r' AND relnamespace ="
            " current_schema()::regnamespace ORDER BY 2 DESC LIMIT %s",
            [TABLES_SHOWN],
        )
        return [(name, _bytes(size)) for name, size in cursor.fetchall()]


def _bytes(size: float) -> str:
    for unit in ("B", "kB", "MB", "GB"):
        if size < 1000:
            return f"{number_format(size, 0 if unit == 'B' else 1)} {unit}"
        size /= 1000
    return f"{number_format(size, 1)} TB"
