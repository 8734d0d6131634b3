"""What the door for units remembers."""

from django.db import models

from apps.products.models import Product


class Told(models.Model):
    """What a unit that has open orders was told, and when: written where it fetches instructions while it has some."""

    KEPT = 20

    product = models.OneToOneField(Product, models.CASCADE, primary_key=True, related_name="told")
    # Of its last instructions, until its next report: an order that it knew and has not carried out was tried.
    unanswered_since = models.DateTimeField(null=True)
    # [[seq, when the unit first fetched it], …], the newest last.
    firsts = models.JSONField(default=list)

    def __str__(self) -> str:
        return f"told unit {self.product_id}"


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
