"""The product's addresses, and the limits they are held against: the least that the same server could do."""

from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path
from rest_framework import generics, serializers
from rest_framework.renderers import JSONRenderer
from rest_framework.response import Response

from apps.api.envelope import dumps
from apps.core.columns import columns_of
from apps.products.models import Product
from backoffice.urls import urlpatterns as product


def raw(request: HttpRequest, imei: str) -> HttpResponse:
    """One raw indexed query in a plain Django view: no token, no scope, no DRF."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT * FROM products_product WHERE product_imei = %s", [imei])
        row = cursor.fetchone()
    return HttpResponse(dumps(row), content_type="application/json")


COLUMNS = ", ".join(f'"{name}"' for name in columns_of(Product) if name != "device_key")


def json_agg(request: HttpRequest) -> HttpResponse:
    """A page of 1,000 that the database itself writes as JSON."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT json_agg(page)::text FROM (SELECT {COLUMNS} FROM products_product ORDER BY row_no LIMIT 1000) page"
        )
        text = cursor.fetchone()[0]
    return HttpResponse(text, content_type="application/json")


class ProductSerializer(serializers.ModelSerializer):
    class Meta:
        model = Product
        exclude = ["device_key", "device_key_digest"]


class SerializerPage(generics.GenericAPIView):
    """The same page as one would write it first: ModelSerializer."""

    authentication_classes: list = []
    renderer_classes = [JSONRenderer]  # DRF's own
    queryset = Product.objects.order_by("row_no")

    def get(self, request):
        rows = self.get_queryset()[:1000]
        return Response({"num_results": Product.objects.count(), "objects": ProductSerializer(rows, many=True).data})


urlpatterns = [
    path("raw/<str:imei>", raw),
    path("json_agg", json_agg),
    path("serializer", SerializerPage.as_view()),
    *product,
]
