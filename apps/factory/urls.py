from apps.api.endpoint import route
from apps.factory import api

urlpatterns = [route("products/create_hub2", api.create_hub2)]
