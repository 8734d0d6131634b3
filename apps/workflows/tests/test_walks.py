"""Random paths, legal and not, through every workflow that ships, held against a model of what must be."""

import random
from collections import Counter

import pytest

from apps.products.models import Home2StockPreparationTracking
from apps.products.states import ACTIVATED, IN_REPAIR_SYSTEM, STORED, TERMINATED
from apps.repairs.models import (
    PartProductLinker,
    Repair,
    RepairActionTypeLinker,
    RepairPartTypeLinker,
    RepairProductLinker,
    RepairSymptomTypeLinker,
    RepairWorkflowEvent,
    RepairWorkflowState,
)
from apps.workflows import queries
from apps.workflows.actions import open_preparation
from apps.workflows.definition.library import library
from apps.workflows.tests.walking import a_unit_for, a_value, parts_to_fit
from tests.cast import make_unit

pytestmark = pytest.mark.django_db
AFTER = {
    "repaired": ACTIVATED, "replaced": TERMINATED, "terminated": TERMINATED, "prepared": STORED, "set_aside": STORED,
}  # fmt: skip
DEFINITIONS = list(library().values())


class Walk:
    """The API on one side; on the other what the steps so far must have left."""

    def __init__(self, call, user, unit, chance):
        self.call, self.user, self.unit, self.chance = call, user, unit, chance
        if unit.latest_state.current_state_type_id == STORED:
            self.key = open_preparation(unit, by=user).pk
        else:
            answer = call(user, "GET", f"/v1/products/{unit.product_imei}/get_repair")
            self.key = answer.json()["data"]["repair_id"]
        self.before = []  # of each step that stands: what was there before it
        self.path = [[self.repair.workflow_state_id]]
        self.events = 0
        self.rows = PartProductLinker.objects.count()

    @property
    def repair(self):
        return Repair.objects.select_related("product").get(pk=self.key)

    def put(self, what, body=None):
        return self.call(self.user, "PUT", f"/v1/repairs/{self.key}/{what}", body)

    def left(self):
        """What a step changes and undo must bring back."""
        repair = self.repair
        sitting = PartProductLinker.objects.filter(product=self.unit, date_removed=None).values_list("part", flat=True)
        tracked = Home2StockPreparationTracking.objects.filter(product=self.unit).values_list("pk", "activated")
        linkers = [
            list(model.objects.filter(repair=repair).order_by("pk").values_list(*columns))
            for model, columns in (
                (RepairSymptomTypeLinker, ("pk", "symptom_type")),
                (RepairActionTypeLinker, ("pk", "action_type")),
                (RepairPartTypeLinker, ("pk", "new_part_type", "new_part", "replaced_date")),
            )
        ]
        return {
            "state": repair.workflow_state_id, "pending": repair.pending_status, "sitting": set(sitting),
            "capacity": repair.measured_battery_capacity, "tracked": list(tracked), "linkers": linkers, "inputs": repair.context.get("inputs", {}),
        }  # fmt: skip

    def step(self, pressed=None):
        repair = self.repair
        definition, state = queries.state_of(repair)
        before = self.left()
        event = self.chance.choice(state.events) if state.events else None
        if event and pressed is not None:
            event = min(state.events, key=lambda one: pressed[state.name.en, one.ident])
            pressed[state.name.en, event.ident] += 1
        wanted = queries.offered(state, self.unit)
        if event and event.needs != "all":
            wanted = [spec for spec in wanted if spec.ident in event.needs or self.chance.random() < 0.5]
        given = {spec.ident: a_value(spec, self.unit, self.chance) for spec in wanted}
        if given:
            answer = self.put("send_inputs", given)
            assert answer.status_code == 200, answer.content
        if event:
            answer = self.put("send_events", {"event": event.ident})
            if answer.status_code == 400:
                assert answer.json()["code"] in ("condition", "invalid"), answer.content
                assert self.left() == before
                return
        now = self.repair
        row = queries.steps(now).first()
        self.before.append(before if row.can_undo or not now.running else None)
        if now.product != self.unit:
            self.other_board(now)
        history = [one["ident"] for one in self.get("history")]
        known = [ident for entered in self.path for ident in entered]
        assert history[: len(known)] == known
        self.path.append(history[len(known) :])
        assert self.path[-1][-1] == now.workflow_state_id
        assert all(definition.states[ident].choose or definition.states[ident].needs for ident in self.path[-1][:-1])
        self.events += 1

    def get(self, what):
        answer = self.call(self.user, "GET", f"/v1/repairs/{self.key}/{what}")
        assert answer.status_code == 200, answer.content
        return answer.json()["data"]

    def undo(self):
        answer = self.put("undo")
        if not self.before:
            assert (answer.status_code, answer.json()["code"]) == (400, "not_undoable")
            return
        if self.before[-1] is None:
            assert (answer.status_code, answer.json()["code"]) == (400, "not_undoable")
            return
        assert answer.status_code == 200, answer.content
        was = self.before.pop()
        self.path.pop()
        self.events += 1
        assert self.left() == was

    def other_board(self, now):
        old, self.unit = self.unit, now.product
        old.refresh_from_db()
        assert self.before[-1] is None
        assert old.latest_state.current_state_type_id == TERMINATED
        assert self.unit.latest_state.current_state_type_id == IN_REPAIR_SYSTEM
        assert old.serial_number == f"{self.unit.serial_number}-{old.product_imei}"
        linked = set(RepairProductLinker.objects.filter(repair=now).values_list("product_imei", flat=True))
        assert {old.product_imei, self.unit.product_imei} <= linked
        assert not PartProductLinker.objects.filter(product=old, date_removed=None).exists()
        assert self.call(self.user, "GET", f"/v1/products/{old.product_imei}/get_repair").status_code == 400
        same = self.call(self.user, "GET", f"/v1/products/{self.unit.product_imei}/get_repair").json()
        assert same["data"]["repair_id"] == self.key

    def slip(self):
        before = (self.left(), self.events)
        bad = self.chance.choice(
            [("send_events", {"event": "fly"}), ("send_events", {}), ("send_inputs", {"fly": 1}), ("send_inputs", {}),
             ("send_events", {"event": ["a"]}), ("send_events", []), ("send_inputs", "x")]
        )  # fmt: skip
        answer = self.put(*bad)
        assert answer.status_code == 400, answer.content
        assert self.left() == before[0]

    def consistent(self):
        repair = self.repair
        rows = list(RepairWorkflowState.objects.filter(repair=repair).order_by("pk"))
        assert len([row for row in rows if row.exit_time is None]) == (1 if repair.running else 0)
        assert all(row.exit_time is None or row.entry_time <= row.exit_time for row in rows)
        assert all(first.exit_time <= then.entry_time for first, then in zip(rows, rows[1:], strict=False))
        assert rows[-1].state_id == repair.workflow_state_id
        assert [one["ident"] for one in self.get("history")] == [ident for entered in self.path for ident in entered]
        assert RepairWorkflowEvent.objects.filter(repair=repair).count() == self.events
        count = PartProductLinker.objects.count()
        assert count >= self.rows  # fittings only grow
        self.rows = count
        fitted = PartProductLinker.objects.filter(date_removed=None).values_list("part", flat=True)
        assert len(set(fitted)) == len(fitted)


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("definition", DEFINITIONS, ids=lambda one: one.name)
def test_a_walk(cast, call, definition, seed):
    chance = random.Random(seed)
    parts_to_fit(definition)
    unit = a_unit_for(definition, make_unit("010101234560021", entity=cast.a))
    walk = Walk(call, cast.root, unit, chance)
    for _ in range(40):
        act = chance.choices([walk.step, walk.undo, walk.slip], weights=[6, 2, 1])[0]
        act()
        walk.consistent()
        if not walk.repair.running:
            unit = walk.repair.product
            assert unit.latest_state.current_state_type_id == AFTER[walk.repair.outcome]
            assert walk.put("undo").json()["code"] == "not_undoable"
            break


@pytest.mark.parametrize("definition", DEFINITIONS, ids=lambda one: one.name)
def test_every_state_and_every_outcome_is_reached(cast, call, definition):
    """Many walks that press what was pressed least: what the definition's graph promises can really be walked."""
    seen, outcomes = set(), set()
    pressed = Counter()
    parts_to_fit(definition)
    for seed in range(60):
        unit = a_unit_for(definition, make_unit(f"0101{seed:011d}", entity=cast.a))
        walk = Walk(call, cast.root, unit, random.Random(seed))
        for _ in range(40):
            if not walk.repair.running:
                break
            walk.step(pressed)
        seen |= {ident for entered in walk.path for ident in entered}
        outcomes.add(walk.repair.outcome)
        if seen == set(definition.states):
            break
    assert seen == set(definition.states)
    assert outcomes - {None} == {state.outcome for state in definition.states.values() if state.outcome}
