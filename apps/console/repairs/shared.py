"""What the pages around a repair share."""

from typing import Any

import segno
from django.conf import settings
from django.http import HttpRequest
from django.utils.translation import get_language

from apps.core.refusals import Refused
from apps.repairs.models import Repair
from apps.workflows import queries
from apps.workflows.definition.shape import Definition


def fetch(request: HttpRequest, key: int) -> Repair:
    reader: Any = request.user
    return queries.fetch(key, by=reader)


class Steps:
    """Names of the steps of many repairs; each definition is looked up once."""

    def __init__(self) -> None:
        self.held: dict[str, Definition | None] = {}

    def of(self, repair: Repair) -> Definition | None:
        """The repair's workflow; None for one that no workflow runs."""
        digest = repair.workflow_version or ""
        if digest not in self.held:
            try:
                self.held[digest] = queries.definition_of(repair) if digest else None
            except Refused:
                self.held[digest] = None
        return self.held[digest]

    def called(self, repair: Repair, state: str | None) -> str:
        definition = self.of(repair)
        found = definition.states.get(state or "") if definition else None
        return found.name.said(get_language() or "en") if found else state or ""


def qr(address: str, scale: int = 4) -> str:
    """As an SVG image for a page or a label."""
    return str(segno.make(address, error="m").svg_data_uri(scale=scale, dark="#000", light="#fff"))


def absolute(request: HttpRequest, path: str) -> str:
    """As somebody elsewhere types it."""
    return settings.PUBLIC_URL.rstrip("/") + path if settings.PUBLIC_URL else request.build_absolute_uri(path)


def number(text: Any) -> int | None:
    """A whole number that somebody typed, or None."""
    text = str(text or "").strip()
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else None
