from django.apps import AppConfig
from django.db.models.signals import post_migrate, pre_migrate


class CoreConfig(AppConfig):
    name = "apps.core"

    def ready(self) -> None:
        from apps.core import changes, checks, naming  # noqa: F401

        naming.translate_names()

        pre_migrate.connect(changes.suspend, sender=self)
        post_migrate.connect(changes.install, sender=self)
