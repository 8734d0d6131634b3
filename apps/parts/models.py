"""Parts: SIM cards, boards, batteries and whatever else sits in units and on shelves."""

from typing import Any, ClassVar

from django.db import models

from apps.accounts.models import Entity
from apps.core import rules
from apps.core.crypto import MASK, EncryptedField
from apps.core.fields import OptionField, options
from apps.core.models import Row
from apps.core.scope import Follows, FollowsLinks, Reference
from apps.products.models import ParameterType, ProductType, StateType


class PartTypeCategory(Row):
    """A group of part types, e.g. SIM or PCB."""

    SCOPE = Reference()

    part_type_category_id = models.AutoField(primary_key=True)
    name = models.CharField(max_length=255, unique=True)

    class Meta:
        verbose_name_plural = "part type categories"


class PartType(Row):
    """A model of part."""

    SCOPE = Reference()

    part_type_id = models.AutoField(primary_key=True)
    name = models.CharField(max_length=255, unique=True)
    description = models.TextField(null=True)
    erp_code = models.CharField(max_length=255, null=True)
    part_type_category = models.ForeignKey(PartTypeCategory, models.PROTECT, related_name="part_types")
    serial_number_category = OptionField(max_length=10, choices=options("hidden", "known", "unknown"))
    parameter_types = models.JSONField(null=True)
    part_type_metadata_validator = models.TextField(null=True)
    is_sent_by_unit = models.BooleanField(null=True)


class Part(Row):
    """One part. Seen through the units it sits or sat in; one never fitted is seen by all.

    The documentation puts the device key of a board into `properties`; here it lies encrypted in a column of its own,
    and `properties` holds the mask in its place.
    """

    SCOPE = FollowsLinks("part_product_linker")
    HIDDEN = ("device_key",)
    RULES: ClassVar[Any] = {"serial_number": rules.whole}

    part_id = models.AutoField(primary_key=True)
    serial_number = models.CharField(max_length=255, null=True, unique=True)
    part_type = models.ForeignKey(PartType, models.PROTECT, related_name="parts")
    properties = models.JSONField(null=True)
    manufacturer = models.CharField(max_length=255, null=True)

    device_key = EncryptedField(null=True, label="part.device_key")

    def before_write(self) -> None:
        if not isinstance(self.properties, dict) or "device_key" not in self.properties:
            self.device_key = None
        elif self.properties["device_key"] != MASK:
            key = self.properties["device_key"]
            self.device_key = None if key is None else str(key)
            self.properties = {**self.properties, "device_key": None if key is None else MASK}


class PartTypeProductTypeLinker(Row):
    """Which parts a type of unit is made of."""

    SCOPE = Reference()

    part_type_product_type_linker_id = models.AutoField(primary_key=True)
    product_type = models.ForeignKey(ProductType, models.PROTECT, related_name="part_type_product_type_linker")
    part_type = models.ForeignKey(PartType, models.PROTECT, related_name="part_type_product_type_linker")


class PartTypeReplacementLinker(Row):
    """Which part may replace which."""

    SCOPE = Reference()

    part_type_replacement_linker_id = models.AutoField(primary_key=True)
    product_type = models.ForeignKey(ProductType, models.PROTECT, null=True, related_name="part_type_replacements")
    existing_part_type = models.ForeignKey(PartType, models.PROTECT, related_name="replacements")
    replacement_part_type = models.ForeignKey(PartType, models.PROTECT, related_name="existings")
    default_part_type = models.BooleanField()
    critical_part_type = models.BooleanField()
    non_transferable = models.BooleanField()


class PartParameter(Row):
    """A value of a parameter on a part."""

    SCOPE = Follows("part")

    part_parameter_id = models.AutoField(primary_key=True)
    part = models.ForeignKey(Part, models.CASCADE, related_name="part_parameters")
    parameter_type = models.ForeignKey(ParameterType, models.PROTECT, related_name="part_parameters")
    status = OptionField(max_length=10, null=True, choices=options("active", "expired", "pending", "removed"))
    value = models.TextField()
    date_added = models.DateTimeField(null=True)
    date_removed = models.DateTimeField(null=True)


class DefaultEnergyLimit(Row):
    """Bounds and default of the energy limit for a battery, a state and, where given, an entity."""

    SCOPE = Reference()

    default_energy_limit_id = models.AutoField(primary_key=True)
    battery_type = models.ForeignKey(PartType, models.PROTECT, related_name="default_energy_limits")
    state_type = models.ForeignKey(StateType, models.PROTECT, related_name="energy_limit_states")
    entity = models.ForeignKey(Entity, models.PROTECT, null=True, related_name="battery_type_energy_limits")
    energy_limit = models.FloatField()
    max_energy_limit = models.FloatField()
    min_energy_limit = models.FloatField()
