"""The repairs behind a figure: what its link leads to, and what it must count."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Self
from urllib.parse import urlencode

from django.db.models import DateTimeField, Exists, ExpressionWrapper, F, FloatField, OuterRef, Q, Sum
from django.db.models.functions import Cast, Coalesce, TruncDate

from apps.repairs.models import (
    FailedCheck,
    Repair,
    RepairPartTypeLinker,
    RepairProductLinker,
    RepairSymptomTypeLinker,
    RepairWait,
    RepairWorkflowEvent,
    RepairWorkflowState,
    Sitting,
)
from apps.repairs.repeats import NO_REPAIRS, REPEAT
from apps.workflows.figures.choice import NONE, Choice
from apps.workflows.figures.seconds import Seconds

NOT_STEPS = ("undo", "withdrawn")  # events that took no step
OPEN, ENDED = "open", "ended"


@dataclass(frozen=True)
class Drill:
    """Which of the chosen repairs, as texts of an address: `what` is `open` or `ended`. A step and an event are named
    with their workflow: `home_repair.clean`, `home_repair.final_test.failed`."""

    what: str = ENDED
    outcome: str = ""
    step: str = ""  # open ones stand in it, ended ones have passed it
    technician: str = ""  # of an open one: whose it is
    by: str = ""  # of an ended one: who took steps of it
    part: str = ""
    symptom: str = ""
    event: str = ""
    check: str = ""  # an exit check that kept it open
    repeat: str = ""  # "1": came back within 90 days
    waits: str = ""  # "part", "reason"

    @classmethod
    def of(cls, given: Mapping[str, Any]) -> Self:
        drill = cls(**{name: str(given.get(name, ""))[:300].replace("\0", "") for name in cls.__dataclass_fields__})
        return drill if drill.what in (OPEN, ENDED) else replace(drill, what=ENDED)

    @property
    def address(self) -> str:
        return urlencode({name: value for name, value in asdict(self).items() if value})


def behind(choice: Choice, drill: Drill, reader: Any) -> Any:
    """The repairs, unordered; beside each that passed a step `seconds`: how long it was in it, and `worked`: how long
    people sat at it (None: nobody was measured)."""
    if drill.what == OPEN:
        return _open(choice.open(reader), drill)
    rows = choice.ended(reader)
    if drill.outcome:
        rows = rows.filter(outcome=_or_none(drill.outcome))
    if drill.step:
        workflow, _, state = drill.step.partition(".")
        passed = Exists(stayed().filter(repair=OuterRef("pk"), state_id=state))
        rows = rows.filter(passed, workflow_name=_or_none(workflow))
        inside = stayed().filter(repair=OuterRef("pk"), state_id=state).values("repair")
        rows = rows.annotate(seconds=inside.annotate(all=Sum(Seconds("exit_time", "entry_time"))).values("all"))
        at_work = worked().filter(repair=OuterRef("pk"), state__state_id=state).values("repair")
        rows = rows.annotate(worked=at_work.annotate(all=Sum(WORKED)).values("all"))
    if drill.by:
        rows = rows.filter(Exists(taken().filter(repair=OuterRef("pk"), created_by=_or_none(drill.by))))
    if drill.event:
        workflow, state, event = (drill.event + "..").split(".", 2)
        event = event[:-2]
        held = RepairWorkflowEvent.objects.filter(repair=OuterRef("pk"), current_state_id=state, event_id=event)
        rows = rows.filter(Exists(held), workflow_name=_or_none(workflow))
    if drill.check:
        rows = rows.filter(Exists(FailedCheck.objects.filter(repair=OuterRef("pk"), name=drill.check)))
    if drill.part:
        used = RepairPartTypeLinker.objects.filter(repair=OuterRef("pk"), new_part_type=_key(drill.part))
        rows = rows.filter(Exists(used.exclude(replaced_date=None)))
    if drill.symptom:
        found = RepairSymptomTypeLinker.objects.filter(repair=OuterRef("pk"), symptom_type=_key(drill.symptom))
        rows = rows.filter(Exists(found))
    if drill.repeat:
        rows = repeats(rows)
    if drill.waits == "reason":
        rows = rows.filter(Exists(RepairWait.objects.filter(repair=OuterRef("pk"))))
    return rows


def _open(rows: Any, drill: Drill) -> Any:
    if drill.step:
        workflow, _, state = drill.step.partition(".")
        rows = rows.filter(workflow_name=_or_none(workflow), workflow_state_id=_or_none(state))
    if drill.technician:
        rows = rows.filter(technician=None if drill.technician == NONE else _key(drill.technician))
    if drill.waits == "part":
        rows = rows.filter(pending_status=True)
    elif drill.waits == "reason":
        rows = rows.filter(waits__isnull=False)
    return rows


def stayed() -> Any:
    """The stays in steps that took time: what a repair went through by itself is no step of anybody."""
    return RepairWorkflowState.objects.filter(exit_time__gt=F("entry_time"))


# Of a sitting: what was measured, or what somebody put in its place.
WORKED = Coalesce(Cast("corrected_seconds", FloatField()), Seconds("seen", "began"))


def worked() -> Any:
    """The sittings in those stays."""
    return Sitting.objects.filter(state__exit_time__gt=F("state__entry_time"))


def taken() -> Any:
    """The steps that somebody took."""
    return RepairWorkflowEvent.objects.exclude(event_id__in=NOT_STEPS)


def repeats(rows: Any) -> Any:
    """Those that began within 90 days after an earlier repair of the same unit had ended."""
    back = ExpressionWrapper(F("created_at") - REPEAT, output_field=DateTimeField())
    rows = rows.alias(back=back, back_day=TruncDate(back, tzinfo=dt.UTC), day=TruncDate("created_at", tzinfo=dt.UTC))
    boards = RepairProductLinker.objects.filter(repair=OuterRef(OuterRef("pk"))).values("product_imei")
    found = Q()
    for unit in (Q(product=OuterRef("product")), Q(product__in=boards)):  # as it came in too, before it got its board
        earlier = Repair.objects.filter(unit).exclude(pk=OuterRef("pk"))
        earlier = earlier.exclude(outcome__in=NO_REPAIRS, outcome__isnull=False)
        # Looks into one index (repairs_by_unit), each from its first row to its last: an OR would read all of a unit's.
        ended = earlier.filter(ended_at__gte=OuterRef("back"), ended_at__lte=OuterRef("created_at"))
        by_hand = earlier.filter(
            ended_at=None, refurbishment_date__gte=OuterRef("back_day"), refurbishment_date__lte=OuterRef("day"),
            created_at__lt=OuterRef("created_at"),
        )  # fmt: skip
        found |= Q(Exists(ended)) | Q(Exists(by_hand))
    return stays(rows).filter(found)


def stays(rows: Any) -> Any:
    """Repairs proper: no preparation of units in stock."""
    return rows.filter(Q(outcome=None) | ~Q(outcome__in=NO_REPAIRS))


def _or_none(text: str) -> str | None:
    return None if text == NONE else text


def _key(text: str) -> int:
    return int(text) if text.isdecimal() and text.isascii() and len(text) < 10 else 0
