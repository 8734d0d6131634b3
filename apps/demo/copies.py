"""A repair that went as another one had gone: its rows once more, for another unit at another time by other hands.

Two hundred repairs, each gone through step by step, would make the first start too long; those that only make up the
numbers are copied from some that the actions made.
"""

import datetime as dt
from typing import Any

from apps.accounts.models import RepairCentre
from apps.products.models import Product
from apps.repairs.models import (
    FailedCheck,
    PartProductLinker,
    Repair,
    RepairActionTypeLinker,
    RepairPartTypeLinker,
    RepairSymptomTypeLinker,
    RepairWorkflowEvent,
    RepairWorkflowHistory,
    RepairWorkflowState,
)

TOLD: tuple[Any, ...] = (
    RepairWorkflowState, RepairWorkflowEvent, RepairWorkflowHistory, RepairSymptomTypeLinker, RepairActionTypeLinker,
    FailedCheck,
)  # fmt: skip
TIMES = ("created_at", "modified_at", "entry_time", "exit_time", "ended_at")
DAYS = ("arrival_date", "refurbishment_date")


def can_be_copied(repair: Repair) -> bool:
    """Ended as repaired, and nothing was wished for, put in or taken out."""
    parts = (RepairPartTypeLinker.objects.filter(repair=repair), PartProductLinker.objects.filter(added_repair=repair))
    return repair.outcome == "repaired" and not any(rows.exists() for rows in parts)


def copied(
    model: Repair, product: Product, centre: RepairCentre, *, later: dt.timedelta, people: dict[str, str]
) -> Repair:
    """`later`: than the model; `people`: who took whose place."""
    repair: Repair = _moved(Repair.objects.get(pk=model.pk), later, people)
    repair.product, repair.repair_centre, repair.latest_workflow_event = product, centre, None
    repair.save(force_insert=True)
    for told in TOLD:
        rows = [_moved(row, later, people) for row in told.objects.filter(repair=model).order_by("pk")]
        for row in rows:
            row.repair = repair
        told.objects.bulk_create(rows)
    repair.latest_workflow_event = RepairWorkflowEvent.objects.filter(repair=repair).order_by("-pk").first()
    repair.save(update_fields=["latest_workflow_event"])
    return repair


def _moved(row: Any, later: dt.timedelta, people: dict[str, str]) -> Any:
    row.pk = None
    for name in (*TIMES, *DAYS):
        if getattr(row, name, None) is not None:
            setattr(row, name, getattr(row, name) + later)
    for name in ("created_by", "modified_by"):
        setattr(row, name, people.get(getattr(row, name), getattr(row, name)))
    return row
