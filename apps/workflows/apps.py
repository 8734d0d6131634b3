from django.apps import AppConfig
from django.utils.translation import gettext_lazy as _


class WorkflowsConfig(AppConfig):
    name = "apps.workflows"
    verbose_name = _("Repairs")

    def ready(self) -> None:
        from apps.products.models import Product
        from apps.workflows.actions import withdraw
        from apps.workflows.definition import library  # noqa: F401  # registers the check of definitions

        Product.LEFT.append(withdraw)
