from celery import shared_task

from apps.core import changes


@shared_task(name="apps.api.tasks.tidy")
def tidy() -> None:
    """Forget changes that no kept count can be older than; each quarter of an hour."""
    changes.tidy()
