"""The relay as a task: woken by emit() after each commit, and every half minute by beat as the sweep."""

from celery import shared_task

from apps.events.relay import relay_all
from apps.events.relay import tidy as forget_old


@shared_task(name="apps.events.tasks.relay")
def relay() -> None:
    relay_all()


@shared_task(name="apps.events.tasks.tidy")
def tidy() -> None:
    """Daily."""
    forget_old()
