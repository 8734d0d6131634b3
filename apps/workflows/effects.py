"""What a step of a workflow does besides moving on: the closed list that definitions choose from.

An effect is a function of the step and of what the definition hands it, and one line in EFFECTS. It writes through
actions of other rooms and returns what its undo needs, as plain JSON; one without undo says why a step with it can't
be taken back.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from apps.core.refusals import Invalid
from apps.core.rows import new, touch
from apps.factory.models import BatteryTestResult
from apps.parts.models import PartType
from apps.products.models import Home2StockPreparationTracking
from apps.repairs import fittings
from apps.repairs.models import (
    ActionType,
    PartProductLinker,
    RepairActionTypeLinker,
    RepairPartTypeLinker,
    RepairSymptomTypeLinker,
)
from apps.workflows.steps import Step

Taken = dict[str, Any]


@dataclass(frozen=True)
class Effect:
    """`takes`: what `using` must hold; a name ending in `?` may be left out. `of`: the data types of the input that
    `from` names. `final`: why it can't be undone."""

    run: Callable[..., Taken | None]
    undo: Callable[[Step, Taken], None] | None
    takes: tuple[str, ...] = ()
    of: tuple[str, ...] = ()
    final: str | None = None


def _rows(given: Any) -> list[Any]:
    return given if isinstance(given, list) else [] if given is None else [given]


def record_symptoms(step: Step, **using: Any) -> Taken:
    """Write down the symptoms that were chosen in the input."""
    rows = [
        new(RepairSymptomTypeLinker, by=step.by, repair=step.repair, symptom_type_id=key)
        for key in _rows(step.given.get(using["from"]))
    ]
    return {"rows": [row.pk for row in rows]}


def forget_symptoms(step: Step, taken: Taken) -> None:
    RepairSymptomTypeLinker.objects.filter(repair=step.repair, pk__in=taken["rows"]).delete()


def record_actions(step: Step, **using: Any) -> Taken:
    """Write down what was done: the actions chosen in the input, or the one of this label."""
    if "label" in using:
        kind = ActionType.objects.filter(label=using["label"]).first()
        keys = [kind.pk] if kind else []
    else:
        keys = _rows(step.given.get(using["from"]))
    rows = [new(RepairActionTypeLinker, by=step.by, repair=step.repair, action_type_id=key) for key in keys]
    return {"rows": [row.pk for row in rows]}


def forget_actions(step: Step, taken: Taken) -> None:
    RepairActionTypeLinker.objects.filter(repair=step.repair, pk__in=taken["rows"]).delete()


def request_parts(step: Step, **using: Any) -> Taken:
    """Ask for parts of the types that were chosen."""
    rows = []
    for key in _rows(step.given.get(using["from"])):
        kind = PartType.objects.get(pk=key)
        rows.append(fittings.wish(step.repair, kind, at=step.now, by=step.by))
    return {"rows": [row.pk for row in rows]}


def withdraw_parts(step: Step, taken: Taken) -> None:
    RepairPartTypeLinker.objects.filter(repair=step.repair, pk__in=taken["rows"], replaced_date=None).delete()


def fit_part(step: Step, **using: Any) -> Taken | None:
    """Fit the part whose serial number was scanned, in the place of what it replaces."""
    serial = step.given.get(using["from"])
    if serial is None:
        return None
    try:
        done = fittings.fit(step.product, step.repair, serial=serial, at=step.now, by=step.by)
    except Invalid as refused:
        raise Invalid({using["from"]: "; ".join(refused.errors.values())}) from None
    return {"fitting": done.fitting.pk, "wish": done.wish.pk, "new_wish": done.wish_is_new, "removed": done.removed}


def unfit_part(step: Step, taken: Taken) -> None:
    fitting = PartProductLinker.objects.get(pk=taken["fitting"])
    fittings.unfit(
        step.repair, fitting, wish=taken["wish"], wish_was_new=taken["new_wish"], removed=taken["removed"],
        at=step.now, by=step.by,
    )  # fmt: skip


def measured_capacity(step: Step, **using: Any) -> Taken | None:
    """Keep the capacity of the battery that was measured, with the repair and as a test of the battery."""
    value = step.given.get(using["from"])
    if value is None:
        return None
    before = step.repair.measured_battery_capacity
    step.repair.measured_battery_capacity = float(value)
    touch(step.repair, "measured_battery_capacity", by=step.by)
    row = new(
        BatteryTestResult, by=step.by, product=step.product, type="capacity", result=f"{value:g}", energy=float(value),
        repair_workflow_event=step.event,
    )  # fmt: skip
    return {"before": before, "test": row.pk}


def forget_capacity(step: Step, taken: Taken) -> None:
    """The test stays: it was made. Only what the repair says of the battery goes back."""
    step.repair.measured_battery_capacity = taken["before"]
    touch(step.repair, "measured_battery_capacity", by=step.by)


PREPARATION = (
    "activated", "software_updated", "temperature_check", "battery_charged", "recent_data", "online_disable",
    "contact_support",
)  # fmt: skip


def track_preparation(step: Step, **using: Any) -> Taken:
    """Write down what was done of the preparation: the input's options are the columns that are true."""
    done = set(_rows(step.given.get(using["from"])))
    row = new(
        Home2StockPreparationTracking, by=step.by, product=step.product, serial_number=step.product.serial_number,
        **{name: name in done for name in PREPARATION},
    )  # fmt: skip
    return {"row": row.pk}


def forget_preparation(step: Step, taken: Taken) -> None:
    Home2StockPreparationTracking.objects.filter(product=step.product, pk=taken["row"]).delete()


EFFECTS: Mapping[str, Effect] = {
    "record_symptoms": Effect(record_symptoms, forget_symptoms, takes=("from",), of=("selection",)),
    "record_actions": Effect(record_actions, forget_actions, takes=("from?", "label?"), of=("selection",)),
    "request_parts": Effect(request_parts, withdraw_parts, takes=("from",), of=("selection",)),
    "fit_part": Effect(fit_part, unfit_part, takes=("from",), of=("string",)),
    "track_preparation": Effect(track_preparation, forget_preparation, takes=("from",), of=("selection",)),
    "measured_capacity": Effect(measured_capacity, forget_capacity, takes=("from",), of=("float", "int")),
}
