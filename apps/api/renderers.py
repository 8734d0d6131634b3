"""JSON by orjson for DRF, for the few answers that DRF itself makes."""

from collections.abc import Mapping
from typing import Any

from rest_framework import renderers

from apps.api.envelope import JSON, dumps


class JSONRenderer(renderers.BaseRenderer):
    media_type = JSON
    format = "json"
    charset = None

    def render(
        self, data: Any, accepted_media_type: str | None = None, renderer_context: Mapping | None = None
    ) -> bytes:
        return b"" if data is None else dumps(data)
