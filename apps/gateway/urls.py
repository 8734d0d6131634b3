from django.urls import path

from apps.gateway.views import rc_data, rm_data

urlpatterns = [path("rc_data", rc_data), path("rm_data", rm_data)]
