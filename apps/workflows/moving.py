"""How a repair goes from one state to the next: the part that opening, steps and undo share.

Whoever calls holds the unit's row (products.queries.fetch) and so is alone with its repair.
"""

import datetime as dt
from collections.abc import Callable
from typing import Any

import orjson

from apps.core.actors import Actor
from apps.core.refusals import Refused
from apps.core.rows import new, touch
from apps.events.actions import emit
from apps.products import queries as products
from apps.products.actions import move_to
from apps.products.models import Product
from apps.products.states import ACTIVATED, TERMINATED
from apps.repairs.models import Repair, RepairWorkflowHistory, RepairWorkflowState
from apps.workflows import queries
from apps.workflows.definition.shape import Definition, Way
from apps.workflows.facts import Asked, has_facility
from apps.workflows.steps import Step

# What becomes of the unit; a unit in store stays where it is.
STATE_AFTER = {"repaired": ACTIVATED, "replaced": TERMINATED, "terminated": TERMINATED}


ANYWHERE = "anywhere"  # instead of a tag: whatever happened to it meanwhile


def held(repair: Repair, *, seen: str | None, by: Actor, ended: bool = False) -> tuple[Repair, Product, Definition]:
    """The running repair as it is now, with its unit's row ours. Refused `moved_on` where it has moved since the
    caller looked (`seen`: the tag they looked at; None: they look now; ANYWHERE: it may have), `ended` where it is
    over, unless it may be."""
    before = queries.tag(repair)
    product = products.fetch(repair.product_id, by=by, lock=True)
    repair = Repair.objects.select_related("repair_centre", "waits", "technician").get(pk=repair.pk)
    if repair.product_id != product.product_imei:  # another board, and so another unit, since the caller looked
        product = products.fetch(repair.product_id, by=by, lock=True)
    repair.product = product
    definition = queries.definition_of(repair)
    if seen != ANYWHERE and queries.tag(repair) != (seen or before):
        raise moved_on(repair, status=412 if seen else 400)
    if not repair.running and not ended:
        raise Refused("The repair has ended", code=queries.ENDED)
    return repair, product, definition


def moved_on(repair: Repair, *, status: int = 400) -> Refused:
    text = "Somebody else has moved this repair on meanwhile; look at where it stands now"
    refused = Refused(text, code="moved_on", data={"ident": repair.workflow_state_id})
    refused.status = status
    return refused


def way(ways: list[Way], value_of: Callable[[str], Any]) -> str:
    """Where it goes on. The last of the ways has no condition (definition/checks.py)."""
    return next(one.to for one in ways if one.when is None or one.when.holds(value_of))


def enter(step: Step, target: str) -> list[str]:
    """Go to this state, and on through those that choose by themselves; the states entered, the last one to stay in."""
    repair, definition = step.repair, step.definition
    path = [target]
    while True:
        state = definition.states[target]
        step.state_id = target
        if state.needs and not has_facility(state.needs.facility, Asked(step.product, repair, step.by)):
            target = state.needs.otherwise
        elif state.choose:
            target = way(state.choose, step.value)
        else:
            break
        path.append(target)
    open_rows = RepairWorkflowState.objects.filter(repair=repair, exit_time=None)
    for row in open_rows:
        row.exit_time = step.now
        touch(row, "exit_time", by=step.by)
    for ident in path:
        new(
            RepairWorkflowState, by=step.by, repair=repair, state_id=ident, entry_time=step.now,
            exit_time=None if ident == path[-1] and not state.is_end else step.now,
        )  # fmt: skip
    repair.workflow_state_id = target
    repair.pending_status = state.waits_for == "part"
    touch(repair, "workflow_state_id", "pending_status", by=step.by)
    if state.is_end:
        end(step, str(state.outcome))
    return path


def end(step: Step, outcome: str) -> None:
    repair = step.repair
    repair.outcome, repair.running, repair.ended_at = outcome, False, step.now
    repair.refurbishment_date, repair.pending_status = step.now.date(), False
    touch(repair, "outcome", "running", "ended_at", "refurbishment_date", "pending_status", by=step.by)
    if outcome in STATE_AFTER:
        move_to(step.product, new_state=STATE_AFTER[outcome], by=step.by)


def no_longer_waits(repair: Repair, *, at: dt.datetime, by: Actor) -> bool:
    """Whoever goes on with a repair ends its wait; whether there was one."""
    if repair.waits is None:
        return False
    repair.waits.ended = at
    touch(repair.waits, "ended", by=by)
    repair.waits = None
    touch(repair, "waits", by=by)
    return True


def remember(step: Step, *, start: str | None, path: list[str], context: Any) -> None:
    """What the step did, for undo and for the history."""
    commands = {"effects": step.taken, "path": path, "context": context, "final": step.final}
    undoable = start is not None and not step.final and step.repair.running
    new(
        RepairWorkflowHistory, by=step.by, repair=step.repair, start_state_id=start, end_state_id=path[-1],
        update_commands_bin=orjson.dumps(commands), can_undo=undoable,
    )  # fmt: skip


def told(name: str, repair: Repair, product: Product, *, by: Actor, **payload: Any) -> None:
    """The event about a repair; its subject is the unit, whose pages show it."""
    emit(
        name,
        subject=product.subject,
        entity_ids=products.entity_ids(product),
        by=by,
        payload={"product_imei": product.product_imei, "repair_id": repair.pk, **payload},
    )
