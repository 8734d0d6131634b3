from apps.api.endpoint import route
from apps.dcm import api, api_tokens

urlpatterns = [
    route("products/<str:imei>/add_payment_command", api.add_payment_command),
    route("products/<str:imei>/force_reset", api.force_reset),
    route("products/<str:imei>/balance_and_pending_payments", api.balance_and_pending_payments),
    route("products/<str:imei>/offline_token", api_tokens.issue_offline_token, api_tokens.enter_offline_token),
    route("products/<str:imei>/offline_tokens", api_tokens.read_offline_tokens),
]
