"""What time does to repairs."""

import logging

from celery import shared_task
from django.utils import timezone

from apps.core.actors import SYSTEM
from apps.core.refusals import Refused
from apps.repairs.models import RepairWait
from apps.workflows import actions

log = logging.getLogger(__name__)

AT_ONCE = 500


@shared_task(name="apps.workflows.tasks.resume")
def resume() -> None:
    """Go on with repairs that waited until now; each minute."""
    due = RepairWait.objects.filter(ended=None, until__lte=timezone.now()).select_related("repair").order_by("until")
    for wait in due[:AT_ONCE]:
        try:
            actions.resume_due(wait.repair, by=SYSTEM)
        except Refused as refused:  # the unit is gone or out of reach: the others go on
            log.warning("repair %s is not resumed: %s", wait.repair_id, refused)
