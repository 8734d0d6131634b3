"""What lies on the shelves of a repair centre, and why it became more or less."""

from django.db import models

from apps.accounts.models import RepairCentre
from apps.core.fields import OptionField, options
from apps.core.models import Row
from apps.core.scope import ByEntity
from apps.parts.models import PartType
from apps.repairs.models.repairs import Repair

COUNTED, RECEIVED, FITTED, PUT_BACK, REUSED, WITHHELD = MOVES = (
    "counted", "received", "fitted", "put_back", "reused", "withheld",
)  # fmt: skip


class CentreStock(Row):
    """So many parts of a type are in a centre. What of them is promised is counted by the wishes (reserved_at)."""

    SCOPE = ByEntity("repair_centre__entity")

    centre_stock_id = models.AutoField(primary_key=True)
    repair_centre = models.ForeignKey(RepairCentre, models.PROTECT, related_name="stock")
    part_type = models.ForeignKey(PartType, models.PROTECT, related_name="stock")
    in_stock = models.IntegerField(default=0)
    low_mark = models.IntegerField(default=0)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["repair_centre", "part_type"], name="repairs_one_stock_a_centre_and_type"),
            models.CheckConstraint(condition=models.Q(in_stock__gte=0), name="repairs_stock_not_below_0"),
            models.CheckConstraint(condition=models.Q(low_mark__gte=0), name="repairs_low_mark_not_below_0"),
        ]


class StockMove(Row):
    """What was in stock became `left`, by `change`. Never rewritten."""

    SCOPE = ByEntity("stock__repair_centre__entity")

    stock_move_id = models.AutoField(primary_key=True)
    stock = models.ForeignKey(CentreStock, models.CASCADE, related_name="moves")
    kind = OptionField(max_length=10, choices=options(*MOVES))
    change = models.IntegerField()
    left = models.IntegerField()
    reason = models.TextField(blank=True, default="")
    repair = models.ForeignKey(Repair, models.SET_NULL, null=True, related_name="+")
