from django.apps import AppConfig


class ApiConfig(AppConfig):
    name = "apps.api"

    def ready(self) -> None:
        from django.db.backends.signals import connection_created

        from apps.api import checks  # noqa: F401
        from apps.api.q.lookups import teach_sqlite

        connection_created.connect(teach_sqlite)
