"""What time does to orders."""

from celery import shared_task
from django.db import transaction
from django.utils import timezone

from apps.core.actors import SYSTEM
from apps.products import actions
from apps.products.contact import PENDING
from apps.products.models import EnableHistory, Product, TamperEnableHistory

AT_ONCE = 1000


@shared_task(name="apps.products.tasks.lapse")
def lapse() -> None:
    """End switching orders whose deadline has passed; each minute. A unit's own contact ends its order sooner."""
    for history in (EnableHistory, TamperEnableHistory):
        due = history.objects.filter(valid_until__lte=timezone.now(), lapsed=False, current_enable_state__in=PENDING)
        for imei in list(due.values_list("product_id", flat=True)[:AT_ONCE]):
            with transaction.atomic():
                unit = Product.objects.select_for_update(of=("self",), no_key=True).filter(product_imei=imei).first()
                if unit is not None:
                    actions.lapse_orders(unit, by=SYSTEM)
