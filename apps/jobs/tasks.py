"""Jobs as a task: woken when one is started, and every half minute by beat."""

from celery import shared_task

from apps.events.wake import wake_soon
from apps.jobs import work as worker


@shared_task(name="apps.jobs.tasks.work")
def work() -> None:
    """A slice, and again from the end of the queue: long work must not keep a worker from the outbox."""
    if worker.work_all(limit=1):
        wake_soon("apps.jobs.tasks.work")


@shared_task(name="apps.jobs.tasks.tidy")
def tidy() -> None:
    """Daily."""
    worker.tidy()
