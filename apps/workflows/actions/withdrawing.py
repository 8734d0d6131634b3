"""A unit leaves the repair system by hand: its repair ends with it, in the same transaction."""

from django.utils import timezone

from apps.core.actions import action
from apps.core.actors import Actor
from apps.core.refusals import Refused
from apps.core.rows import new, touch
from apps.products.models import Product
from apps.products.states import IN_REPAIR_SYSTEM
from apps.repairs.models import Repair, RepairWorkflowEvent, RepairWorkflowState
from apps.workflows import queries
from apps.workflows.moving import no_longer_waits, told

WITHDRAWN = "withdrawn"


@action(level=None)
def withdraw(product: Product, *, left: int, by: Actor) -> None:
    """Somebody moved the unit, whose row the caller holds, out of the state `left`."""
    repair = queries.running_of(product)
    if repair is None or (left != IN_REPAIR_SYSTEM and _is_repair(repair)):
        return
    now = timezone.now()
    for row in RepairWorkflowState.objects.filter(repair=repair, exit_time=None):
        row.exit_time = now
        touch(row, "exit_time", by=by)
    repair.latest_workflow_event = new(
        RepairWorkflowEvent, by=by, repair=repair, current_state_id=repair.workflow_state_id, event_id=WITHDRAWN,
        payload={}, next_state_id=repair.workflow_state_id,
    )  # fmt: skip
    no_longer_waits(repair, at=now, by=by)
    repair.outcome, repair.running, repair.ended_at = WITHDRAWN, False, now
    repair.refurbishment_date, repair.pending_status = now.date(), False
    columns = ("latest_workflow_event", "outcome", "running", "ended_at", "refurbishment_date", "pending_status")
    touch(repair, *columns, by=by)
    told("repair.ended", repair, product, by=by, event=WITHDRAWN, state=repair.workflow_state_id, outcome=WITHDRAWN)


def _is_repair(repair: Repair) -> bool:
    """One whose definition is lost ends with its unit's state, whatever it was."""
    try:
        return queries.definition_of(repair).kind == "repair"
    except Refused:
        return False
