from django.apps import AppConfig


class DcmConfig(AppConfig):
    name = "apps.dcm"
