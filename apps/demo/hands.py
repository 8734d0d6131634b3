"""Somebody at the bench of the demo: takes a repair along its workflow to a step, by the actions that screens call."""

import datetime as dt
import heapq
import itertools
import random
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from apps.accounts.models import RepairCentre, User
from apps.core.refusals import Refused
from apps.core.rows import new
from apps.demo.clock import Clock
from apps.factory.actions import create_board
from apps.factory.kinds import UNITS
from apps.parts.models import Part
from apps.repairs.models import Repair, RepairPartTypeLinker
from apps.workflows import actions, queries
from apps.workflows.definition.shape import Definition, Event, Input, State

MOST_STEPS = 40
COST = {"good": 1, "plain": 2, "bad": 3}  # of an event: people would rather go the good way
# Minutes that a step takes; all others are done within the hour.
TAKES = {"charge": (150, 540), "wait_for_parts": (1500, 14000), "battery_test": (120, 300)}
QUICK = (4, 45)
# What leads from a step where its inputs decide: (step, next step) → what is given.
LEADS: dict[tuple[str, str], dict[str, Any]] = {
    ("visual_inspection", "select_damaged_casing"): {"casing": "damaged"},
    ("visual_inspection", "clean"): {"dust": "yes"},
    ("switch_on", "explain_fault"): {"starts": "no"},
    ("battery_test", "select_parts"): {"capacity": 0.68},  # of what a sound one has
}
SOUND = {"casing": "intact", "dust": "no", "starts": "yes"}
SAID = {
    "skip_reason": ("The bench is taken until tomorrow.", "Battery was tested last week, see the earlier repair."),
    "replacement_reason": ("Casing and battery both gone; a new unit costs less.", "The part will not come any more."),
    "termination_reason": ("Burnt inside, the board is black.", "Stood in water for days; corroded all over."),
    "fault": ("Does not charge, battery dead.", "Lamp stays red after the start.", "Buttons do nothing."),
}
OVERRIDES = (
    "Goes to a customer who uses one lamp; told and agreed.", "New batteries come in a month; it is exchanged then.",
)  # fmt: skip
OTHERWISE = ("Seen and written down.", "As usual for this type.", "Customer was told.")


@dataclass
class Hands:
    """`who`: the technicians of the centre, who relieve each other; `boss`: who sends units
    there and takes them back. `until`: nothing happens later than that."""

    clock: Clock
    until: dt.datetime
    chance: random.Random
    who: list[User]
    boss: User
    centre: RepairCentre
    factory: User
    fresh_board: Iterator[dict[str, Any]]
    serials: Iterator[int] = field(default_factory=lambda: itertools.count(1))

    @property
    def by(self) -> User:
        return self.who[self.chance.random() < 0.2 and len(self.who) > 1]

    def go(self, repair: Repair, target: str) -> bool:
        """To this state; whether it got there. What a rule refuses leaves the repair where it stands."""
        for _ in range(MOST_STEPS):
            repair = Repair.objects.select_related("product", "repair_centre").get(pk=repair.pk)
            if repair.workflow_state_id == target or not repair.running:
                break
            definition = queries.definition_of(repair)
            following = path(definition, str(repair.workflow_state_id), target)
            if following is None:
                break
            try:
                self._step(repair, definition.states[str(repair.workflow_state_id)], *following)
            except Refused:
                event = following[0]
                if event is None or not event.exit_checks or repair.evidence:
                    break
                # The test says no; whoever may, lets it go all the same and says why.
                actions.override_exit_checks(repair, reason=self.chance.choice(OVERRIDES), by=self.boss)
        return repair.workflow_state_id == target

    def _step(self, repair: Repair, state: State, event: Event | None, following: str) -> None:
        self.let_pass(*TAKES.get(str(repair.workflow_state_id), QUICK))
        by = self.by
        offered = queries.offered(state, repair.product)
        if event is None:
            wanted = [spec for spec in offered if not spec.optional]
        elif event.needs == "all":
            wanted = [spec for spec in offered if not spec.optional or self.chance.random() < 0.7]
        else:
            wanted = [spec for spec in offered if spec.ident in event.needs]
        lead = LEADS.get((str(repair.workflow_state_id), following), {})
        given = {spec.ident: self._value(spec, repair, lead) for spec in wanted}
        if any(spec.part_scan and spec.optional for spec in offered):
            given |= self._parts(repair, offered)
        if given := {name: value for name, value in given.items() if value is not None}:
            repair = actions.send_inputs(repair, given=given, by=by)
        if event is not None:
            actions.send_event(repair, ident=event.ident, by=by)

    def _value(self, spec: Input, repair: Repair, lead: dict[str, Any]) -> Any:
        chance = self.chance
        if spec.ident in lead:
            value = lead[spec.ident]
            return round(float(spec.example or 10) * value, 1) if isinstance(value, float) else value
        if spec.part_scan:
            return None if spec.optional else self._board(repair)
        if spec.data_type in ("int", "float"):
            sound = float(spec.example if spec.example is not None else spec.validation_rules.min or 1)
            return int(sound) if spec.data_type == "int" else round(sound * chance.uniform(0.995, 1.01), 1)
        if spec.data_type in ("text", "string"):
            return chance.choice(SAID.get(spec.ident, OTHERWISE))
        if spec.data_type == "datetime":
            return str(self.clock.moment.date())
        options = [option["value"] for option in queries.options_of(spec, repair.product, "en")]
        if spec.selection_type == "single":
            sound = SOUND.get(spec.ident) or ("yes" if "yes" in options else None)
            return sound if sound in options else chance.choice(options)
        if spec.ident == "done":
            return options[:-1]
        if spec.options_from and "part" in spec.options_from:
            return [chance.choice(options)]
        return chance.sample(options, min(len(options), chance.choice([1, 1, 2])))

    def _parts(self, repair: Repair, offered: list[Input]) -> dict[str, Any]:
        """A part that was wished for and bears a number comes out of its box and is scanned."""
        wish = RepairPartTypeLinker.objects.filter(repair=repair, replaced_date=None).select_related("new_part_type")
        row = wish.filter(new_part_type__serial_number_category="known").order_by("pk").first()
        spec = next(spec for spec in offered if spec.part_scan)
        if row is None:
            return {}
        serial = f"{str(row.new_part_type)[:2].upper()}-R{repair.pk:04d}-{next(self.serials):03d}"
        part = new(Part, by=self.who[0], part_type=row.new_part_type, serial_number=serial)
        return {spec.ident: part.serial_number}

    def _board(self, repair: Repair) -> str:
        """Another board for this type of unit, made by the factory for it."""
        kinds = [kind for kind in UNITS.values() if kind.product_type_id == repair.product.product_type_id]
        board = next(self.fresh_board)
        create_board(board=kinds[0].board, **board, by=self.factory)
        return str(board["imei"])

    def let_pass(self, least: float, most: float) -> None:
        """Minutes; nobody works at night or on Sundays."""
        before = self.clock.moment
        moment = before + dt.timedelta(minutes=self.chance.uniform(least, most))
        if moment.hour >= 16:
            moment = (moment + dt.timedelta(days=1)).replace(hour=6, minute=self.chance.randint(0, 40))
        if moment.weekday() == 6:
            moment += dt.timedelta(days=1)
        if moment > self.until:
            moment = before + dt.timedelta(minutes=self.chance.uniform(1, 3))
        self.clock.moment = max(min(moment, self.until), before)


def path(definition: Definition, start: str, target: str) -> tuple[Event | None, str] | None:
    """The first step of the best way from one state to another: (event, the state that follows it)."""
    queue: list[tuple[int, int, str, tuple[Event | None, str] | None]] = [(0, 0, start, None)]
    number, done = itertools.count(1), set()
    while queue:
        cost, _, ident, first = heapq.heappop(queue)
        if ident == target:
            return first
        if ident in done:
            continue
        done.add(ident)
        for event, following in _ways(definition.states[ident]):
            price = cost + (COST[event.tone] if event else 1)
            heapq.heappush(queue, (price, next(number), following, first or (event, following)))
    return None


def _ways(state: State) -> Iterator[tuple[Event | None, str]]:
    for event in state.events:
        yield from ((event, way.to) for way in event.next)
    yield from ((None, way.to) for way in (*state.next, *state.choose))


def acted_in(definition: Definition) -> list[str]:
    """The states in which somebody does something."""
    return [ident for ident, state in definition.states.items() if not state.is_end and not state.by_itself]


def ends(definition: Definition) -> list[str]:
    return [ident for ident, state in definition.states.items() if state.is_end]
