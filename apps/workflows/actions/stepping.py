"""A step is taken: inputs are given, an event is sent (seed 004, "send_inputs", "send_events")."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from apps.core.actions import action
from apps.core.actors import Actor
from apps.core.levels import Level
from apps.core.refusals import Invalid, refuse_if
from apps.core.rows import new, touch
from apps.core.telling import Told
from apps.products.models import Product
from apps.repairs.models import Repair, RepairWorkflowEvent
from apps.workflows import exit_checks, queries, values
from apps.workflows.attempts import keeps_what_failed
from apps.workflows.definition.shape import Call, Event, Refusal, State, Way
from apps.workflows.effects import EFFECTS
from apps.workflows.moving import enter, held, no_longer_waits, remember, told, way
from apps.workflows.steps import Step, kept_of, with_context

BY_INPUTS = "inputs"  # the event of a step that its inputs alone took


@action(level=Level.TECHNICAL)
def send_inputs(repair: Repair, *, given: Mapping[str, Any], seen: str | None = None, by: Actor) -> Repair:
    """Keep these inputs for the step; a state without events moves on when all are in.

    Invalid with every bad input, and then nothing is kept. Refused `moved_on`, `ended`, `no_workflow`.
    """
    repair, product, definition = held(repair, seen=seen, by=by)
    state = queries.state_in(definition, repair.workflow_state_id)
    refuse_if(not given, "inputs", "name at least one input")
    kept = _keep(repair, product, state, given, by=by)
    missing = [spec.ident for spec in queries.offered(state, product) if not spec.optional and spec.ident not in kept]
    if not state.events and not missing:
        step = Step(repair, product, definition, str(repair.workflow_state_id), kept, by, timezone.now())
        _take(step, BY_INPUTS, state.refuse, state.effects, state.next)
    return repair


@keeps_what_failed
@action(level=Level.TECHNICAL)
def send_event(
    repair: Repair, *, ident: Any, given: Mapping[str, Any] | None = None, seen: str | None = None, by: Actor
) -> Repair:
    """Take the step of this event, with the inputs that are kept for it; `given`: after these are kept too.

    Invalid with `event` for one that the state does not have, with each input that it needs and that is not in, and
    with the reason where a condition refuses it; then nothing is kept. Refused `moved_on`, `ended`, `no_workflow`.
    """
    repair, product, definition = held(repair, seen=seen, by=by)
    state = queries.state_in(definition, repair.workflow_state_id)
    if given:
        _keep(repair, product, state, given, by=by)
    event = next((one for one in state.events if one.ident == ident), None)
    known = ", ".join(one.ident for one in state.events)
    if event is None:
        raise Invalid({"event": f"is no event of this step; there are {known or 'none'}"})
    kept, stale = _still_offered(state, product, kept_of(repair))
    needed = _needed(event, state, [spec.ident for spec in queries.offered(state, product)])
    if missing := {name: stale.get(name, "is required") for name in needed if name not in kept}:
        raise Invalid(missing)
    step = Step(repair, product, definition, str(repair.workflow_state_id), kept, by, timezone.now())
    _take(step, event.ident, event.refuse, event.effects, event.next, checked=event.exit_checks)
    return repair


def _keep(repair: Repair, product: Product, state: State, given: Mapping[str, Any], *, by: Actor) -> dict[str, Any]:
    """All that is kept for the step now. Invalid with every bad input of what is given."""
    offered = {spec.ident: spec for spec in queries.offered(state, product)}
    kept, _stale = _still_offered(state, product, kept_of(repair))
    errors: dict[str, str] = {}
    for name, value in given.items():
        spec = offered.get(name)
        if spec is None:
            known = ", ".join(offered) or "none"
            errors[str(name)[:80]] = f"is no input of this step; there are {known}"
            continue
        try:
            options = queries.options_of(spec, product, "en") if spec.data_type == "selection" else None
            taken = values.check(spec, value, options)
        except values.BadInput as bad:
            errors[name] = str(bad)
            continue
        if taken is values.MISSING:
            kept.pop(name, None)
            if not spec.optional:
                errors[name] = "is required"
        else:
            kept[name] = taken
    if errors:
        raise Invalid(errors)
    repair.context = with_context(repair, kept=kept)
    touch(repair, "context", by=by)
    return kept


def _still_offered(state: State, product: Product, kept: dict[str, Any]) -> tuple[dict[str, Any], dict[str, str]]:
    """(What was given and can still be chosen, why the rest can't): a part type or a symptom may be gone since."""
    stale: dict[str, str] = {}
    for spec in state.inputs:
        if spec.options_from and spec.ident in kept:
            try:
                values.check(spec, kept[spec.ident], queries.options_of(spec, product, "en"))
            except values.BadInput as bad:
                stale[spec.ident] = str(bad)
    return {name: value for name, value in kept.items() if name not in stale}, stale


def _needed(event: Event, state: State, offered: list[str]) -> list[str]:
    """A selection that offers nothing never traps anybody."""
    if event.needs == "all":
        return [spec.ident for spec in state.inputs if not spec.optional and spec.ident in offered]
    return [name for name in event.needs if name in offered]


def _take(
    step: Step, event_id: str, refusals: list[Refusal], calls: list[Call], ways: list[Way], *, checked: bool = False
) -> None:
    errors: dict[str, str] = {}
    for refusal in refusals:
        if refusal.when is not None and refusal.when.holds(step.value):
            place = refusal.at or ("inputs" if event_id == BY_INPUTS else "event")
            errors.setdefault(place, Told({"in": refusal.reason.model_dump()}))
    if errors:
        raise Invalid(errors, code="condition")
    if checked:
        exit_checks.hold(step, event_id)
    unit = step.product
    repair, start, before = step.repair, step.state_id, with_context(step.repair, kept={})
    step.event = new(
        RepairWorkflowEvent, by=step.by, repair=repair, current_state_id=start, event_id=event_id, payload=step.given
    )
    for call in calls:
        if call.when is not None and not call.when.holds(step.value):
            continue
        effect = EFFECTS[call.effect]
        taken = effect.run(step, **call.using)
        if effect.undo is None:
            step.final = step.final or effect.final
        elif taken is not None:
            step.taken.append({"effect": call.effect, "taken": taken})
    target = way(ways, step.value)
    repair.context = with_context(repair, inputs=step.known, kept={})
    repair.latest_workflow_event = step.event
    touch(repair, "context", "latest_workflow_event", "evidence", by=step.by)
    no_longer_waits(repair, at=step.now, by=step.by)
    path = enter(step, target)
    step.event.next_state_id = path[-1]
    touch(step.event, "next_state_id", by=step.by)
    remember(step, start=start, path=path, context=before)
    name = "repair.moved" if repair.running else "repair.ended"
    for product in {unit.pk: unit, step.product.pk: step.product}.values():  # the old unit's page is open somewhere
        told(name, repair, product, by=step.by, event=event_id, state=path[-1], outcome=repair.outcome)
