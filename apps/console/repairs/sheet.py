"""A repair on paper: everything that is known of it, in the reader's language; what was undone is left out."""

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import get_language

from apps.console.bench.words import lasted, outcome_called
from apps.console.given import Given
from apps.console.page import page
from apps.console.repairs.shared import Steps, absolute, fetch, qr
from apps.core.actors import called
from apps.core.levels import Level
from apps.repairs import removed
from apps.repairs.models import (
    ActionType,
    Repair,
    RepairPartTypeLinker,
    RepairWorkflowEvent,
    RepairWorkflowHistory,
    RepairWorkflowState,
    SymptomType,
)
from apps.workflows import exit_checks
from apps.workflows.definition.shape import Definition

NO_STEPS = ("undo", "withdrawn")


@page("GET", level=Level.TECHNICAL)
def sheet(request: HttpRequest, key: int) -> HttpResponse:
    repair = fetch(request, key)
    product, language = repair.product, get_language() or "en"
    steps = Steps()
    definition = steps.of(repair)
    taken = _steps(repair, definition, language)
    address = absolute(request, reverse("console:bench_repair", args=[repair.pk]))
    added = removed.came_in(repair)
    context = {
        "repair": repair, "product": product, "steps": taken, "qr": qr(address, scale=3), "address": address,
        "title": definition.title.said(language) if definition else repair.workflow_name or "",
        "intake": taken[0].given if taken and definition and taken[0].state == definition.start else [],
        "at": steps.called(repair, repair.workflow_state_id), "opened_by": called(repair.created_by),
        "outcome": outcome_called(repair.outcome),
        "symptoms": _labels(SymptomType, repair.repair_symptom_type_linker, "symptom_type", language),
        "actions": _labels(ActionType, repair.repair_action_type_linker, "action_type", language),
        "added": added.select_related("part__part_type", "replaced_part__part_type").order_by("pk"),
        "removed": removed.of(repair),
        "wanted": RepairPartTypeLinker.objects.filter(repair=repair, replaced_date=None, new_part_type__isnull=False)
        .select_related("new_part_type").order_by("pk"),
        "photos": repair.photos.count(), "notes": list(repair.notes.order_by("pk")),
        "units": list(repair.repair_product_linker.values_list("product_imei", flat=True)),
        **_evidence(repair),
    }  # fmt: skip
    return render(request, "console/repairs/sheet.html", context)


@dataclass
class Taken:
    """A step that stands: when it was taken and by whom, how long it had lasted, what was pressed and given."""

    state: str
    name: str
    at: dt.datetime
    by: Any
    event: str = ""
    lasted: str = ""
    given: list[tuple[str, str]] = field(default_factory=list)


def _steps(repair: Repair, definition: Definition | None, language: str) -> list[Taken]:
    """The engine writes an event and a row of history for each step, in the same order; undone ones too."""
    rows = RepairWorkflowHistory.objects.filter(repair=repair, start_state_id__isnull=False).order_by("pk")
    events = list(RepairWorkflowEvent.objects.filter(repair=repair).exclude(event_id__in=NO_STEPS).order_by("pk"))
    stays = list(RepairWorkflowState.objects.filter(repair=repair).order_by("pk"))
    found, pairs = [], []
    for row in rows:
        first = next((at for at, one in enumerate(events) if one.current_state_id == row.start_state_id), None)
        if first is None:
            continue
        event, events = events[first], events[first + 1 :]
        if not row.undone:
            pairs.append((row, event))
    given = Given(definition, [(event.current_state_id, event.payload) for _row, event in pairs], language=language)
    for row, event in pairs:
        state = definition.states.get(event.current_state_id) if definition else None
        pressed = next((one for one in state.events if one.ident == event.event_id), None) if state else None
        before = [
            one
            for one in stays
            if one.state_id == row.start_state_id and (one.entry_time or row.created_at) < row.created_at
        ]
        began = before[-1].entry_time if before else None
        found.append(Taken(
            state=event.current_state_id, name=state.name.said(language) if state else event.current_state_id,
            at=event.created_at,
            by=called(event.created_by), event=pressed.label.said(language) if pressed else "",
            lasted=lasted((event.created_at - began).total_seconds()) if began else "",
            given=given.of(event.current_state_id, event.payload),
        ))  # fmt: skip
    return found


def _labels(model: Any, linkers: Any, name: str, language: str) -> list[str]:
    keys = list(linkers.order_by("pk").values_list(f"{name}_id", flat=True))
    rows = model.objects.in_bulk(keys)
    return [rows[key].said(language) for key in dict.fromkeys(keys)]


def _evidence(repair: Repair) -> dict[str, Any]:
    """The figures of the exit checks, and who let the repair be closed all the same, and why."""
    kept = repair.evidence if isinstance(repair.evidence, dict) else {}
    override = kept.get("override") or {}
    trace = _trace([value for _at, value in kept.get("voltage") or []])
    return {
        "checks": exit_checks.of_evidence(repair), "override": override.get("reason"),
        "override_by": called(override.get("by")), **trace,
        "failures": [(row.created_at, called(row.created_by), one) for row, one in exit_checks.failures_of(repair)],
    }  # fmt: skip


def _trace(values: list[float]) -> dict[str, Any]:
    """The battery's voltage as a line of 300 by 60."""
    if len(values) < 2:
        return {}
    low, high = min(values), max(values)
    span = (high - low) or 1
    points = (
        f"{300 * at / (len(values) - 1):.1f},{57 - 54 * (value - low) / span:.1f}" for at, value in enumerate(values)
    )
    return {"points": " ".join(points), "low": low, "high": high}
