from apps.api.endpoint import route
from apps.products import api
from apps.products.enable_status import current_enable_status

urlpatterns = [
    route("current_enable_status", current_enable_status),
    route("products/<str:imei>/enable", api.enable),
    route("products/<str:imei>/disable", api.disable),
    route("products/<str:imei>/enable_tamper_switch", api.enable_tamper_switch),
    route("products/<str:imei>/disable_tamper_switch", api.disable_tamper_switch),
    route("products/<str:imei>/update_software", api.update_software),
    route("products/<str:imei>/lock_software", api.lock_software),
    route("products/<str:imei>/expire_software_updates", api.expire_software_updates),
    route("products/<str:imei>/set_dcm_enabled_flag", api.set_dcm_enabled_flag),
    route("products/<str:imei>/set_is_payg", api.set_is_payg),
    route("products/<str:imei>/change_state", api.change_state),
    route("products/<str:imei>/assign_entity", api.assign_entity),
    route("products/<str:imei>/change_entity", api.change_entity),
    route("products/<str:imei>/remove_entity", api.remove_entity),
    route("products/<str:imei>/remove", api.remove_entity),
    route("products/<str:imei>/data", api.read_data, api.write_data),
]
