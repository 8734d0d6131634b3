from django.urls import path

from apps.api.endpoint import route
from apps.connectivity import api, api_places
from apps.connectivity.views import sms_report

urlpatterns = [
    route("products/locations", api_places.locations),
    route("products/<str:imei>/available_networks", api_places.available_networks),
    route("products/<str:imei>/connectivity_reliability_rate", api_places.connectivity_reliability_rate),
    route("products/<str:imei>/send_wakeup", api.send_wakeup),
    route("products/<str:imei>/sync", api.sync),
    route("products/<str:imei>/status_update", api.status_update),
    route("products/<str:imei>/command_request", api.command_request),
    route("products/<str:imei>/rtc_online_status", api.rtc_online_status),
    route("products/<str:imei>/force_connection", api.force_connection),
    route("rtc_import_mo_dead_letters", api.import_mo_dead_letters),
    route("rtc_import_mt_reply_dead_letters", api.import_mt_reply_dead_letters),
    route("rtc_dead_letters/<int:key>/replay", api.replay),
    route("rtc_dead_letters/<int:key>/discard", api.discard),
    route("rtc_dead_letters/<int:key>/decode", api.decode),
    path("sms_reports/<str:name>", sms_report),
]
