"""What time brings about."""

from celery import shared_task
from django.utils import timezone

from apps.core.actors import SYSTEM
from apps.dcm import actions, watching
from apps.dcm.actions.waking import PATIENCE


@shared_task(name="apps.dcm.tasks.wake_units")
def wake_units() -> int:
    """Wake the units that have not taken their credit over for a day; each hour. A transaction a unit, so that none
    waits for the others. Returns how many messages were queued."""
    late = watching.units_waiting(timezone.now() - PATIENCE)
    return sum(bool(actions.wake_for_credit(imei=imei, by=SYSTEM)) for imei in late)
