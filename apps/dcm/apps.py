from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class DcmConfig(AppConfig):
    name = "apps.dcm"
    verbose_name = _("Credit")

    def ready(self) -> None:
        from apps.dcm.actions import move_credit, retire_tokens
        from apps.dcm.queries import number_outstanding
        from apps.products.models import Product

        Product.SUCCEEDED.extend((move_credit, retire_tokens))
        Product.CREDIT_OPEN.append(number_outstanding)
