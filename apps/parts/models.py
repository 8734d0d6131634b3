"""Parts: SIM cards, boards, batteries and whatever else sits in units and on shelves."""

from collections.abc import Collection
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q, QuerySet

from apps.accounts.models import Entity
from apps.core import rules
from apps.core.crypto import MASK, DigestField, EncryptedField, keyed_digest
from apps.core.fields import OptionField, options
from apps.core.locks import alone
from apps.core.models import Row
from apps.core.scope import Follows, FollowsLinks, Reference
from apps.products.models import ParameterType, Product, ProductType, StateType
from apps.products.models.product import LOCK


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


# What a board carries of the unit that it is or will be: its key in `properties` → our column.
CARRIED = {"imsi": "imsi", "iccid": "iccid", "serial_number": "unit_serial"}
_LONGEST = 255


class Part(Row):
    """One part. Seen through the units it sits or sat in; one never fitted is seen by all.

    The documentation puts the numbers and the device key of a board into `properties`. The key lies encrypted in a
    column of its own here, and `properties` holds the mask in its place; the numbers stand in columns beside it too,
    for nothing looks inside JSON. `board`: what it was made as (apps.factory), whichever part type it was given.
    """

    SCOPE = FollowsLinks("part_product_linker")
    HIDDEN = ("device_key", "device_key_digest", "imsi", "iccid", "unit_serial", "board")
    DERIVED = ("imsi", "iccid", "unit_serial")
    RULES: ClassVar[Any] = {"serial_number": rules.whole}

    part_id = models.AutoField(primary_key=True)
    serial_number = models.CharField(max_length=255, null=True, unique=True)
    part_type = models.ForeignKey(PartType, models.PROTECT, related_name="parts")
    properties = models.JSONField(null=True)
    manufacturer = models.CharField(max_length=255, null=True)

    device_key = EncryptedField(null=True, label="part.device_key")
    device_key_digest = DigestField(of="device_key", null=True)
    imsi = models.CharField(max_length=_LONGEST, null=True, editable=False)
    iccid = models.CharField(max_length=_LONGEST, null=True, editable=False)
    unit_serial = models.CharField(max_length=_LONGEST, null=True, editable=False)
    board = models.CharField(max_length=20, null=True, editable=False)

    class Meta:
        # Few parts are boards: each index holds these only.
        indexes = [
            models.Index(fields=["imsi"], name="parts_board_imsi", condition=Q(imsi__isnull=False)),
            models.Index(fields=["iccid"], name="parts_board_iccid", condition=Q(iccid__isnull=False)),
            models.Index(fields=["unit_serial"], name="parts_board_serial", condition=Q(unit_serial__isnull=False)),
            models.Index(
                fields=["device_key_digest"], name="parts_board_key", condition=Q(device_key_digest__isnull=False)
            ),
        ]

    def before_write(self) -> None:
        held = self.properties if isinstance(self.properties, dict) else {}
        for name, column in CARRIED.items():
            number = held.get(name)
            setattr(self, column, number if isinstance(number, str) and 0 < len(number) <= _LONGEST else None)
        if not isinstance(self.properties, dict) or "device_key" not in self.properties:
            self.device_key = None
        elif self.properties["device_key"] != MASK:
            key = self.properties["device_key"]
            self.device_key = None if key is None else str(key)
            self.properties = {**self.properties, "device_key": None if key is None else MASK}

    @property
    def called(self) -> str:
        """What people call it: its type, and its number where it has one."""
        return f"{self.part_type.name} {self.serial_number or ''}".strip()

    @property
    def carried(self) -> dict[str, str]:
        """The numbers that this part carries of a unit, by the names they have in `properties`."""
        return {name: number for name, column in CARRIED.items() if (number := getattr(self, column))}

    def conflicts(self, changed: Collection[str]) -> dict[str, str]:
        """A board carries nothing that another board or another unit has. Its own unit has its number as IMEI."""
        if "properties" not in changed or not (self.carried or self.device_key):
            return {}
        alone(LOCK)
        numbers = set(self.carried.values())
        units = Product.holding(numbers, self.device_key).exclude(product_imei=self.serial_number or "")
        others: list[Any] = [*units, *boards_holding(numbers, self.device_key).exclude(pk=self.pk)]
        taken = {number for row in others for number in row.numbers}
        keys = {row.device_key for row in others} - {None}
        names = [name for name, number in self.carried.items() if number in taken]
        names += ["device_key"] if self.device_key in keys else []
        return {"properties": f"hold the {names[0]} of another board or unit"} if names else {}

    @property
    def numbers(self) -> set[str]:
        return {*self.carried.values(), self.serial_number or ""} - {""}


def boards_holding(numbers: Collection[str], device_key: str | None) -> QuerySet[Part]:
    """Boards that one of these numbers stands for, or that have this device key."""
    known = Q(serial_number__in=numbers) & ~Q(unit_serial=None, imsi=None, device_key_digest=None)
    for column in CARRIED.values():
        known |= Q(**{f"{column}__in": numbers})
    if device_key:
        known |= Q(device_key_digest=keyed_digest(device_key, "parts.part.device_key"))
    return Part._base_manager.filter(known)


def _rivals(unit: Product, numbers: Collection[str], device_key: str | None) -> list[Part]:
    return list(boards_holding(numbers, device_key).exclude(serial_number=unit.product_imei))


Product.RIVALS.append(_rivals)


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
