from django.urls import path

from apps.api.endpoint import route
from apps.gateway import api
from apps.gateway.views import rc_data, rm_data

urlpatterns = [
    path("rc_data", rc_data),
    path("rm_data", rm_data),
    route("products/<str:imei>/pending", api.read_pending),
]
