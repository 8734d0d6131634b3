"""A step of a workflow while it is taken: what effects and conditions see of it."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from apps.core.actors import Actor
from apps.products.models import Product
from apps.repairs.models import Repair, RepairWorkflowEvent
from apps.workflows.definition.shape import Definition, State
from apps.workflows.facts import FACTS, Asked


@dataclass
class Step:
    """`given`: the inputs of this step; `known`: of all steps, these included. `taken`: what effects did, for undo."""

    repair: Repair
    product: Product
    definition: Definition
    state_id: str
    given: dict[str, Any]
    by: Actor
    now: dt.datetime
    event: RepairWorkflowEvent | None = None
    taken: list[dict[str, Any]] = field(default_factory=list)
    final: str | None = None  # why it can't be undone

    @property
    def state(self) -> State:
        return self.definition.states[self.state_id]

    @property
    def known(self) -> dict[str, Any]:
        return {**inputs_of(self.repair), **self.given}

    def value(self, name: str) -> Any:
        """Of a name in a condition: an input of this step as it is given now, one of another step as it was given last,
        else a fact's."""
        if any(spec.ident == name for spec in self.state.inputs):  # what was given in an earlier round of it is over
            return self.given.get(name)
        known = self.known
        if name in known:
            return known[name]
        fact = FACTS.get(name)
        return fact(Asked(self.product, self.repair, self.by)) if fact else None


def inputs_of(repair: Repair) -> dict[str, Any]:
    """What was given in the steps that were taken, by input."""
    return _of_context(repair, "inputs")


def kept_of(repair: Repair) -> dict[str, Any]:
    """What was given for the step that is not taken yet."""
    return _of_context(repair, "kept")


def with_context(repair: Repair, **parts: dict[str, Any]) -> dict[str, Any]:
    """The repair's context with these parts in the place of its own."""
    return {**(repair.context if isinstance(repair.context, dict) else {}), **parts}


def _of_context(repair: Repair, name: str) -> dict[str, Any]:
    """Whatever an import has put there: what is no context holds nothing."""
    found = repair.context.get(name) if isinstance(repair.context, dict) else None
    return dict(found) if isinstance(found, dict) else {}
