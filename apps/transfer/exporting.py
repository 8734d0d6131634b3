"""Lists of the admin as CSV and XLSX: at once where they are short, else by a worker, piece by piece."""

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import QuerySet
from django.http import HttpRequest, QueryDict
from django.utils.module_loading import import_string
from django.utils.translation import get_language, gettext_lazy

from apps.api import reading
from apps.core import catalogue, sheets
from apps.core.actors import Actor
from apps.core.admin.scope import names_of_keys
from apps.core.columns import Column
from apps.core.levels import Level
from apps.core.refusals import Refused
from apps.core.tables import Table
from apps.core.telling import tell
from apps.jobs.actions import PIECE
from apps.jobs.kinds import Kind
from apps.jobs.models import Job, JobFile
from apps.transfer.importing import names_of

AT_ONCE = 5_000
PAGE = 5_000
MOST_XLSX = 100_000
NAMED = 500  # records whose pointers are named by one query each


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
                sheets.write_xlsx(with_heading(table, rows, by), out)
                out.seek(0)
                while piece := out.read(PIECE):
                    JobFile.add(job, name, piece)
            job.done = job.total
            return True
        last = params.get("last")
        page = (rows.filter(pk__gt=last) if last is not None else rows)[:PAGE]
        keys = list(page.values_list("pk", flat=True))
        lines = lines_of(table, table.model._base_manager.filter(pk__in=keys).order_by("pk"), by)
        heading = [] if last is not None else [heading_of(table)]
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


def at_once(table: Table, rows: QuerySet, format: str, *, by: Any) -> bytes:
    if format == sheets.CSV:
        return sheets.csv_piece(with_heading(table, rows, by), language=get_language() or "en", first=True)
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "sheet"
        with path.open("wb") as out:
            sheets.write_xlsx(with_heading(table, rows, by), out)
        return path.read_bytes()


def with_heading(table: Table, rows: QuerySet, by: Any) -> Iterator[list[Any]]:
    yield heading_of(table)
    last = None
    while True:
        keys = list((rows if last is None else rows.filter(pk__gt=last)).values_list("pk", flat=True)[:PAGE])
        yield from lines_of(table, table.model._base_manager.filter(pk__in=keys).order_by("pk"), by)
        if len(keys) < PAGE:
            return
        last = keys[-1]


def heading_of(table: Table) -> list[str]:
    """The contract's names; beside a pointer a column of the names of what it points to."""
    named = {str(column.field.column) for column in pointers(table)}
    return [head for name in table.columns for head in ([name, names_of(name)] if name in named else [name])]


def pointers(table: Table) -> list[Column]:
    """Those whose key says nothing to people: a unit's is its IMEI."""
    columns = [column for column in table.columns.values() if isinstance(column.field, models.ForeignKey)]
    return [column for column in columns if not isinstance(column.value_field, models.CharField) and not column.secret]


def lines_of(table: Table, rows: QuerySet, by: Any) -> Iterator[list[Any]]:
    records = reading.records(table, rows)
    named = {str(column.field.column) for column in pointers(table)}
    for first in range(0, len(records), NAMED):
        some = records[first : first + NAMED]
        names = names_of_keys(table.model, [{name: [record[name] for record in some] for name in named}], by)
        for record in some:
            line: list[Any] = []
            for name, value in record.items():
                line.append(value)
                if name in named:
                    line.append(names.get(name, {}).get(value, ""))
            yield line
