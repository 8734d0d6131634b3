from apps.api.endpoint import route
from apps.dcm import api

urlpatterns = [
    route("products/<str:imei>/add_payment_command", api.add_payment_command),
    route("products/<str:imei>/force_reset", api.force_reset),
    route("products/<str:imei>/balance_and_pending_payments", api.balance_and_pending_payments),
]
