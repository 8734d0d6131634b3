"""Where units are and what they can reach (seed 004, "/products/locations", "/products/<imei>/available_networks",
"/products/<imei>/connectivity_reliability_rate")."""

import datetime as dt
import math
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from rest_framework.request import Request

from apps.api import paging, reading
from apps.api.endpoint import Body, endpoint
from apps.api.envelope import answer, success
from apps.api.moments import asked_moments
from apps.connectivity import coverage
from apps.core import counting
from apps.core.catalogue import tables
from apps.core.levels import Level
from apps.core.refusals import refuse_if
from apps.products.api import unit
from apps.products.models import Product

DEFAULT, MOST = 1000, 10_000  # units a page
PERIOD = dt.timedelta(days=7)
COLUMNS = {
    "product_imei": "product_imei",
    "latitude": "latest_connection_location__latitude",
    "longitude": "latest_connection_location__longitude",
    "error_radius": "latest_connection_location__error_radius",
}


@endpoint("GET", level=Level.OVERVIEW)
def locations(request: Request) -> HttpResponse:
    """The latest place of each unit that has one, `page` and `results_per_page` (1,000; at most 10,000).

    `latitude`, `longitude`: degrees as texts; `error_radius`: metres, null of a place by GPS.
    """
    page, size = paging.read(request.query_params, DEFAULT, MOST)
    start = max(page - 1, 0) * size
    rows = Product.objects.visible_to(request.user).filter(located=True)
    keys = list(counting.window(rows, ["row_no"], start, start + size).values_list("pk", flat=True))
    found = Product.objects.filter(pk__in=keys).order_by("pk").values_list(*COLUMNS.values())
    total = counting.count(rows)
    return answer({
        "data": [dict(zip(COLUMNS, row, strict=True)) for row in found],
        "num_results": total,
        "page": page,
        "total_pages": math.ceil(total / size),
    })  # fmt: skip


class CountryQuery(Body):
    """`mcc`: the mobile country code, of three digits."""

    mcc: int | str | None = None

    @property
    def code(self) -> int:
        given = str(self.mcc if self.mcc is not None else "").strip()
        refuse_if(not given, "mcc", "is required: the mobile country code, such as 635 for Rwanda")
        wrong = len(given) != 3 or not (given.isascii() and given.isdecimal())
        refuse_if(wrong, "mcc", "must be a mobile country code of three digits, such as 635 for Rwanda")
        return int(given)


@endpoint("GET", level=Level.OVERVIEW, fetch=unit, body=CountryQuery)
def available_networks(request: Request, product: Product, body: CountryQuery) -> HttpResponse:
    """The networks of a country that the unit's SIM could use; none where nobody knows its SIM's provider."""
    found = coverage.networks_of(product, body.code)
    return answer({"status": "success", "data": {"networks": reading.records(tables()["networks"], found)}})


class PeriodQuery(Body):
    """`start` (seven days ago) and `end` (now): times, by ISO or as 2017-01-01 00:00:00."""

    start: str | None = None
    end: str | None = None


@endpoint("GET", level=Level.OVERVIEW, fetch=unit, body=PeriodQuery)
def connectivity_reliability_rate(request: Request, product: Product, body: PeriodQuery) -> HttpResponse:
    """Connections of the unit as a share of one in every four hours, from 0 to 1."""
    given: dict[str, Any] = asked_moments(body, "start", "end")
    now = timezone.now()
    start, end = given.get("start", now - PERIOD), given.get("end", now)
    refuse_if(end > now, "end", "must not be in the future")
    refuse_if(end < start, "end", "must not be before start, which is seven days ago where it is not given")
    rate = coverage.reliability(product, start, end)
    return success(
        "Successfully computed product connectivity reliability rate", {"connectivity_reliability_rate": rate}
    )
