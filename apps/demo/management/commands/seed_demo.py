from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from apps.demo import fleet


class Command(BaseCommand):
    help = "Make the demo: two companies, a log-in for each level, and a fleet. May be run again."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--units", type=int, default=60)

    def handle(self, *args: Any, **options: Any) -> None:
        units = options["units"]
        shown = self.stdout.isatty()

        def progress(done: int) -> None:
            if shown:
                filled = 40 * done // max(units, 1)
                self.stdout.write(f"\r[{'#' * filled}{'.' * (40 - filled)}] {done} of {units} units", ending="")

        fleet.seed(units, progress)
        self.stdout.write(f"\n{units} units and {len(fleet.LOG_INS)} log-ins" if shown else f"{units} units")
