from apps.api.endpoint import route
from apps.workflows import api

urlpatterns = [
    route("products/<str:imei>/get_repair", api.get_repair),
    route("repairs/list_current_states", api.list_current_states),
    route("repairs/<int:key>/current_state", api.current_state),
    route("repairs/<int:key>/send_inputs", api.send_inputs),
    route("repairs/<int:key>/send_events", api.send_events),
    route("repairs/<int:key>/history", api.history),
    route("repairs/<int:key>/override_exit_checks", api.override_exit_checks),
    route("repairs/<int:key>/undo", api.undo),
]
