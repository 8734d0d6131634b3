"""Appliances in the demo: what there is, what can be found, done and replaced, and some thirty repairs of them."""

import datetime as dt
import random
from typing import Any

from django.db import transaction

from apps.accounts.models import User
from apps.core.actors import SYSTEM
from apps.core.rows import new
from apps.demo.clock import Clock
from apps.repairs import appliances
from apps.repairs.models import (
    ApplianceActionType,
    ApplianceActionTypeApplianceTypeLinker,
    AppliancePartType,
    AppliancePartTypeReplacementLinker,
    ApplianceRepair,
    ApplianceSymptom,
    ApplianceSymptomApplianceTypeLinker,
    ApplianceType,
)

# (name, category, tracked, symptoms, actions, {part: at most so many in a repair})
TYPES: tuple[tuple[str, str, bool, tuple[str, ...], tuple[str, ...], dict[str, int]], ...] = (
    ("Lamp, tube", "Light", False, ("No light", "Flickers", "Switch broken"), ("Cleaned", "Soldered"),
     {"LED strip": 2, "Lamp switch": 1}),
    ("Torch, rechargeable", "Light", False, ("No light", "Does not charge"), ("Cleaned", "Soldered"),
     {"Torch battery": 1}),
    ("Radio", "Audio", True, ("No sound", "Does not start", "Aerial broken"), ("Cleaned", "Soldered", "Tuned"),
     {"Loudspeaker": 1, "Aerial": 1}),
    ("Television 24 inch", "Video", True, ("No picture", "No sound", "Does not start"), ("Set up anew", "Soldered"),
     {"TV power board": 1, "LED strip": 4, "Loudspeaker": 2}),
    ("Fan", "Air", True, ("Does not start", "Turns slowly", "Rattles"), ("Cleaned", "Oiled"),
     {"Fan motor": 1, "Fan blade": 3}),
)  # fmt: skip
REPAIRS, OPEN = 32, 11
PROCESSES = ("Repair and Return", "Repair and Return", "Broken on Arrival", "Repossessed", "Replaced")


def appliance_bench(who: list[User], clock: Clock, now: dt.datetime) -> None:
    """Once; where there are types of appliances already, nothing."""
    if ApplianceType.objects.exists():
        return
    chance = random.Random(1971)  # noqa: S311
    clock.moment = now - dt.timedelta(days=180)
    with transaction.atomic():
        kinds = _reference()
        for number in range(REPAIRS):
            by = who[number % len(who)]
            left = REPAIRS - number
            clock.moment = now - dt.timedelta(days=left * (3 if left > OPEN else 0.8), hours=chance.uniform(1, 6))
            _repair(kinds[number % len(kinds)], number, chance, clock, by, done=left > OPEN)


def _repair(kind: ApplianceType, number: int, chance: random.Random, clock: Clock, by: User, *, done: bool) -> None:
    # Every seventh comes in again.
    serial = f"{str(kind)[:2].upper()}{4400 + number - (5 if number % 7 == 6 else 0)}" if kind.tracked else ""
    repair: ApplianceRepair = appliances.open_appliance_repair(appliances.take_in(kind, serial=serial, by=by), by=by)
    found = [row.pk for row in appliances.symptoms_of(kind)]
    clock.moment += dt.timedelta(minutes=chance.uniform(10, 50))
    did = [row.pk for row in appliances.actions_of(kind)] if done or number % 2 else []
    appliances.set_findings(repair, symptoms=[chance.choice(found)], actions=did[:1], by=by)
    rules = list(kind.appliance_part_type_replacement_linker.order_by("pk"))
    if number % 3:
        rule = chance.choice(rules)
        count = chance.randint(1, rule.max_part_count or 1)
        appliances.add_part(repair, rule=rule.pk, count=count, replaced=done or number % 3 == 1, by=by)
    if done:
        clock.moment += dt.timedelta(hours=chance.uniform(1, 30))
        process = PROCESSES[number % len(PROCESSES)]
        appliances.finish(repair, process=process, on=clock.moment.date(), by=by)


def _reference() -> list[ApplianceType]:
    """The types, with what belongs to them; a part is replaced by its like."""
    known: dict[tuple[Any, str], Any] = {}

    def row(model: Any, name: str) -> Any:
        if (model, name) not in known:
            known[model, name] = new(model, by=SYSTEM, name=name)
        return known[model, name]

    kinds = []
    for name, category, tracked, symptoms, acts, parts in TYPES:
        kind = new(ApplianceType, by=SYSTEM, name=name, category=category, tracked=tracked)
        for symptom in symptoms:
            new(
                ApplianceSymptomApplianceTypeLinker, by=SYSTEM, appliance_type=kind,
                appliance_symptom=row(ApplianceSymptom, symptom),
            )  # fmt: skip
        for act in acts:
            new(
                ApplianceActionTypeApplianceTypeLinker, by=SYSTEM, appliance_type=kind,
                appliance_action_type=row(ApplianceActionType, act),
            )  # fmt: skip
        for part, most in parts.items():
            held = row(AppliancePartType, part)
            new(
                AppliancePartTypeReplacementLinker, by=SYSTEM, appliance_type=kind, existing_appliance_part_type=held,
                replacement_appliance_part_type=held, max_part_count=most,
            )  # fmt: skip
        kinds.append(kind)
    return kinds
