from django.urls import path

from apps.console import views

app_name = "console"

urlpatterns = [
    path("", views.home, name="home"),
    path("login", views.login, name="login"),
    path("logout", views.logout, name="logout"),
    path("language", views.language, name="language"),
    path("search", views.search, name="search"),
    path("units/<str:imei>", views.unit, name="unit"),
    path("units/<str:imei>/enable", views.enable, name="enable"),
    path("units/<str:imei>/disable", views.disable, name="disable"),
    path("field", views.field_home, name="field_home"),
    path("field/<str:imei>", views.field, name="field"),
]
