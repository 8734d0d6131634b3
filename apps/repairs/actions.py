"""What happens in repairs."""

from apps.accounts.models import UserRepairCentreLink
from apps.core.actions import action
from apps.core.actors import Actor
from apps.core.levels import Level
from apps.repairs.models import Repair


@action(level=Level.TECHNICAL)
def repair_written(repair: Repair, *, by: Actor) -> None:
    """A repair belongs to the repair centre of the user who opened it."""
    if repair.repair_centre_id is None and repair.modified_at is None:
        link = UserRepairCentreLink.objects.filter(username__iexact=by.name_for_record).first()
        if link is not None:
            repair.repair_centre_id = link.repair_centre_id
            repair.save(update_fields=["repair_centre"])
