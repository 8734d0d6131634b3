"""What a step of a workflow does besides moving on: the closed list that definitions choose from.

An effect is a function of the step and of what the definition hands it, and one line in EFFECTS. It writes through
actions of other rooms and returns what its undo needs, as plain JSON; one without undo says why a step with it can't
be taken back.
"""

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from apps.alerts import actions as alerts
from apps.alerts.models import Alert
from apps.core.refusals import Invalid, Refused
from apps.core.rows import new, touch
from apps.factory import actions as factory
from apps.factory.models import BatteryTestResult, TestJigTestResult
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
from apps.workflows.definition.shape import Call
from apps.workflows.steps import Step

Taken = dict[str, Any]
HOUR = dt.timedelta(hours=1)
GONE = "This step cannot be taken back: what it wrote has been deleted since"
SOLVED = "Solved in a repair"  # the reason of alerts that a repair dismisses


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
    fitting = PartProductLinker.objects.filter(pk=taken["fitting"]).first()
    if fitting is None:
        raise Refused(GONE, code="not_undoable")
    fittings.unfit(
        step.repair, fitting, wish=taken["wish"], wish_was_new=taken["new_wish"], removed=taken["removed"],
        at=step.now, by=step.by,
    )  # fmt: skip


def fit_unscanned(step: Step, **using: Any) -> Taken:
    """Fit what is still wished for and bears no number to scan: a casing, a fuse."""
    done = fittings.fit_unscanned(step.product, step.repair, at=step.now, by=step.by)
    return {"parts": [{"fitting": one.fitting.pk, "wish": one.wish.pk, "removed": one.removed} for one in done]}


def unfit_unscanned(step: Step, taken: Taken) -> None:
    for one in reversed(taken["parts"]):
        unfit_part(step, {**one, "new_wish": False})


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


def replace_board(step: Step, **using: Any) -> None:
    """Put in the board whose IMEI was scanned: the repair goes on under the new IMEI."""
    serial = step.given.get(using["from"])
    if serial is None:
        return
    try:
        step.product = factory.replace_board(step.repair, serial=serial, at=step.now, by=step.by)
    except Invalid as refused:
        raise Invalid({using["from"]: "; ".join(refused.errors.values())}) from None


def dismiss_alerts(step: Step, **using: Any) -> Taken:
    """Dismiss the alerts that were chosen as solved; they name the repair."""
    chosen = step.product.alerts.filter(dismissed_at=None, pk__in=_rows(step.given.get(using["from"])))
    return {"rows": [alerts.dismiss(row, reason=SOLVED, repair=step.repair, by=step.by).pk for row in chosen]}


def reopen_alerts(step: Step, taken: Taken) -> None:
    for row in Alert.objects.filter(pk__in=taken["rows"], repair=step.repair):
        alerts.reopen(row, by=step.by)


def leave_faults(step: Step, **using: Any) -> Taken:
    """Write down the faults that are known and left; they are shown when the unit comes in again."""
    before = step.repair.known_faults
    step.repair.known_faults = step.given.get(using["from"])
    touch(step.repair, "known_faults", by=step.by)
    return {"before": before}


def forget_faults(step: Step, taken: Taken) -> None:
    step.repair.known_faults = taken["before"]
    touch(step.repair, "known_faults", by=step.by)


def record_jig_result(step: Step, **using: Any) -> Taken:
    """Keep what the test jig said, where it has not done so by itself in the last hour."""
    passed = using["result"] == "passed"
    recent = TestJigTestResult.objects.filter(product=step.product, created_at__gte=step.now - HOUR)
    latest = recent.order_by("-pk").first()
    if latest is not None and latest.passed == passed:
        return {"row": None}
    row = new(TestJigTestResult, by=step.by, product=step.product, user=step.by.name_for_record, passed=passed)
    return {"row": row.pk}


def keep_jig_result(step: Step, taken: Taken) -> None:
    """The test was made; it stays on record, as that of a battery does."""


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


BOARD_STAYS = "The board was replaced and the unit goes by another IMEI; this step cannot be taken back"
EFFECTS: Mapping[str, Effect] = {
    "record_symptoms": Effect(record_symptoms, forget_symptoms, takes=("from",), of=("selection",)),
    "record_actions": Effect(record_actions, forget_actions, takes=("from?", "label?"), of=("selection",)),
    "request_parts": Effect(request_parts, withdraw_parts, takes=("from",), of=("selection",)),
    "fit_part": Effect(fit_part, unfit_part, takes=("from",), of=("string",)),
    "fit_unscanned": Effect(fit_unscanned, unfit_unscanned),
    "track_preparation": Effect(track_preparation, forget_preparation, takes=("from",), of=("selection",)),
    "measured_capacity": Effect(measured_capacity, forget_capacity, takes=("from",), of=("float", "int")),
    "replace_board": Effect(replace_board, None, takes=("from",), of=("string",), final=BOARD_STAYS),
    "dismiss_alerts": Effect(dismiss_alerts, reopen_alerts, takes=("from",), of=("selection",)),
    "leave_faults": Effect(leave_faults, forget_faults, takes=("from",), of=("text",)),
    "record_jig_result": Effect(record_jig_result, keep_jig_result, takes=("result",)),
}


def final_of(calls: Iterable[Call]) -> str | None:
    """Why a step with these effects can't be taken back, for who is about to take it."""
    return next((final for call in calls if (final := EFFECTS[call.effect].final)), None)
