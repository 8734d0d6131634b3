"""The unit itself."""

from collections.abc import Callable, Collection
from typing import Any, ClassVar

from django.db import models
from django.db.models import Q, QuerySet

from apps.accounts.models import Hub, Shop
from apps.core import rules
from apps.core.crypto import DigestField, EncryptedField, keyed_digest
from apps.core.fields import OptionField, options
from apps.core.locks import alone
from apps.core.models import Row
from apps.core.scope import ByEntity
from apps.products.models.catalogue import ProductType, SoftwareVersionType


def _latest(to: str) -> Any:
    # Unindexed, because each contact of a unit writes some of them (heap-only updates); and nothing happens in the
    # database when the row pointed to goes: actions.remove_history_row re-points first.
    return models.ForeignKey(to, models.DO_NOTHING, null=True, related_name="+", db_index=False)


LOCK = "numbers of units"  # whoever gives a unit or a board its numbers is alone with this (core.locks)
SUBJECT = "product:"  # of a unit's events and telemetry, before its IMEI
NUMBERS = ("product_imei", "serial_number", "imsi", "iccid")


class Product(Row):
    """A unit, known by its IMEI. Belongs to one or more entities, is switched on and off, reports and connects.

    `row_no` rises with each new unit and orders long lists; the contract's key is `product_imei`.
    """

    SCOPE = ByEntity("product_entity_linker__entity", {"date_removed": None})
    KEY = "product_imei"
    SECRET = ("device_key",)
    HIDDEN = (
        "row_no", "device_key_digest", "order_seq", "current_tamper_flag", "desired_tamper_flag",
        "latest_tamper_enable_history_id", "reported_software", "located",
    )  # fmt: skip
    DERIVED = ("located",)
    BUSY = ("latest_connection_id", "latest_connection_location_id", "gps_lat", "gps_lon", "ip_address")

    # What later rooms know of that has such numbers too: (unit, numbers, device key) → [rows with numbers, device_key].
    RIVALS: ClassVar[list[Callable[["Product", Collection[str], str | None], list[Any]]]] = []

    # What later rooms end when somebody moves a unit to another state by hand: (unit, left=, by=).
    LEFT: ClassVar[list[Callable[..., Any]]] = []

    # How many orders of credit of a unit are open, of the room that knows: (unit) → number.
    CREDIT_OPEN: ClassVar[list[Callable[["Product"], int]]] = []

    # What later rooms carry along when another unit takes its place: (unit, heir, by=).
    SUCCEEDED: ClassVar[list[Callable[..., Any]]] = []

    RULES: ClassVar[Any] = {
        "serial_number": rules.whole, "imsi": rules.IMSI, "iccid": rules.ICCID, "ip_address": rules.address,
        "gps_lat": rules.LATITUDE, "gps_lon": rules.LONGITUDE,
    }  # fmt: skip

    row_no = models.BigAutoField(primary_key=True)
    product_imei = models.CharField(max_length=20, unique=True)
    analysis_timestamp = models.DateTimeField(null=True)
    current_enable_flag = models.BooleanField(default=False)
    desired_enable_flag = models.BooleanField(default=False)
    disable_date = models.DateTimeField(null=True)
    device_key = EncryptedField(max_length=24, null=True, label="product.device_key")
    hub = models.ForeignKey(Hub, models.PROTECT, null=True, related_name="products")
    imsi = models.CharField(max_length=15, unique=True)
    iccid = models.CharField(max_length=22, null=True, unique=True)
    latest_connection = _latest("products.Connection")
    latest_connection_location = _latest("products.Connection")
    latest_state = _latest("products.State")
    latest_enable_history = _latest("products.EnableHistory")
    product_type = models.ForeignKey(ProductType, models.PROTECT, related_name="products")
    serial_number = models.CharField(max_length=255, unique=True)
    shop = models.ForeignKey(Shop, models.PROTECT, null=True, related_name="products")
    software_lock = models.ForeignKey(
        SoftwareVersionType, models.PROTECT, null=True, related_name="+", db_column="software_lock"
    )
    rtc_network_name = OptionField(
        max_length=20,
        null=True,
        choices=options("Aeris", "Eseye", "Test-SIM-Provider", "Wireless-Logic"),
    )
    ip_address = models.CharField(max_length=15, null=True)
    latest_rtc_connection_history = _latest("products.RtcConnectionHistory")
    latest_rtc_mo_status_report_time = models.DateTimeField(null=True)
    latest_rtc_mt_status_update_time = models.DateTimeField(null=True)
    rtc_enabled_flag = models.BooleanField(default=False)
    dcm_enabled_flag = models.BooleanField(default=False)
    assembler = models.CharField(max_length=255, null=True)
    gps_lat = models.FloatField(null=True)
    gps_lon = models.FloatField(null=True)
    warranty_start_date = models.DateField(null=True)
    is_payg = models.BooleanField(default=True)

    device_key_digest = DigestField(of="device_key", null=True, unique=True)
    # Rises with every order to the unit, so that the unit can tell which of two answers is the newer.
    order_seq = models.PositiveBigIntegerField(default=0)
    current_tamper_flag = models.BooleanField(default=False)
    desired_tamper_flag = models.BooleanField(default=False)
    latest_tamper_enable_history = _latest("products.TamperEnableHistory")
    # As the unit last wrote it; the linkers hold it where the version is known.
    reported_software = models.CharField(max_length=255, null=True)
    # Whether a location is known. Changes once in a life, so that lists and counts by it are kept (core.changes).
    located = models.BooleanField(default=False)

    class Meta:
        ordering = ("row_no",)
        # Letters in real time name a unit by its address; few units have such a SIM.
        indexes = [
            models.Index(fields=["ip_address"], condition=models.Q(rtc_enabled_flag=True), name="products_rtc_address"),
        ]

    def before_write(self) -> None:
        self.located = self.latest_connection_location_id is not None
        if not self.dcm_enabled_flag:
            kinds = ProductType.objects.filter(pk=self.product_type_id, dcm_by_default=True)
            self.dcm_enabled_flag = kinds.exists()

    def conflicts(self, changed: Collection[str]) -> dict[str, str]:
        """People name a unit by any of its numbers, so none may be another unit's, in whatever column, nor a board's
        that is to become another unit. Who writes numbers of units does so alone until its transaction ends."""
        given = {name: value for name in NUMBERS if name in changed and (value := getattr(self, name))}
        device_key = self.device_key if "device_key" in changed else None
        if not given and not device_key:
            return {}
        alone(LOCK)
        numbers = set(given.values())
        rivals = [row for find in self.RIVALS for row in find(self, numbers, device_key)]
        other = {number for unit in Product.holding(numbers, None).exclude(pk=self.pk) for number in unit.numbers}
        boards = {number for row in rivals for number in row.numbers}
        found = {name: "is the number of another board" for name, value in given.items() if value in boards}
        found |= {name: "is the number of another unit" for name, value in given.items() if value in other}
        if device_key and any(row.device_key == device_key for row in rivals):
            found["device_key"] = "is the key of another board"
        return found

    @classmethod
    def holding(cls, numbers: Collection[str], device_key: str | None) -> QuerySet["Product"]:
        """Units that one of these numbers stands for, or that have this device key."""
        held = Q(pk__in=[])
        for name in NUMBERS if numbers else ():
            held |= Q(**{f"{name}__in": numbers})
        if device_key:
            held |= Q(device_key_digest=keyed_digest(device_key, "products.product.device_key"))
        return cls._base_manager.filter(held)

    @property
    def numbers(self) -> set[str]:
        return {value for name in NUMBERS if (value := getattr(self, name))}

    @property
    def subject(self) -> str:
        return f"{SUBJECT}{self.product_imei}"


def of_product(related_name: str, on_delete: Any = models.CASCADE, *, null: bool = False, **options: Any) -> Any:
    """The column `product_imei` of a table that belongs to units."""
    return models.ForeignKey(
        Product,
        on_delete,
        to_field="product_imei",
        db_column="product_imei",
        related_name=related_name,
        null=null,
        **options,
    )
