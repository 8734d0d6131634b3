import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from apps.transfer.dataset import export_tables


class Command(BaseCommand):
    help = "Write every table into one JSON file, in the contract's column names."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file")
        parser.add_argument("--secrets", action="store_true", help="with device keys and subscribers' keys in clear")

    def handle(self, *args: Any, **options: Any) -> None:
        path = Path(options["file"])

        def progress(table: str, count: int) -> None:
            if sys.stderr.isatty():
                self.stderr.write(f"\r{table:40} {count:>10} rows", ending="")

        with path.open("xb") as out:
            path.chmod(0o600)
            export_tables(out, secrets=options["secrets"], progress=progress)
        self.stdout.write(f"{path}: {path.stat().st_size} bytes")
