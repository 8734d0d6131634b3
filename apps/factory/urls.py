from apps.api.endpoint import route
from apps.factory import api

urlpatterns = [
    route("products/create_hub2", api.create_hub2),
    route("products/create_enterprise", api.create_enterprise),
    route("products/create_product/home2", api.create_product["home2"]),
    route("products/create_product/home3", api.create_product["home3"]),
    route("products/create_product/hub2", api.create_product["hub2"]),
    route("products/create_product/enterprise", api.create_product["enterprise"]),
    route("parts/create_tiger_pcb", api.create_tiger_pcb),
    route("parts/create_hyena_pcb", api.create_hyena_pcb),
    route("parts/create_koala_pcb", api.create_koala_pcb),
    route("parts/create_jackal_pcb", api.create_jackal_pcb),
    route("upload_tool_log", api.upload_tool_log),
]
