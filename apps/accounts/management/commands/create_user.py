from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.accounts.actions import create_user
from apps.accounts.models import Entity, Visibility
from apps.core.actors import SYSTEM
from apps.core.levels import Level
from apps.core.refusals import Refused


class Command(BaseCommand):
    help = "Create a user: create_user EMAIL --password P --permissions LEVEL --scope GLOBAL|ENTITY [--entity NAME]"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("email")
        parser.add_argument("--password", required=True)
        parser.add_argument("--permissions", required=True, choices=Level.values)
        parser.add_argument("--scope", required=True, choices=Visibility.values)
        parser.add_argument("--entity", help="the entity's name; needed for the scope ENTITY")

    def handle(self, *args: Any, **options: Any) -> None:
        entity = None
        if options["entity"]:
            entity = Entity.objects.filter(name=options["entity"]).first()
            if entity is None:
                names = ", ".join(Entity.objects.order_by("name").values_list("name", flat=True)[:20])
                raise CommandError(f"There is no entity {options['entity']!r}. There are: {names}")
        try:
            user = create_user(
                email=options["email"], password=options["password"], permissions=options["permissions"],
                scope=options["scope"], entity=entity, by=SYSTEM,
            )  # fmt: skip
        except Refused as refused:
            raise CommandError(refused.message) from None
        self.stdout.write(f"Created {user.email}: {user.permissions}, {user.scope}")
