"""Reference data of units: types, states, software versions, parameters."""

from typing import Any

from django.db import models

from apps.core.fields import OptionField, options
from apps.core.models import Row
from apps.core.scope import Reference


class ProductType(Row):
    """A model of unit, e.g. Hub 2."""

    SCOPE = Reference()
    HIDDEN = ("basic_auth_allowed", "dcm_by_default", "simple_auth_allowed")

    product_type_id = models.AutoField(primary_key=True)
    name = models.CharField(max_length=255, unique=True)
    erp_code = models.CharField(max_length=255, null=True)
    parameter_types = models.JSONField(null=True)
    credit_type = OptionField(max_length=10, null=True, choices=options("gas", "time"))
    # Units of this type may sign in with HTTP Basic (IMEI, device key) where TLS is certain, instead of U1.
    basic_auth_allowed = models.BooleanField(default=False)
    # Its units keep their own credit, always (seed 004, "set_dcm_enabled_flag").
    dcm_by_default = models.BooleanField(default=False)
    # They may sign OpenPAYGO Metrics by their serial number alone (Simple Auth), which anybody who hears it can repeat.
    simple_auth_allowed = models.BooleanField(default=False)


class StateType(Row):
    """One of the states a unit lives through; the ids 1 to 9 mean what states.py says."""

    SCOPE = Reference()

    state_type_id = models.AutoField(primary_key=True)
    name = models.CharField(max_length=255, unique=True)
    description = models.TextField(null=True)

    def __str__(self) -> str:
        return str(self.in_words() or self.name)

    def in_words(self) -> Any:
        from apps.products.words import STATES

        return STATES.get(self.pk, "")


class SoftwareVersionType(Row):
    """A release of the software that runs on units."""

    SCOPE = Reference()

    software_version_type_id = models.AutoField(primary_key=True)
    name = models.CharField(max_length=255, unique=True)
    description = models.TextField(null=True)
    link = models.TextField(null=True)
    checksum = models.CharField(max_length=8, null=True)
    release_date = models.DateTimeField()
    parameter_types = models.JSONField(null=True)
    status = OptionField(
        max_length=10,
        null=True,
        choices=options("bad", "beta", "outdated", "stable"),
    )


class ProductTypeSoftwareVersionTypeLinker(Row):
    """Which software may run on which type of unit."""

    SCOPE = Reference()

    product_type_software_version_type_linker_id = models.AutoField(primary_key=True)
    product_type = models.ForeignKey(
        ProductType, models.PROTECT, related_name="product_type_software_version_type_linker"
    )
    software_version_type = models.ForeignKey(
        SoftwareVersionType, models.PROTECT, related_name="product_type_software_version_type_linker"
    )


class ParameterType(Row):
    """A setting or property that units have, with the type of its value."""

    SCOPE = Reference()

    parameter_type_id = models.AutoField(primary_key=True)
    name = models.CharField(max_length=255, unique=True)
    data_type = OptionField(max_length=10, choices=options("bool", "datetime", "float", "int", "string"))
    validation_rules = models.JSONField(null=True)
    description = models.TextField(null=True)
    units = models.CharField(max_length=255, null=True)
    repeatable = models.BooleanField()
    setting = models.BooleanField()


class WakeUpSoftware(Row):
    """Software, by the name that units report, which connects at once when it gets a wake-up SMS (seed 004, "WakeUp").
    A list of names of its own, for units also run versions that software_version_type doesn't hold."""

    SCOPE = Reference()

    wake_up_software_id = models.AutoField(primary_key=True)
    name = models.CharField(max_length=255, unique=True)

    class Meta:
        verbose_name_plural = "wake-up software"
