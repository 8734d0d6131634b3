"""What the door for units remembers."""

from django.db import models

from apps.products.models import Product


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
