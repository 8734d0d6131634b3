"""Which repair workflow somebody gets."""

from django.db import models

from apps.core.models import Row
from apps.core.scope import Reference
from apps.products.models import ProductType


class RepairWorkflowSelector(Row):
    """Overrides which workflow a user or an entity gets for a type of unit; no name: none."""

    SCOPE = Reference()

    repair_workflow_selector_id = models.AutoField(primary_key=True)
    product_type = models.ForeignKey(ProductType, models.PROTECT, related_name="repair_workflow_selector")
    workflow_name = models.CharField(max_length=255, null=True)
    selector_type = models.CharField(max_length=255)
    selector_value = models.CharField(max_length=255)
