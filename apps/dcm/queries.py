"""What is known of the credit of units."""

from django.db.models import QuerySet, Sum

from apps.dcm.models import PaymentCommand
from apps.products.models import Product


def outstanding(product: Product) -> QuerySet[PaymentCommand]:
    """What the unit is still to take over, in the order in which it was given."""
    return PaymentCommand.objects.filter(PaymentCommand.OUTSTANDING, product=product).order_by("pk")


def ever_added(product: Product) -> int:
    """Seconds of credit given since the unit was last zeroed (seed 004, "PaymentCommands")."""
    payments = PaymentCommand.objects.filter(product=product, void=False, category="payment")
    return payments.aggregate(sum=Sum("value"))["sum"] or 0
