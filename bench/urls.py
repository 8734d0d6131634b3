"""The product's addresses, and the limits they are held against: the least that the same server could do."""

import os

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path

from apps.api.envelope import dumps
from apps.gateway import views
from backoffice.urls import urlpatterns as product


def raw(request: HttpRequest, imei: str) -> HttpResponse:
    """One raw indexed query in a plain Django view: no token, no scope, no DRF."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM products_product WHERE product_imei = %s", [imei])
        row = cursor.fetchone()
    return HttpResponse(dumps(row), content_type="application/json")


if os.environ.get("BENCH_ORM_PATH"):
    views._quietly = lambda *args: None  # type: ignore[assignment]

urlpatterns = [path("raw/<str:imei>", raw), *product]
