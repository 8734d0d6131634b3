"""The outbox: what happened, and one row per consequence that is still to do.

Both are written in the transaction of the change itself, so neither can be lost and neither can speak of a change
that never came about. A broker only wakes the relay earlier.
"""

from django.db import models
from django.utils import timezone

from apps.core.fields import OptionField


class Event(models.Model):
    """Something that happened. `subject` is opaque here: `product:<imei>`; `entity_ids` are those of that moment."""

    id = models.BigAutoField(primary_key=True)
    name = models.CharField(max_length=80)
    subject = models.CharField(max_length=120)
    entity_ids = models.JSONField(default=list)
    payload = models.JSONField(default=dict)
    by = models.TextField()
    at = models.DateTimeField(default=timezone.now)

    class Meta:
        indexes = [models.Index(fields=["subject", "id"], name="events_event_subject")]

    def __str__(self) -> str:
        return f"{self.name} {self.subject} #{self.pk}"


class Consequence(models.Model):
    """One consequence of one event, with its own attempts. `handler` is a name from backoffice/subscriptions.py."""

    class State(models.TextChoices):
        PENDING = "pending"
        DONE = "done"
        FAILED = "failed"  # every attempt spent; kept to be looked at and retried by a person

    id = models.BigAutoField(primary_key=True)
    event = models.ForeignKey(Event, on_delete=models.CASCADE, related_name="consequences")
    handler = models.CharField(max_length=120)
    state = OptionField(max_length=10, choices=State.choices, default=State.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    # When it may be claimed. A claim moves this past the lease, so a worker that dies hands it back by itself.
    due_at = models.DateTimeField(default=timezone.now)
    last_error = models.TextField(blank=True, default="")
    done_at = models.DateTimeField(null=True)
    is_counted = False  # whether `attempts` holds the coming one already (relay.claim)

    class Meta:
        indexes = [
            models.Index(fields=["due_at"], name="events_consequence_due", condition=models.Q(state="pending")),
            models.Index(fields=["id"], name="events_consequence_failed", condition=models.Q(state="failed")),
        ]

    def __str__(self) -> str:
        return f"{self.handler} of event {self.event_id} ({self.state})"
