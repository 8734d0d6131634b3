"""Where a repair stands, as its screen shows it: the step to do now, what led here, who is at it, how long it took."""

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.contrib.staticfiles import finders
from django.utils import timezone
from django.utils.translation import gettext as _

from apps.console.bench import fields, words
from apps.console.given import Given
from apps.core.actors import called
from apps.core.levels import Level
from apps.core.refusal_words import translated
from apps.repairs import sittings
from apps.repairs.models import (
    Repair,
    RepairPartTypeLinker,
    RepairWorkflowEvent,
    RepairWorkflowState,
    Sitting,
)
from apps.workflows import exit_checks, queries
from apps.workflows.definition.shape import Call, Definition, State, Way
from apps.workflows.effects import EFFECTS
from apps.workflows.steps import kept_of

BY_INPUTS = "inputs"  # the press that sends inputs alone
KEYS = 9


@dataclass(frozen=True)
class Press:
    """A button: `key` presses it from the keyboard."""

    ident: str
    label: str
    tone: str
    key: int | None
    final: str = ""  # why it can't be taken back, said before it is pressed


@dataclass(frozen=True)
class Done:
    """A step that was taken and stands."""

    name: str
    event: str
    at: dt.datetime
    who: Any
    given: list[tuple[str, str]]
    undone: bool = False


@dataclass(frozen=True)
class Undo:
    """The button that takes the last step back: what it takes back, or why it can't."""

    may: bool
    step: str = ""
    takes: Sequence[str] = ()
    why_not: str = ""


@dataclass
class Spent:
    """The working time of one step."""

    name: str
    seconds: int = 0
    sittings: list[Sitting] = field(default_factory=list)

    @property
    def lasted(self) -> str:
        return words.lasted(self.seconds)


def presses_of(state: State, definition: Definition) -> list[Press]:
    if not state.events:
        final = _final(state.effects, state.next, definition)
        return [Press(BY_INPUTS, _("Go on"), "good", 1, final)] if state.inputs else []
    return [
        Press(
            event.ident, event.label.said(words.spoken()), event.tone, number if number <= KEYS else None,
            _final(event.effects, event.next, definition),
        )
        for number, event in enumerate(state.events, start=1)
    ]  # fmt: skip


def _final(calls: Sequence[Call], ways: Sequence[Way], definition: Definition) -> str:
    reason = next((final for call in calls if (final := EFFECTS[call.effect].final)), None)
    if reason:
        return translated(reason)
    if all(definition.states[way.to].is_end for way in ways):
        return _("This ends the repair; it can’t be undone.")
    return ""


def first_of(presses: Sequence[Press]) -> Press | None:
    """What Enter presses after the last field: the good outcome, or the only one."""
    good = [press for press in presses if press.tone == "good"]
    return good[0] if good else presses[0] if len(presses) == 1 else None


def picture_of(state: State) -> str:
    """The guidance picture beside the step, where there is one of this name."""
    name = f"console/steps/{state.picture}.svg"
    return name if state.picture and finders.find(name) else ""


def done_so_far(repair: Repair, definition: Definition) -> list[Done]:
    """Every step that was taken, the oldest first; those taken back are marked."""
    rows = list(RepairWorkflowEvent.objects.filter(repair=repair).order_by("pk"))
    standing: list[int] = []
    for number, row in enumerate(rows):
        if row.event_id == "undo":
            if standing:
                standing.pop()
        else:
            standing.append(number)
    stays = set(standing)
    given = Given(definition, [(row.current_state_id, row.payload) for row in rows], language=words.spoken())
    return [
        Done(
            words.state_called(definition, row.current_state_id),
            words.event_called(definition, row.current_state_id, row.event_id),
            row.created_at, called(row.created_by),
            given.of(row.current_state_id, row.payload),
            undone=number not in stays,
        )
        for number, row in enumerate(rows) if row.event_id != "undo"
    ]  # fmt: skip


def undo_of(repair: Repair, definition: Definition) -> Undo | None:
    """None where nothing was done yet or all is over."""
    row = queries.steps(repair).first()
    if row is None or row.start_state_id is None:
        return None
    step = words.state_called(definition, row.start_state_id)
    commands = queries.commands_of(row)
    if not repair.running:
        return Undo(False, step, why_not=_("The repair has ended; its last step stands"))
    if not row.can_undo:
        return Undo(False, step, why_not=translated(str(commands.get("final") or "This step cannot be taken back")))
    takes = [
        str(words.TAKES_BACK.get(one["effect"], one["effect"]))
        for one in commands.get("effects", []) if one.get("taken", {}).get("rows") != []
    ]  # fmt: skip
    return Undo(True, step, list(dict.fromkeys(takes)))


def times_of(repair: Repair, definition: Definition) -> list[Spent]:
    """The working time of each step, in the order in which they were first worked at."""
    found: dict[str, Spent] = {}
    rows = Sitting.objects.filter(repair=repair).select_related("state", "technician").order_by("began")
    for row in rows:
        ident = str(row.state.state_id)
        spent = found.setdefault(ident, Spent(words.state_called(definition, ident)))
        spent.seconds += row.seconds
        spent.sittings.append(row)
    return list(found.values())


def moved_meanwhile(repair: Repair, definition: Definition) -> Done | None:
    """The last thing that somebody did to it: for who looked at what stood before."""
    row = RepairWorkflowEvent.objects.filter(repair=repair).order_by("-pk").first()
    if row is None:
        return None
    return Done(
        words.state_called(definition, row.current_state_id),
        words.event_called(definition, row.current_state_id, row.event_id),
        row.created_at, called(row.created_by), [],
    )  # fmt: skip


def checks_of(repair: Repair, state: State) -> list[exit_checks.Figure]:
    """What must hold before it is closed as repaired: as it is now where that may be pressed, as it was kept where it
    has ended."""
    if not repair.running:
        return exit_checks.of_evidence(repair)
    if any(event.exit_checks for event in state.events):
        return exit_checks.figures(repair.product, repair)
    return []


def context_of(repair: Repair, reader: Any) -> dict[str, Any]:
    """All that the screen shows of the repair itself."""
    definition, state = queries.state_of(repair)
    language = words.spoken()
    shown = fields.fields_of(state, repair.product, language) if repair.running else []
    fields.fill_kept(shown, kept_of(repair))
    offered = {one.ident for one in shown}
    presses = presses_of(state, definition) if repair.running else []
    entered = RepairWorkflowState.objects.filter(repair=repair).order_by("-pk").first()
    wishes = RepairPartTypeLinker.objects.filter(repair=repair, replaced_date=None).select_related("new_part_type")
    steps = done_so_far(repair, definition)
    checks = checks_of(repair, state)
    return {
        "repair": repair, "product": repair.product, "definition": definition, "state": state,
        "title": definition.title.said(language),
        "name": state.name.said(language), "description": state.description.said(language),
        "picture": picture_of(state), "fields": shown, "presses": presses, "enter": first_of(presses),
        "inputs_missing": repair.running and any(not one.optional and one.ident not in offered for one in state.inputs),
        "tag": queries.tag(repair).strip('"'), "seen": queries.tag(repair),
        "done": steps, "step_number": len([one for one in steps if not one.undone]) + 1,
        "undo": undo_of(repair, definition),
        "in_step": words.since(entered.entry_time) if entered else "",
        "in_repair": words.between(repair.created_at, None if repair.running else repair.ended_at),
        "wishes": [one.new_part_type.name for one in wishes if one.new_part_type],
        "notes": list(repair.notes.order_by("-pk")[:20]),
        "present": [one for one in sittings.present().filter(repair=repair) if one.technician_id != reader.pk],
        "times": times_of(repair, definition), "corrects_all": reader.level >= Level.ADMIN,
        "mine": repair.technician_id is not None and repair.technician_id == reader.pk,
        "checks": checks, "override": (repair.evidence or {}).get("override"),
        "failures": exit_checks.failures_of(repair),
        "overrides": repair.running and reader.level >= Level.ADMIN and not all(one.passed for one in checks),
        "outcome": words.outcome_called(repair.outcome), "now": timezone.now(), "errors": {},
    }  # fmt: skip
