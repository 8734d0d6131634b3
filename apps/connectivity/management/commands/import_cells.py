"""`manage.py import_cells FILE…`: the cells by which units without GPS are placed."""

import contextlib
import time
import zlib
from collections.abc import Callable
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from apps.connectivity import importing, sweeping

TELL_EVERY = 5  # seconds


class Command(BaseCommand):
    help = "Take in cells from OpenCelliD's CSV files (.gz too). Again is safe: what is known is brought up to date."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("files", nargs="+", metavar="FILE")
        parser.add_argument("--mcc", type=int, action="append", default=[], help="of this country only; repeatable")
        parser.add_argument("--skip-bad", action="store_true", help="tell bad lines and go on; else the first ends it")

    def handle(self, *args: Any, **options: Any) -> None:
        skip = options["skip_bad"]
        for path in options["files"]:
            start = time.monotonic()
            try:
                with contextlib.closing(importing.opened(path)) as lines:
                    taken = importing.import_cells(
                        lines, mccs=options["mcc"], progress=self._teller(path),
                        skip_bad=self._bad_teller(path) if skip else None,
                    )  # fmt: skip
            except importing.BadHeading as bad:
                raise CommandError(f"{path}, {bad}") from None
            except importing.BadLine as bad:
                text = "nothing from its batch on is kept. --skip-bad leaves such lines out; again is safe"
                raise CommandError(f"{path}, {bad}; {text}") from None
            except (OSError, EOFError, zlib.error) as error:
                raise CommandError(f"{path} can't be read: {error}") from None
            bad_ones = f", {taken.bad:,} bad lines left out" if taken.bad else ""
            others = f", {taken.other:,} of other countries" if taken.other else ""
            seconds = time.monotonic() - start
            self.stdout.write(f"{path}: {taken.kept:,} cells kept{others}{bad_ones} in {seconds:.0f} s")
        self.stdout.write(f"{sweeping.place_units():,} units without a place have one now")

    def _bad_teller(self, path: str) -> Callable[[str], None]:
        return lambda text: self.stderr.write(f"{path}, {text}")

    def _teller(self, path: str) -> Callable[[importing.Taken], None]:
        told = time.monotonic()

        def tell(taken: importing.Taken) -> None:
            nonlocal told
            if time.monotonic() - told > TELL_EVERY:
                told = time.monotonic()
                self.stdout.write(f"{path}: {taken.lines:,} lines")

        return tell
