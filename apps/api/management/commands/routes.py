from typing import Any

from django.core.management.base import BaseCommand

from apps.api.routes import every_route


class Command(BaseCommand):
    help = "Print every route with its method, who may call it and its handler."

    def handle(self, *args: Any, **options: Any) -> None:
        for route in every_route():
            self.stdout.write(str(route).rstrip())
