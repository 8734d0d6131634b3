"""ADMIN lets a repair be closed as repaired although an exit check fails."""

from django.utils import timezone

from apps.core import wording
from apps.core.actions import action
from apps.core.actors import Actor
from apps.core.levels import Level
from apps.core.refusals import refuse_if
from apps.core.rows import touch
from apps.repairs.models import Repair
from apps.workflows import exit_checks
from apps.workflows.moving import held, told

LEAST, LONGEST = 10, 1000  # characters of a reason


@action(level=Level.ADMIN)
def override_exit_checks(repair: Repair, *, reason: str, seen: str | None = None, by: Actor) -> Repair:
    """From now on what fails now is no reason to keep it open; the reason stays with the repair. Invalid with `reason`;
    with `repair_id` where no check fails. Refused `ended`, `no_workflow`, `moved_on`."""
    repair, product, _definition = held(repair, seen=seen, by=by)
    reason = wording.words("reason", reason, most=LONGEST)
    refuse_if(len(reason) < LEAST, "reason", f"must have at least {LEAST} letters; it has {len(reason)}")
    failing = [figure for figure in exit_checks.figures(product, repair) if not figure.passed]
    refuse_if(not failing, "repair_id", "has no exit check that fails; there is nothing to override")
    override = {
        "reason": reason, "by": by.name_for_record, "at": timezone.now().isoformat(),
        "checks": [figure.name for figure in failing],
    }  # fmt: skip
    repair.evidence = {**(repair.evidence or {}), "override": override}
    touch(repair, "evidence", by=by)
    told("repair.changed", repair, product, by=by, what="overridden")
    return repair
