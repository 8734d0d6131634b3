"""Appliances and their repairs."""

from typing import Any, ClassVar

from django.db import models

from apps.core import rules
from apps.core.fields import OptionField, options
from apps.core.models import Row
from apps.core.scope import Reference, Shared


class ApplianceType(Row):
    """A model of appliance that is sold with units."""

    SCOPE = Reference()

    appliance_type_id = models.AutoField(primary_key=True)
    category = models.CharField(max_length=255, null=True)
    name = models.CharField(max_length=255, null=True, unique=True)
    description = models.TextField(null=True)
    erp_code = models.CharField(max_length=255, null=True, unique=True)
    tracked = models.BooleanField(null=True)


class Appliance(Row):
    """One appliance, such as a lamp or a television."""

    SCOPE = Shared()
    RULES: ClassVar[Any] = {"serial_number": rules.whole}

    appliance_id = models.AutoField(primary_key=True)
    appliance_type = models.ForeignKey(ApplianceType, models.PROTECT, related_name="appliances")
    serial_number = models.CharField(max_length=255, null=True, unique=True)


class ApplianceSymptom(Row):
    """Something found in an appliance."""

    SCOPE = Reference()

    appliance_symptom_id = models.AutoField(primary_key=True)
    name = models.CharField(max_length=255, null=True, unique=True)
    description = models.TextField(null=True)


class ApplianceActionType(Row):
    """Something done to an appliance."""

    SCOPE = Reference()

    appliance_action_type_id = models.AutoField(primary_key=True)
    name = models.CharField(max_length=255, unique=True)
    description = models.TextField(null=True)


class AppliancePartType(Row):
    """A model of part of appliances."""

    SCOPE = Reference()

    appliance_part_type_id = models.AutoField(primary_key=True)
    name = models.CharField(max_length=255, null=True)
    description = models.TextField(null=True)
    erp_code = models.CharField(max_length=255, null=True)
    image = models.TextField(null=True)


class ApplianceSymptomApplianceTypeLinker(Row):
    """Which symptoms a type of appliance can show."""

    SCOPE = Reference()

    appliance_symptom_appliance_type_linker_id = models.AutoField(primary_key=True)
    appliance_type = models.ForeignKey(ApplianceType, models.PROTECT, null=True, related_name="symptoms")
    appliance_symptom = models.ForeignKey(
        ApplianceSymptom, models.PROTECT, null=True, related_name="appliance_symptom_appliance_type_linker"
    )


class ApplianceActionTypeApplianceTypeLinker(Row):
    """Which actions a type of appliance allows."""

    SCOPE = Reference()

    appliance_action_type_appliance_type_linker_id = models.AutoField(primary_key=True)
    appliance_type = models.ForeignKey(ApplianceType, models.PROTECT, related_name="actions")
    appliance_action_type = models.ForeignKey(
        ApplianceActionType, models.PROTECT, related_name="appliance_action_type_appliance_type_linker"
    )


class AppliancePartTypeReplacementLinker(Row):
    """Which part may replace which in a type of appliance."""

    SCOPE = Reference()

    appliance_part_type_replacement_linker_id = models.AutoField(primary_key=True)
    appliance_type = models.ForeignKey(
        ApplianceType, models.PROTECT, related_name="appliance_part_type_replacement_linker"
    )
    existing_appliance_part_type = models.ForeignKey(
        AppliancePartType, models.PROTECT, related_name="appliance_replacements"
    )
    max_part_count = models.IntegerField(null=True, default=1)
    replacement_appliance_part_type = models.ForeignKey(
        AppliancePartType, models.PROTECT, related_name="appliance_existings"
    )


class ApplianceRepair(Row):
    """A repair of an appliance."""

    SCOPE = Shared()

    appliance_repair_id = models.AutoField(primary_key=True)
    appliance = models.ForeignKey(Appliance, models.PROTECT, related_name="appliance_repairs")
    arrival_date = models.DateField(null=True)
    refurbishment_date = models.DateField(null=True)
    pending_status = models.BooleanField(null=True)
    process = OptionField(
        max_length=255,
        null=True,
        choices=options("Broken on Arrival", "Repair and Return", "Replaced", "Repossessed"),
    )


class ApplianceRepairApplianceSymptomLinker(Row):
    """A symptom was found in an appliance."""

    SCOPE = Shared()

    appliance_repair_appliance_symptom_linker_id = models.AutoField(primary_key=True)
    appliance_repair = models.ForeignKey(ApplianceRepair, models.PROTECT, null=True, related_name="symptoms")
    appliance_symptom = models.ForeignKey(
        ApplianceSymptom, models.PROTECT, null=True, related_name="appliance_repair_appliance_symptom_linker"
    )


class ApplianceRepairApplianceActionTypeLinker(Row):
    """An action was taken on an appliance."""

    SCOPE = Shared()

    appliance_repair_appliance_action_type_linker_id = models.AutoField(primary_key=True)
    appliance_repair = models.ForeignKey(ApplianceRepair, models.PROTECT, related_name="appliance_action_types")
    appliance_action_type = models.ForeignKey(
        ApplianceActionType, models.PROTECT, related_name="repair_action_type_linker"
    )


class ApplianceRepairAppliancePartTypeLinker(Row):
    """A part of an appliance was asked for or replaced."""

    SCOPE = Shared()

    appliance_repair_appliance_part_type_linker_id = models.AutoField(primary_key=True)
    appliance_repair = models.ForeignKey(ApplianceRepair, models.PROTECT, related_name="replacements")
    old_appliance_part_type = models.ForeignKey(
        AppliancePartType, models.PROTECT, related_name="appliance_repair_appliance_type_linker"
    )
    new_appliance_part_type = models.ForeignKey(AppliancePartType, models.PROTECT, null=True, related_name="+")
    repaired_parts_count = models.IntegerField(null=True)
    requested_date = models.DateTimeField(null=True)
    replaced_date = models.DateTimeField(null=True)
