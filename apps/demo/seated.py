"""How long the demo's people worked at the steps they took: a part of the time that the repair stood there."""

import datetime as dt
import random

from django.db.models import F

from apps.accounts.models import User
from apps.repairs.models import RepairWorkflowEvent, RepairWorkflowState, Sitting

WORKED = (2, 25)  # minutes
CORRECTED = 15  # one in so many
REASONS = ("Was called away and left the page open", "The page was closed while I went on")


def seated(chance: random.Random) -> None:
    """A sitting for each step that somebody took, up to when it was taken; one in CORRECTED is corrected."""
    people = {user.email: user for user in User.objects.all()}
    doers = {
        (repair, at): people.get(by or "")
        for repair, at, by in RepairWorkflowEvent.objects.values_list("repair_id", "created_at", "created_by")
    }
    rows = []
    for stay in RepairWorkflowState.objects.filter(exit_time__gt=F("entry_time"), sittings=None).order_by("pk"):
        if stay.entry_time is None or stay.exit_time is None:
            continue
        who = doers.get((stay.repair_id, stay.exit_time))
        if who is None:
            continue
        worked = min(dt.timedelta(minutes=chance.uniform(*WORKED)), stay.exit_time - stay.entry_time)
        row = Sitting(
            repair_id=stay.repair_id, state=stay, technician=who, began=stay.exit_time - worked, seen=stay.exit_time,
            ended=stay.exit_time,
        )  # fmt: skip
        if chance.randrange(CORRECTED) == 0:
            row.corrected_seconds, row.reason = round(worked.total_seconds() * 0.6), chance.choice(REASONS)
            row.corrected_by, row.corrected_at = who.email, stay.exit_time
        rows.append(row)
    Sitting.objects.bulk_create(rows)
