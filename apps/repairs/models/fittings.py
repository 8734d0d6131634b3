"""Fittings: which part sits, or sat, in which unit."""

from django.db import models

from apps.core.fields import OptionField, options
from apps.core.models import Row
from apps.core.scope import Follows
from apps.parts.models import Part
from apps.products.models import of_product
from apps.repairs.models.repairs import Repair

REUSE, REFURBISH, SCRAP = FATES = ("reuse", "refurbish", "scrap")


class PartProductLinker(Row):
    """A part sits in a unit from `date_added` until `date_removed`."""

    SCOPE = Follows("product")
    HIDDEN = ("fate",)

    part_product_linker_id = models.AutoField(primary_key=True)
    part = models.ForeignKey(Part, models.PROTECT, related_name="part_product_linker")
    product = of_product("part_product_linker")
    date_added = models.DateTimeField(null=True)
    date_removed = models.DateTimeField(null=True)
    added_repair = models.ForeignKey(Repair, models.PROTECT, null=True, related_name="+")
    removed_repair = models.ForeignKey(Repair, models.PROTECT, null=True, related_name="+")
    replaced_part = models.ForeignKey(Part, models.PROTECT, null=True, related_name="+")
    # Of a part that was taken out; null: nobody has said yet.
    fate = OptionField(max_length=9, null=True, choices=options(*FATES), editable=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["part"],
                condition=models.Q(date_removed=None),
                name="repairs_part_in_one_unit_at_a_time",
            )
        ]
