from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.operations.backup import Refusal, load


class Command(BaseCommand):
    help = "Put a backup in place of this database. Stop the servers before, start them after."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)
        parser.add_argument("--replace", action="store_true", help="even though this database holds data")
        parser.add_argument("--discard", action="store_true", help="keep no backup of what is here")
        parser.add_argument("--unproven", action="store_true", help="a file of before 0.3.0, which holds no digests")

    def handle(self, *args: Any, file: Path, replace: bool, discard: bool, unproven: bool, **options: Any) -> None:
        try:
            manifest, kept = load(file, replace=replace, discard=discard, unproven=unproven)
        except Refusal as refusal:
            raise CommandError(str(refusal)) from None
        self.stdout.write(f"Restored what was backed up at {manifest['made_at']}; the ledger's sums are equal.")
        if kept is not None:
            self.stdout.write(f"What was here before is in {kept}; delete it once nobody misses it.")
