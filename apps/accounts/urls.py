from apps.accounts import api
from apps.api.endpoint import route

urlpatterns = [
    route("home", api.home, api.home_post),
    route("auth/login", api.login),
    route("auth/logout", api.logout),
    route("auth/validate_user", api.validate_user),
    route("auth/validate_user_and_password", api.validate_user_and_password, api.validate_user_and_password_post),
    route("auth/validate_user_password", api.validate_user_and_password, api.validate_user_and_password_post),
]
