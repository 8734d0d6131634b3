from django.urls import path

from apps.api.endpoint import route
from apps.gateway import api
from apps.gateway.openpaygo import api as openpaygo
from apps.gateway.views import rc_data, rm_data

urlpatterns = [
    path("rc_data", rc_data),
    path("rm_data", rm_data),
    route("products/<str:imei>/pending", api.read_pending),
    route("openpaygo/device_data", openpaygo.receive_device_data, openpaygo.read_device_data),
    route("openpaygo/dd", openpaygo.receive_device_data, openpaygo.read_device_data),
    route("openpaygo/data_format", openpaygo.register_data_format),
]
