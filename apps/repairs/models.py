"""Fittings: which part sits, or sat, in which unit."""

from django.db import models

from apps.core.models import Row
from apps.core.scope import Follows
from apps.parts.models import Part
from apps.products.models import Product


class PartProductLinker(Row):
    """A part sits in a unit from `date_added` until `date_removed`."""

    SCOPE = Follows("product")

    part_product_linker_id = models.AutoField(primary_key=True)
    part = models.ForeignKey(Part, models.PROTECT, related_name="fittings")
    product = models.ForeignKey(
        Product, models.CASCADE, to_field="product_imei", db_column="product_imei", related_name="fittings"
    )
    date_added = models.DateTimeField(null=True)
    date_removed = models.DateTimeField(null=True)
    replaced_part = models.ForeignKey(Part, models.PROTECT, null=True, related_name="+")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["part"],
                condition=models.Q(date_removed=None),
                name="repairs_part_in_one_unit_at_a_time",
            )
        ]
