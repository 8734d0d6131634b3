"""The relay as a task: woken by emit() after each commit, and every half minute by beat as the sweep."""

from celery import shared_task

from apps.events.relay import due, relay_all
from apps.events.relay import tidy as forget_old
from apps.events.wake import relay_soon

SLICE = 20.0  # seconds


@shared_task(name="apps.events.tasks.relay")
def relay() -> None:
    """A slice, and again from the end of the queue: a run is noted when it ends, and readiness looks at that."""
    relay_all(seconds=SLICE)
    if due():
        relay_soon()


@shared_task(name="apps.events.tasks.tidy")
def tidy() -> None:
    """Daily."""
    forget_old()
