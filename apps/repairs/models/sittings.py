"""Working time: who sat at which step of a repair, from when to when."""

import datetime as dt

from django.db import models
from django.db.models import Q

from apps.accounts.models import User
from apps.repairs.models.repairs import Repair, RepairWorkflowState

GAP = dt.timedelta(minutes=3)  # without a beat of the open page for so long somebody has left


class Sitting(models.Model):
    """Somebody had a step of a repair before them from `began` to `seen`, the last beat of their open page.

    `ended` stands once it is known that no beat will come. `corrected_seconds` takes the place of what was measured.
    """

    sitting_id = models.AutoField(primary_key=True)
    repair = models.ForeignKey(Repair, models.CASCADE, related_name="sittings")
    state = models.ForeignKey(RepairWorkflowState, models.CASCADE, related_name="sittings")
    technician = models.ForeignKey(User, models.CASCADE, related_name="+")
    began = models.DateTimeField()
    seen = models.DateTimeField()
    ended = models.DateTimeField(null=True)
    corrected_seconds = models.PositiveIntegerField(null=True)
    reason = models.TextField(blank=True, default="")
    corrected_by = models.TextField(null=True)
    corrected_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["technician"], condition=Q(ended=None), name="repairs_one_sitting_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return f"{self.technician} {self.began:%Y-%m-%d %H:%M}"

    @property
    def measured_seconds(self) -> int:
        return round((self.seen - self.began).total_seconds())

    @property
    def seconds(self) -> int:
        """As it counts: what was measured, or what somebody put in its place."""
        return self.measured_seconds if self.corrected_seconds is None else self.corrected_seconds
