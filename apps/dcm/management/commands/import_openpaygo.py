"""`manage.py import_openpaygo FILE`: keys of OpenPAYGO units, from the factory's file."""

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.core.actors import SYSTEM
from apps.dcm import actions, importing


class Command(BaseCommand):
    help = "Take in OpenPAYGO keys from the standard factory CSV: all or nothing; the same file again changes nothing."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file")
        parser.add_argument(
            "--replace", action="store_true", help="put other keys in the place of those that are known"
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            rows = importing.read(options["file"])
            told = actions.import_keys(rows, replace=options["replace"], by=SYSTEM)
        except importing.BadFile as bad:
            raise CommandError(f"Nothing was imported. {options['file']}, {bad}") from None
        except OSError as error:
            raise CommandError(f"{options['file']} can't be read: {error.strerror}") from None
        self.stdout.write(f"{len(rows)} units: " + ", ".join(f"{count} {what}" for what, count in told.items()))
