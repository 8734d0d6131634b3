"""`manage.py draw_workflow home_repair > home_repair.svg`: the picture of a workflow, for its author."""

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from apps.workflows.definition.drawing import drawn
from apps.workflows.definition.library import library


class Command(BaseCommand):
    help = "Draws a workflow from its definition, as SVG on standard output."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", help="the name that stands in the definition")
        parser.add_argument("--language", default="en", choices=[code for code, _name in settings.LANGUAGES])

    def handle(self, *args: Any, name: str, language: str, **options: Any) -> None:
        definition = library().get(name)
        if definition is None:
            raise CommandError(f"there is no workflow {name}; there are {', '.join(sorted(library()))}")
        self.stdout.write(drawn(definition, language))
