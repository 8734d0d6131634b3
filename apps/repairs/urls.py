from apps.api.endpoint import route
from apps.repairs import api

urlpatterns = [
    route("products/<str:imei>/parts", api.parts),
    route("products/<str:imei>/parameters/history", api.parameters_history),
    route("products/<str:imei>/suggest_energy_limit", api.suggest_energy_limit),
]
