"""A software version for all units of a type, some first (ours)."""

from typing import Any

from django.db import models

from apps.accounts.models import Entity
from apps.core.fields import OptionField, options
from apps.core.models import Row
from apps.core.scope import GlobalOnly
from apps.products.models.catalogue import ProductType, SoftwareVersionType


class SoftwareRollout(Row):
    """One hundredth of the units first, then a tenth, then all; it stops by itself where too many fail.

    Which hundredth a unit falls into follows from its number alone, so that each group holds those of the group before.
    """

    SCOPE = GlobalOnly()
    GROUPS = (1, 10, 100)  # per cent

    software_rollout_id = models.AutoField(primary_key=True)
    product_type = models.ForeignKey(ProductType, models.PROTECT, related_name="software_rollouts")
    software_version_type = models.ForeignKey(SoftwareVersionType, models.PROTECT, related_name="software_rollouts")
    entity = models.ForeignKey(Entity, models.PROTECT, null=True, related_name="software_rollouts")
    percent = models.PositiveSmallIntegerField(default=0)  # of the units, that are ordered to take part by now
    stop_at = models.FloatField(default=5.0)  # per cent of the ordered units that may fail
    attempts_allowed = models.PositiveSmallIntegerField(default=3)  # before a unit counts as failed
    state = OptionField(max_length=10, choices=options("done", "running", "stopped"), default="running")
    stopped_because = models.TextField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["product_type"], condition=models.Q(state="running"), name="products_one_rollout_a_type"
            )
        ]

    def __str__(self) -> str:
        return f"{self.software_version_type} → {self.product_type}"

    def next_group(self) -> int | None:
        return next((group for group in self.GROUPS if group > self.percent), None)

    def in_words(self) -> Any:
        from apps.products.words import ROLLOUTS

        return ROLLOUTS[self.state]
