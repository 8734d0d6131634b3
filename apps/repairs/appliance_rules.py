"""What holds of appliances and their repairs, whichever door writes their rows: tables, admin, files, the bench."""

import re

from django.db.models import Q, QuerySet, Sum

from apps.core.actions import action
from apps.core.actors import Actor
from apps.core.identifiers import is_blank
from apps.core.levels import Level
from apps.core.refusals import Invalid, refuse_if
from apps.repairs.models import (
    Appliance,
    AppliancePartTypeReplacementLinker,
    ApplianceRepair,
    ApplianceRepairAppliancePartTypeLinker,
)

COUNT = "repaired_parts_count"
INVENTED = re.compile(r"U-[0-9]+-[0-9]+\Z")  # U-<appliance_type_id>-<appliance_id>


@action(level=Level.TECHNICAL)
def appliance_written(appliance: Appliance, *, by: Actor) -> None:
    """One of a tracked type has a serial number; of any other one is invented where none is known. What looks like an
    invented one is taken from nobody, so that it never stands in the way of the one that it belongs to."""
    own = f"U-{appliance.appliance_type_id}-{appliance.pk}"
    given = appliance.serial_number or ""
    if appliance.appliance_type.tracked:
        refuse_if(is_blank(given), "serial_number", "is required for an appliance of a tracked type")
        refuse_if(INVENTED.match(given), "serial_number", "is of the form that untracked appliances are given")
    elif given != own and (is_blank(given) or INVENTED.match(given)):
        appliance.serial_number = own
        appliance.save(update_fields=["serial_number"])
    for repair in ApplianceRepair.objects.filter(appliance=appliance):  # its type may be another now
        _within_limits(repair)


@action(level=Level.TECHNICAL)
def appliance_repair_written(repair: ApplianceRepair, *, by: Actor) -> None:
    """It may be of another appliance now, and so of one with other limits."""
    _within_limits(repair)


@action(level=Level.TECHNICAL)
def appliance_part_written(line: ApplianceRepairAppliancePartTypeLinker, *, by: Actor) -> None:
    """Who writes another line of this repair at the same moment waits at its row, and counts this one too."""
    refuse_if((line.repaired_parts_count or 0) < 0, COUNT, "must be 0 or more")
    repair = ApplianceRepair.objects.select_for_update(of=("self",), no_key=True).get(pk=line.appliance_repair_id)
    _within_limits(repair, line)


def limits(appliance_type_id: int) -> QuerySet[AppliancePartTypeReplacementLinker]:
    """The rules of replacement for this type of appliance."""
    rows = AppliancePartTypeReplacementLinker.objects.filter(appliance_type=appliance_type_id)
    return rows.select_related("existing_appliance_part_type", "replacement_appliance_part_type").order_by("pk")


def counts(repair: ApplianceRepair) -> dict[tuple[int, int | None], int]:
    """{(old part type, new part type): how many, the wished ones too}."""
    pair = ("old_appliance_part_type", "new_appliance_part_type")
    rows = ApplianceRepairAppliancePartTypeLinker.objects.filter(appliance_repair=repair).values_list(*pair).order_by()
    return {(old, new): count or 0 for old, new, count in rows.annotate(count=Sum(COUNT))}


def _within_limits(repair: ApplianceRepair, line: ApplianceRepairAppliancePartTypeLinker | None = None) -> None:
    held = counts(repair)
    if not held:
        return
    asked = limits(repair.appliance.appliance_type_id).exclude(max_part_count=None)
    if line is not None:
        asked = asked.filter(
            Q(existing_appliance_part_type=line.old_appliance_part_type_id)
            & Q(replacement_appliance_part_type=line.new_appliance_part_type_id)
        )
    for rule in asked:
        count = held.get((rule.existing_appliance_part_type_id, rule.replacement_appliance_part_type_id), 0)
        most = rule.max_part_count or 0
        if count > most:
            old, new = rule.existing_appliance_part_type.name, rule.replacement_appliance_part_type.name
            text = f"would be {count} for {old} by {new}; max_part_count of rule {rule.pk} allows {most} in a repair"
            raise Invalid({COUNT: text}, code="max_part_count")
