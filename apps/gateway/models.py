"""What the door for units remembers."""

import datetime as dt

from django.db import models
from django.utils import timezone

from apps.products.models import Product


class Told(models.Model):
    """What a unit that has open orders was told, and when: written where it fetches instructions while it has some."""

    KEPT = 40

    product = models.OneToOneField(Product, models.CASCADE, primary_key=True, related_name="told")
    # Of its last instructions, until its next report: an order that it knew and has not carried out was tried.
    unanswered_since = models.DateTimeField(null=True)
    # [[seq, when the unit first fetched it], [seq, when it last did], …], the newest last. The last, too: what a part
    # brings along that is fitted has no seq of its own.
    firsts = models.JSONField(default=list)

    def __str__(self) -> str:
        return f"told unit {self.product_id}"

    def note(self, seq: int, at: dt.datetime) -> None:
        kept = self.firsts[:-1] if [one[0] for one in self.firsts[-2:]] == [seq, seq] else self.firsts
        self.firsts = [*kept, [seq, at.isoformat()]][-self.KEPT :]

    @property
    def times(self) -> list[dt.datetime]:
        return [dt.datetime.fromisoformat(at) for _seq, at in self.firsts]


class LastExchange(models.Model):
    """The last accepted request of a unit and the answer it got: the counter may only rise, and the same request
    again (its answer was lost on the way) gets the same answer without a second effect."""

    product = models.OneToOneField(Product, models.CASCADE, primary_key=True, related_name="last_exchange")
    counter = models.BigIntegerField()
    tag = models.CharField(max_length=32)
    status = models.PositiveSmallIntegerField()
    body = models.BinaryField()

    def __str__(self) -> str:
        return f"{self.counter} of unit {self.product_id}"


class DataFormat(models.Model):
    """In which order a kind of OpenPAYGO unit sends its values, and what they are: told once, named by number since."""

    digest = models.CharField(max_length=64, unique=True)  # of its content, so that the same one has one number
    content = models.JSONField()
    created_at = models.DateTimeField(default=timezone.now)

    def __str__(self) -> str:
        return f"data format {self.pk}"
