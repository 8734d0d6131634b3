"""How and whence a unit connected."""

from typing import Any

from django.db import models
from django.utils import timezone

from apps.core.fields import OptionField, options
from apps.core.models import Row
from apps.core.scope import Follows
from apps.products.models.product import of_product

MOST_CELLS = 7
CELL_COLUMNS = tuple(
    tuple((f"cell_{number}_{key}", key) for key in ("lac", "cid", "signal", "mcc", "mnc"))
    for number in range(1, MOST_CELLS + 1)
)


class Connection(Row):
    """One contact of a unit with what it saw of the network. Only a status report makes one."""

    SCOPE = Follows("product")
    HIDDEN = ("balance",)
    BUSY = ("*",)

    connection_id = models.BigAutoField(primary_key=True)
    product = of_product("connections", null=True, db_index=False)
    location_failed_flag = models.BooleanField()
    date = models.DateTimeField()
    mcc = models.IntegerField(null=True)
    mnc = models.IntegerField(null=True)
    cell_1_lac = models.IntegerField(null=True)
    cell_1_cid = models.IntegerField(null=True)
    cell_1_signal = models.IntegerField(null=True)
    cell_1_mcc = models.IntegerField(null=True)
    cell_1_mnc = models.IntegerField(null=True)
    cell_2_lac = models.IntegerField(null=True)
    cell_2_cid = models.IntegerField(null=True)
    cell_2_signal = models.IntegerField(null=True)
    cell_2_mcc = models.IntegerField(null=True)
    cell_2_mnc = models.IntegerField(null=True)
    cell_3_lac = models.IntegerField(null=True)
    cell_3_cid = models.IntegerField(null=True)
    cell_3_signal = models.IntegerField(null=True)
    cell_3_mcc = models.IntegerField(null=True)
    cell_3_mnc = models.IntegerField(null=True)
    cell_4_lac = models.IntegerField(null=True)
    cell_4_cid = models.IntegerField(null=True)
    cell_4_signal = models.IntegerField(null=True)
    cell_4_mcc = models.IntegerField(null=True)
    cell_4_mnc = models.IntegerField(null=True)
    cell_5_lac = models.IntegerField(null=True)
    cell_5_cid = models.IntegerField(null=True)
    cell_5_signal = models.IntegerField(null=True)
    cell_5_mcc = models.IntegerField(null=True)
    cell_5_mnc = models.IntegerField(null=True)
    cell_6_lac = models.IntegerField(null=True)
    cell_6_cid = models.IntegerField(null=True)
    cell_6_signal = models.IntegerField(null=True)
    cell_6_mcc = models.IntegerField(null=True)
    cell_6_mnc = models.IntegerField(null=True)
    cell_7_lac = models.IntegerField(null=True)
    cell_7_cid = models.IntegerField(null=True)
    cell_7_signal = models.IntegerField(null=True)
    cell_7_mcc = models.IntegerField(null=True)
    cell_7_mnc = models.IntegerField(null=True)
    frequency = models.IntegerField(null=True)
    timing_advance = models.IntegerField(null=True)
    latitude = models.CharField(max_length=12, null=True)
    longitude = models.CharField(max_length=12, null=True)
    error_radius = models.IntegerField(null=True)
    address = models.TextField(null=True)
    country_code = models.IntegerField(null=True)
    balance = models.BigIntegerField(null=True)  # seconds of credit that the unit said it had

    class Meta:
        indexes = [models.Index(fields=["product", "-connection_id"], name="products_connection_latest")]

    @staticmethod
    def columns_of_contact(
        cells: list[dict[str, int | None]], lat: float | None, lon: float | None, balance: int | None
    ) -> dict[str, Any]:
        """The columns of a contact of now, dated by our clock, from what the unit saw of the network."""
        located = lat is not None and lon is not None
        columns: dict[str, Any] = {
            "date": timezone.now(),
            "location_failed_flag": not located,
            "mcc": cells[0].get("mcc") if cells else None,
            "mnc": cells[0].get("mnc") if cells else None,
            "latitude": f"{lat:.6f}" if located else None,
            "longitude": f"{lon:.6f}" if located else None,
            "balance": balance,
        }
        for names, cell in zip(CELL_COLUMNS, cells, strict=False):
            for column, key in names:
                columns[column] = cell.get(key)
        return columns

    @property
    def cells(self) -> list[dict[str, int | None]]:
        """What the unit heard, as it reports it: {lac, cid, signal, mcc, mnc} each, the first being its own cell."""
        heard = [{key: getattr(self, column) for column, key in names} for names in CELL_COLUMNS]
        return [cell for cell in heard if any(value is not None for value in cell.values())]


class RtcConnectionHistory(Row):
    """When a unit came on line or went off line on the real-time channel, and why."""

    SCOPE = Follows("product")

    rtc_connection_history_id = models.AutoField(primary_key=True)
    product = of_product("rtc_connection_history")
    connection_status = OptionField(max_length=10, choices=options("offline", "online"))
    connection_status_time = models.DateTimeField()
    connection_status_reason = OptionField(
        max_length=30,
        choices=options(
            "inactivity", "low-battery-voltage", "message-received", "sleep-mode", "unknown", "user-request"
        ),
    )
    connection_status_info = models.TextField(null=True)
    latest_message_time = models.DateTimeField(null=True)

    class Meta:
        verbose_name_plural = "rtc connection histories"
