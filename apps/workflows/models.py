"""Which repair workflow somebody gets, and the definitions that repairs began with."""

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


class WorkflowVersion(models.Model):
    """A definition as it was when a repair first began with it; such a repair stays on it (ours)."""

    digest = models.CharField(max_length=64, primary_key=True)
    name = models.CharField(max_length=80)
    version = models.PositiveIntegerField()
    text = models.TextField()
    first_used = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return f"{self.name} {self.version}"
