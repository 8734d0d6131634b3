"""Who is at a repair, and what they tell each other of it. Work is taken, from a colleague too, and never pushed."""

from apps.accounts.models import User
from apps.core import wording
from apps.core.actions import action
from apps.core.actors import Actor
from apps.core.levels import Level
from apps.core.refusals import Refused
from apps.core.rows import new, touch
from apps.repairs import fates, wanted
from apps.repairs.models import Repair, RepairNote
from apps.workflows.moving import ANYWHERE, held, told

LONGEST = 2000  # characters of a note


@action(level=Level.TECHNICAL)
def take(repair: Repair, *, by: Actor) -> Repair:
    """It is this technician's from now on, whoever had it; one of no repair centre is of theirs from now on. Refused
    `ended`, `no_workflow`."""
    repair, product, _definition = held(repair, seen=ANYWHERE, by=by)
    if not isinstance(by, User):
        raise Refused("Only a person can take a repair", code="no_person")
    centre = repair.repair_centre_id or wanted.own_centre(by)
    if repair.technician_id != by.pk or repair.repair_centre_id != centre:
        before, came_to_one = repair.technician, repair.repair_centre_id != centre
        repair.technician, repair.repair_centre_id = by, centre
        touch(repair, "technician", "repair_centre", by=by)
        if came_to_one:
            fates.shelve(repair, by=by)
        told("repair.changed", repair, product, by=by, what="taken", before=before.email if before else None)
    return repair


@action(level=Level.TECHNICAL)
def release(repair: Repair, *, by: Actor) -> Repair:
    """Nobody has it now. Refused `ended`, `no_workflow`."""
    repair, product, _definition = held(repair, seen=ANYWHERE, by=by)
    if repair.technician_id is not None:
        repair.technician = None
        touch(repair, "technician", by=by)
        told("repair.changed", repair, product, by=by, what="released")
    return repair


@action(level=Level.TECHNICAL)
def note(repair: Repair, *, text: str, by: Actor) -> RepairNote:
    """Keep a note with the repair; one that has ended takes notes too. Invalid with `text` for none or a long one."""
    repair, product, _definition = held(repair, seen=ANYWHERE, by=by, ended=True)
    row = _noted(repair, RepairNote.Kind.NOTE, text, by)
    told("repair.changed", repair, product, by=by, what="noted")
    return row


@action(level=Level.TECHNICAL)
def hand_over(repair: Repair, *, text: str, by: Actor) -> RepairNote:
    """Let go of it with a word to whoever takes it next. Invalid with `text`; Refused `ended`."""
    repair, product, _definition = held(repair, seen=ANYWHERE, by=by)
    row = _noted(repair, RepairNote.Kind.HAND_OVER, text, by)
    repair.technician = None
    touch(repair, "technician", by=by)
    told("repair.changed", repair, product, by=by, what="handed_over")
    return row


def _noted(repair: Repair, kind: str, text: str, by: Actor) -> RepairNote:
    text = wording.words("text", text, most=LONGEST)
    row: RepairNote = new(RepairNote, by=by, repair=repair, kind=kind, text=text)
    return row
