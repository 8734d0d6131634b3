"""Lists of the admin as CSV and XLSX: at once where they are short, else by a worker, piece by piece."""

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.utils.module_loading import import_string
from django.utils.translation import get_language, gettext_lazy

from apps.api import reading
from apps.core import catalogue, sheets
from apps.core.actors import Actor
from apps.core.levels import Level
from apps.core.refusals import Refused
from apps.core.tables import Table
from apps.core.telling import tell
from apps.jobs.actions import PIECE
from apps.jobs.kinds import Kind
from apps.jobs.models import Job, JobFile

AT_ONCE = 5_000
PAGE = 5_000
MOST_XLSX = 100_000


class Export(Kind):
    """`params`: {table, format, query (the list's address), last (key of the last row written)}."""

    title, icon, level = gettext_lazy("Write rows into a file"), "download", Level.ADMIN

    def told(self, params: Mapping[str, Any]) -> str:
        return f"{catalogue.named(params['table'])}, {params['format'].upper()}"

    def make(self, job: Job, *, by: Actor) -> bool:
        table, params = catalogue.tables()[job.params["table"]], job.params
        rows = listed(table, params["query"], by)
        name = f"{table.path}.{params['format']}"
        if params["format"] == sheets.XLSX:
            if job.total > MOST_XLSX:
                raise Refused(tell("More than %(most)s rows: take CSV instead.", most=MOST_XLSX))
            with tempfile.TemporaryFile(dir=settings.DATA_DIR) as out:
                sheets.write_xlsx(with_heading(table, rows), out)
                out.seek(0)
                while piece := out.read(PIECE):
                    JobFile.add(job, name, piece)
            job.done = job.total
            return True
        last = params.get("last")
        page = (rows.filter(pk__gt=last) if last is not None else rows)[:PAGE]
        keys = list(page.values_list("pk", flat=True))
        lines = lines_of(table, table.model._base_manager.filter(pk__in=keys).order_by("pk"))
        heading = [] if last is not None else [list(table.columns)]
        piece = sheets.csv_piece([*heading, *lines], language=get_language() or "en", first=last is None)
        JobFile.add(job, name, piece)
        job.done = min(job.total, job.done + len(keys))
        if keys:
            job.params = {**params, "last": keys[-1]}
            Job.objects.filter(pk=job.pk).update(params=job.params)
        return len(keys) < PAGE


def listed(table: Table, query: str, by: Any) -> QuerySet:
    """The rows that this address of the admin's list shows to this user, by key."""
    site = import_string(settings.ADMIN_SITE)
    request = HttpRequest()
    request.user, request.GET = by, QueryDict(query)
    found: QuerySet = site._registry[table.model].get_changelist_instance(request).get_queryset(request)
    return found.order_by("pk")


def at_once(table: Table, rows: QuerySet, format: str) -> bytes:
    if format == sheets.CSV:
        return sheets.csv_piece(with_heading(table, rows), language=get_language() or "en", first=True)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sheet"
        with path.open("wb") as out:
            sheets.write_xlsx(with_heading(table, rows), out)
        return path.read_bytes()


def with_heading(table: Table, rows: QuerySet) -> Iterator[list[Any]]:
    yield list(table.columns)
    last = None
    while True:
        keys = list((rows if last is None else rows.filter(pk__gt=last)).values_list("pk", flat=True)[:PAGE])
        yield from lines_of(table, table.model._base_manager.filter(pk__in=keys).order_by("pk"))
        if len(keys) < PAGE:
            return
        last = keys[-1]


def lines_of(table: Table, rows: QuerySet) -> Iterator[list[Any]]:
    for record in reading.records(table, rows):
        yield list(record.values())
