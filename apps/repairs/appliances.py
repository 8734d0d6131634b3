"""Repairs of appliances at the bench: found or taken in, looked at, mended, finished.

The tables of appliances are for SYSTEM to write; these are what a technician may do to them.
"""

import datetime as dt
from collections.abc import Collection
from typing import Any

from django.db.models import Q
from django.utils import timezone

from apps.core import rules
from apps.core.actions import action
from apps.core.actors import Actor
from apps.core.identifiers import readings
from apps.core.levels import Level
from apps.core.locks import alone
from apps.core.refusals import Invalid, NotFound, Refused, refuse_if
from apps.core.rows import new, touch
from apps.repairs import appliance_rules
from apps.repairs.models import (
    Appliance,
    ApplianceActionType,
    ApplianceRepair,
    ApplianceRepairApplianceActionTypeLinker,
    ApplianceRepairAppliancePartTypeLinker,
    ApplianceRepairApplianceSymptomLinker,
    ApplianceSymptom,
    ApplianceType,
)

PROCESSES = tuple(value for value, _ in ApplianceRepair._meta.get_field("process").flatchoices)
LONGEST = 100  # of a serial number


def found(serial: str, *, by: Actor) -> Appliance | None:
    """The appliance whose label reads so."""
    for wanted in readings(serial):
        rows = Appliance.objects.visible_to(by).filter(serial_number__in=(wanted, wanted.upper()))
        if appliance := rows.select_related("appliance_type").order_by("pk").first():
            return appliance
    return None


def fetch(key: int, *, by: Actor, lock: bool = False) -> ApplianceRepair:
    """The repair, or NotFound."""
    rows = ApplianceRepair.objects.visible_to(by)
    if lock:
        rows = rows.select_for_update(of=("self",), no_key=True)
    repair = rows.filter(pk=key).first() if 0 < key < 2**31 else None
    if repair is None:
        raise NotFound()
    return repair


def symptoms_of(kind: ApplianceType) -> list[ApplianceSymptom]:
    linked = Q(appliance_symptom_appliance_type_linker__appliance_type=kind)
    return list(ApplianceSymptom.objects.filter(linked).distinct().order_by("name", "pk"))


def actions_of(kind: ApplianceType) -> list[ApplianceActionType]:
    linked = Q(appliance_action_type_appliance_type_linker__appliance_type=kind)
    return list(ApplianceActionType.objects.filter(linked).distinct().order_by("name", "pk"))


@action(level=Level.TECHNICAL)
def take_in(kind: ApplianceType, *, serial: str = "", by: Actor) -> Appliance:
    """An appliance that nobody knew of: of a tracked type by its serial number, of another one without."""
    serial = next(iter(readings(serial)), "")
    refuse_if(len(serial) > LONGEST, "serial_number", f"is longer than {LONGEST} characters")
    if serial:
        rules.check(Appliance, {"serial_number": serial})
        alone(f"appliance {serial.upper()}")  # two may scan it at once
        known = found(serial, by=by)
        refuse_if(known and known.appliance_type_id != kind.pk, "serial_number", "is of another type of appliance")
        if known:
            return known
    appliance: Appliance = new(Appliance, by=by, appliance_type=kind, serial_number=serial or None)
    appliance_rules.appliance_written(appliance, by=by)
    return appliance


@action(level=Level.TECHNICAL)
def open_appliance_repair(appliance: Appliance, *, by: Actor) -> ApplianceRepair:
    """Its open repair; begun where there is none."""
    appliance = Appliance.objects.select_for_update(of=("self",), no_key=True).get(pk=appliance.pk)
    running = ApplianceRepair.objects.filter(appliance=appliance, refurbishment_date=None).order_by("-pk").first()
    if running is not None:
        return running
    repair: ApplianceRepair = new(
        ApplianceRepair, by=by, appliance=appliance, arrival_date=timezone.now().date(), pending_status=False
    )
    return repair


@action(level=Level.TECHNICAL)
def set_findings(
    repair: ApplianceRepair, *, symptoms: Collection[int], actions: Collection[int], by: Actor
) -> ApplianceRepair:
    """What was found and what was done: exactly these. Invalid with one that its type does not have."""
    repair = _open(repair, by=by)
    kind = repair.appliance.appliance_type
    linkers: tuple[tuple[str, str, Any, Any, Collection[int]], ...] = (
        ("symptoms", "appliance_symptom", ApplianceRepairApplianceSymptomLinker, symptoms_of(kind), symptoms),
        ("actions", "appliance_action_type", ApplianceRepairApplianceActionTypeLinker, actions_of(kind), actions),
    )
    for name, column, linker, offered, ticked in linkers:
        held = linker.objects.filter(appliance_repair=repair)
        there = set(held.values_list(column, flat=True))
        fits = {row.pk for row in offered} | there
        refuse_if(set(ticked) - fits, name, "holds one that this type of appliance does not have")
        held.filter(**{f"{column}__in": there - set(ticked)}).delete()
        for key in sorted(set(ticked) - there):
            new(linker, by=by, appliance_repair=repair, **{f"{column}_id": key})
    return repair


@action(level=Level.TECHNICAL)
def add_part(
    repair: ApplianceRepair, *, rule: int, count: int, replaced: bool, by: Actor
) -> ApplianceRepairAppliancePartTypeLinker:
    """A part by a rule of its type: replaced now, or wished for. Invalid above what the rule allows in a repair."""
    repair = _open(repair, by=by)
    allowed = appliance_rules.limits(repair.appliance.appliance_type_id).filter(pk=rule).first()
    if allowed is None:
        raise Invalid({"rule": "is no replacement for this type of appliance"})
    refuse_if(not 1 <= count <= 1000, "repaired_parts_count", "must be from 1 to 1000")
    now = timezone.now()
    line: ApplianceRepairAppliancePartTypeLinker = new(
        ApplianceRepairAppliancePartTypeLinker, by=by, appliance_repair=repair, repaired_parts_count=count,
        old_appliance_part_type=allowed.existing_appliance_part_type,
        new_appliance_part_type=allowed.replacement_appliance_part_type,
        requested_date=now, replaced_date=now if replaced else None,
    )  # fmt: skip
    appliance_rules.appliance_part_written(line, by=by)
    _waits(repair, by=by)
    return line


@action(level=Level.TECHNICAL)
def part_replaced(line: ApplianceRepairAppliancePartTypeLinker, *, by: Actor) -> None:
    """What was wished for has come and been fitted."""
    line, repair = _held(line, by=by)
    if line.replaced_date is None:
        line.replaced_date = timezone.now()
        touch(line, "replaced_date", by=by)
        _waits(repair, by=by)


@action(level=Level.TECHNICAL)
def remove_part(line: ApplianceRepairAppliancePartTypeLinker, *, by: Actor) -> None:
    """A slip, or a wish that is withdrawn."""
    line, repair = _held(line, by=by)
    line.delete()
    _waits(repair, by=by)


@action(level=Level.TECHNICAL)
def finish(repair: ApplianceRepair, *, process: str, on: dt.date, by: Actor) -> ApplianceRepair:
    """The repair is over. Refused while it waits for a part."""
    repair = _open(repair, by=by)
    refuse_if(process not in PROCESSES, "process", "must be one of those that are offered")
    day = dt.timedelta(days=1)  # it may be tomorrow, or still yesterday, where the bench stands
    refuse_if(on > timezone.now().date() + day, "refurbishment_date", "is in the future")
    early = repair.arrival_date is not None and on < repair.arrival_date - day
    refuse_if(early, "refurbishment_date", "is before it arrived")
    waits = ApplianceRepairAppliancePartTypeLinker.objects.filter(appliance_repair=repair, replaced_date=None)
    refuse_if(waits.exists(), "parts", "are still waited for; say that they are replaced, or remove them")
    repair.process, repair.refurbishment_date, repair.pending_status = process, on, False
    touch(repair, "process", "refurbishment_date", "pending_status", by=by)
    return repair


@action(level=Level.TECHNICAL)
def open_again(repair: ApplianceRepair, *, by: Actor) -> ApplianceRepair:
    """Finished by a slip. Refused where the appliance is in a later repair."""
    appliance = Appliance.objects.select_for_update(of=("self",), no_key=True).get(pk=repair.appliance_id)
    repair = fetch(repair.pk, by=by, lock=True)
    if repair.refurbishment_date is not None:
        later = ApplianceRepair.objects.filter(appliance=appliance, refurbishment_date=None)
        refuse_if(later.exists(), "appliance", "is in another repair by now")
        repair.refurbishment_date = None
        touch(repair, "refurbishment_date", by=by)
    return repair


def _open(repair: ApplianceRepair, *, by: Actor) -> ApplianceRepair:
    repair = fetch(repair.pk, by=by, lock=True)
    if repair.refurbishment_date is not None:
        raise Refused("This repair is finished; open it again first", code="ended")
    return repair


def _held(
    line: ApplianceRepairAppliancePartTypeLinker, *, by: Actor
) -> tuple[ApplianceRepairAppliancePartTypeLinker, ApplianceRepair]:
    """The line first and then its repair, as the table's door does."""
    rows = ApplianceRepairAppliancePartTypeLinker.objects.visible_to(by).select_for_update(of=("self",))
    held = rows.filter(pk=line.pk).first()
    if held is None:
        raise NotFound()
    return held, _open(held.appliance_repair, by=by)


def _waits(repair: ApplianceRepair, *, by: Actor) -> None:
    lines = ApplianceRepairAppliancePartTypeLinker.objects.filter(appliance_repair=repair, replaced_date=None)
    repair.pending_status = lines.exists()
    touch(repair, "pending_status", by=by)
