"""/v1/current_enable_status: every unit with its switch, state and owner, for the ERP to sync by (seed 004).

In the order in which units were made, so that new ones come at the end and a page holds the same units from one sync
to the next. A far page costs what the first costs (core.counting).
"""

from typing import Any

from django.http import HttpResponse
from rest_framework.request import Request

from apps.api import paging
from apps.api.endpoint import endpoint
from apps.api.envelope import success
from apps.core import counting
from apps.core.levels import Level
from apps.core.times import iso
from apps.products.models import Product, ProductEntityLinker, ProductParameter
from apps.products.parameters import typed

DEFAULT, MOST = 1000, 10_000  # units a page
COLUMNS = {
    "product_imei": "product_imei",
    "serial_number": "serial_number",
    "product_type_id": "product_type_id",
    "hardware_type": "product_type__name",
    "dcm_enabled_flag": "dcm_enabled_flag",
    "current_state_type": "latest_state__current_state_type_id",
    "prev_enable_state": "latest_enable_history__prev_enable_state",
    "current_enable_state": "latest_enable_history__current_enable_state",
    "date": "latest_enable_history__date",
    "user": "latest_enable_history__user",
}
ENERGY = "total_accessory_energy"


@endpoint("GET", level=Level.FACTORY)
def current_enable_status(request: Request) -> HttpResponse:
    """The enable status of all units, `page` and `results_per_page` (1,000; at most 10,000)."""
    page, size = paging.read(request.query_params, DEFAULT, MOST)
    start = max(page - 1, 0) * size
    rows = Product.objects.visible_to(request.user)
    keys = list(counting.window(rows, ["row_no"], start, start + size).values_list("pk", flat=True))
    units = list(Product.objects.filter(pk__in=keys).order_by("pk").values(*COLUMNS.values()))
    imeis = [unit["product_imei"] for unit in units]
    owners, energies = _owners(imeis), _energies(imeis)
    return success("enable_histories retrieved", [_told(unit, owners, energies) for unit in units])


def _told(unit: dict[str, Any], owners: dict[str, Any], energies: dict[str, Any]) -> dict[str, Any]:
    told = {name: unit[column] for name, column in COLUMNS.items()}
    owner = owners.get(unit["product_imei"], (None, None))
    return told | {
        "date": told["date"] and iso(told["date"]),
        "entity_id": owner[0],
        "entity": owner[1],
        ENERGY: energies.get(unit["product_imei"]),
    }


def _owners(imeis: list[str]) -> dict[str, tuple[int, str]]:
    """Of several present entities the earliest is the ERP's."""
    links = ProductEntityLinker.objects.filter(product__product_imei__in=imeis, date_removed=None)
    rows: Any = links.order_by("-date_added", "-pk").values_list("product_id", "entity_id", "entity__name")
    return {imei: (key, name) for imei, key, name in rows}


def _energies(imeis: list[str]) -> dict[str, Any]:
    rows = ProductParameter.objects.filter(
        product__product_imei__in=imeis, parameter_type__name=ENERGY, status="active"
    )
    return {row.product_id: typed(row.parameter_type, row.value) for row in rows.select_related("parameter_type")}
