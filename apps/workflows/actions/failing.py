"""The exit checks refused to let a repair be closed; that it was tried is kept (attempts.py says when)."""

from apps.core.actions import action
from apps.core.actors import Actor
from apps.core.rows import new
from apps.repairs.models import FailedCheck, Repair
from apps.workflows.exit_checks import Failed


@action(level=None)
def keep_failed(failed: Failed, *, by: Actor) -> None:
    """One row a check that failed; none of a repair that was deleted at this moment."""
    if not Repair.objects.select_for_update(of=("self",), no_key=True).filter(pk=failed.repair_id).exists():
        return
    for figure in failed.figures:
        new(
            FailedCheck, by=by, repair_id=failed.repair_id, state_id=failed.state_id, event_id=failed.event_id,
            **figure.kept,
        )  # fmt: skip
