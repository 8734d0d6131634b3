"""Which networks a unit could use, and how reliably it connects."""

import datetime as dt
from typing import Any

from django.db.models import QuerySet

from apps.connectivity.models import Network, SimProviderNetworkLinker
from apps.products.contact import CONNECT_EVERY
from apps.products.models import Connection, Product
from apps.repairs.models import PartProductLinker


def networks_of(product: Product, mcc: int) -> QuerySet[Network]:
    """The networks of a country that the provider of the unit's SIM reaches, by name. None without a provider."""
    fitted = PartProductLinker.objects.filter(product=product, date_removed=None)
    providers = fitted.values("part__part_type__sim_part_type_sim_provider_linker__sim_provider")
    reached = SimProviderNetworkLinker.objects.filter(sim_provider__in=providers)
    found: Any = Network.objects.filter(mcc=mcc, pk__in=reached.values("network")).order_by("name", "pk")
    return found


def reliability(product: Product, start: dt.datetime, end: dt.datetime) -> float:
    """Connections from `start` to `end` as a share of the expected ones: one in every whole four hours, so that of
    seven hours only one is expected. Never above 1; of less than four hours nothing is expected, and it is 1."""
    expected = int((end - start).total_seconds()) // CONNECT_EVERY
    if expected <= 0:
        return 1.0
    actual = Connection.objects.filter(product=product, date__gte=start, date__lte=end).count()
    return round(min(1.0, actual / expected), 2)
