from apps.api.endpoint import route
from apps.connectivity import api_places as api

urlpatterns = [
    route("products/locations", api.locations),
    route("products/<str:imei>/available_networks", api.available_networks),
    route("products/<str:imei>/connectivity_reliability_rate", api.connectivity_reliability_rate),
]
