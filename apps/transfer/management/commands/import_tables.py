import os
import sys
from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.transfer.dataset import Refusal, import_tables


class Command(BaseCommand):
    help = "Take a data set in from one JSON file: all or nothing; a row whose key exists is replaced."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file")

    def handle(self, *args: Any, **options: Any) -> None:
        path = Path(options["file"])
        if not path.exists():
            raise CommandError(f"There is no file {path}")
        size = path.stat().st_size or 1
        with path.open("rb") as source:

            def progress(table: str, count: int) -> None:
                if sys.stderr.isatty():
                    done = os.lseek(source.fileno(), 0, os.SEEK_CUR) * 40 // size
                    self.stderr.write(f"\r[{'#' * done}{'.' * (40 - done)}] {table:40} {count:>10}", ending="")

            try:
                counts = import_tables(source, progress=progress)
            except Refusal as refusal:
                raise CommandError(f"Nothing was imported. {refusal}") from None
        for table, count in counts.items():
            self.stdout.write(f"{count:>10} {table}")
