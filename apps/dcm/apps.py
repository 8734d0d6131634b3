from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DcmConfig(AppConfig):
    name = "apps.dcm"
    verbose_name = _("Credit")
