"""The last step is taken back, with what it did (ours: PUT /repairs/<id>/undo)."""

from django.utils import timezone

from apps.core.actions import action
from apps.core.actors import Actor
from apps.core.levels import Level
from apps.core.refusals import Refused
from apps.core.rows import new, touch
from apps.repairs.models import Repair, RepairWorkflowEvent, RepairWorkflowState
from apps.workflows import queries
from apps.workflows.effects import EFFECTS
from apps.workflows.moving import held, no_longer_waits, told
from apps.workflows.steps import Step

NOT_UNDOABLE = "not_undoable"


@action(level=Level.TECHNICAL)
def undo(repair: Repair, *, seen: str | None = None, by: Actor) -> Repair:
    """Back to where the last step was taken, past what was entered by itself; anybody's step, again and again to the
    beginning. Refused `not_undoable` with the reason."""
    try:
        repair, product, definition = held(repair, seen=seen, by=by)
    except Refused as refused:
        if refused.code == queries.ENDED:
            raise Refused("The repair has ended; its last step stands", code=NOT_UNDOABLE) from None
        raise
    row = queries.steps(repair).first()
    if row is None or row.start_state_id is None:
        raise Refused("There is no step to take back; the repair stands at its beginning", code=NOT_UNDOABLE)
    commands = queries.commands_of(row)
    if not row.can_undo:
        raise Refused(str(commands.get("final") or "This step cannot be taken back"), code=NOT_UNDOABLE)
    now, left = timezone.now(), repair.workflow_state_id
    step = Step(repair, product, definition, row.start_state_id, {}, by, now)
    for done in reversed(commands["effects"]):
        effect = EFFECTS[done["effect"]]
        if effect.undo is not None:
            effect.undo(step, done["taken"])
    no_longer_waits(repair, at=now, by=by)
    row.undone = True
    touch(row, "undone", by=by)
    for open_row in RepairWorkflowState.objects.filter(repair=repair, exit_time=None):
        open_row.exit_time = now
        touch(open_row, "exit_time", by=by)
    new(RepairWorkflowState, by=by, repair=repair, state_id=row.start_state_id, entry_time=now)
    repair.latest_workflow_event = new(
        RepairWorkflowEvent, by=by, repair=repair, current_state_id=left, event_id="undo", payload={},
        next_state_id=row.start_state_id,
    )  # fmt: skip
    repair.workflow_state_id, repair.context = row.start_state_id, commands["context"]
    repair.pending_status = step.state.waits_for == "part"
    touch(repair, "workflow_state_id", "context", "pending_status", "latest_workflow_event", by=by)
    told("repair.moved", repair, product, by=by, event="undo", state=row.start_state_id, outcome=None)
    return repair
