"""What is worked out beside the units' way."""

from celery import shared_task

from apps.connectivity import sweeping


@shared_task(name="apps.connectivity.tasks.locate")
def locate() -> None:
    """Give connections without GPS a place by their cells; each minute. sweeping.sweep says how."""
    sweeping.sweep()
