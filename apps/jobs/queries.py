"""Reading jobs."""

from collections.abc import Iterator
from typing import Any

from django.db.models import Count

from apps.core.actors import Actor
from apps.core.refusals import NotFound
from apps.jobs.models import Job, JobItem, Outcome


def fetch_job(key: int, *, by: Actor, lock: bool = False) -> Job:
    rows: Any = Job.objects.visible_to(by)
    job: Job | None = (rows.select_for_update(of=("self",), no_key=True) if lock else rows).filter(pk=key).first()
    if job is None:
        raise NotFound()
    return job


def counts(job: Job, column: str) -> dict[str, int]:
    """{outcome: how many items} of `trial` or `outcome`."""
    found = dict(job.items.order_by().values_list(column).annotate(Count("pk")))
    return {outcome.value or "open": found.get(outcome.value, 0) for outcome in Outcome}


def report(job: Job) -> Iterator[JobItem]:
    return job.items.order_by("number").iterator(chunk_size=2000)
