from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.operations.backup import Refusal, load


class Command(BaseCommand):
    help = "Put a backup in place of this database. Stop the servers before, start them after."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--replace", action="store_true", help="even though this database holds data")

    def handle(self, *args: Any, file: Path, replace: bool, **options: Any) -> None:
        try:
            manifest = load(file, replace=replace)
        except Refusal as refusal:
            raise CommandError(str(refusal)) from None
        self.stdout.write(f"Restored what was backed up at {manifest['made_at']}; the ledger's sums are equal.")
