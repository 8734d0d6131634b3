"""What a unit is to do, read and never changed: what is sent stays pending until a signed report confirms it."""

from typing import Any

from django.utils import timezone

from apps.core.times import iso
from apps.dcm.queries import outstanding
from apps.products.contact import CONNECT_EVERY
from apps.products.models import Product, ProductParameter, ProductSoftwareLinker
from apps.products.parameters import typed

MOST_COMMANDS = 100  # the next ones follow when these are acknowledged


def instructions_for(product: Product) -> dict[str, Any]:
    """`seq` rises with every order, so that a unit that gets two answers out of order follows the newer one."""
    ordered = (
        ProductSoftwareLinker.objects.select_related("software_version_type")
        .filter(product=product, date_added=None, date_removed=None)
        .order_by("-pk")
        .first()
    )
    version = ordered.software_version_type if ordered else None
    pending = ProductParameter.objects.select_related("parameter_type").filter(product=product, status="pending")
    return {
        "time": iso(timezone.now()),
        "seq": product.order_seq,
        "enabled": product.desired_enable_flag,
        "tamper_enabled": product.desired_tamper_flag,
        "software": version and {"name": version.name, "link": version.link, "checksum": version.checksum},
        "parameters": {row.parameter_type.name: typed(row.parameter_type, row.value) for row in pending.order_by("pk")},
        "payment_commands": list(outstanding(product).values("transaction_id", "category", "value")[:MOST_COMMANDS]),
        "next_connection_s": CONNECT_EVERY,
    }
