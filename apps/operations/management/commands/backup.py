from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.operations.backup import Refusal, save


class Command(BaseCommand):
    help = "Write the whole system (database, key ring) to FILE while everything runs on."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def handle(self, *args: Any, file: Path, **options: Any) -> None:
        try:
            manifest = save(file)
        except Refusal as refusal:
            raise CommandError(str(refusal)) from None
        commands, added, live = manifest["sums"]["ledger"]
        self.stdout.write(
            f"{file}: {file.stat().st_size / 2**20:,.1f} MB; ledger: {commands} commands, {live} s in force"
        )
