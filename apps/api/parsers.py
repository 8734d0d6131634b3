"""JSON bodies within bounds: size, depth, and no text that a database refuses."""

from collections.abc import Mapping
from typing import IO, Any

import orjson
from django.conf import settings
from rest_framework.parsers import BaseParser

from apps.core import jsons
from apps.core.refusals import Refused, TooLarge

MAX_DEPTH = jsons.MOST_DEPTH


class Undecodable(Refused):
    code = "undecodable"

    def __init__(self, why: str) -> None:
        super().__init__(f"Unable to decode data: {why}")


def loads(raw: bytes) -> Any:
    """A JSON value within the bounds of core.jsons, or Undecodable."""
    try:
        return jsons.loads(raw)
    except orjson.JSONDecodeError as error:
        raise Undecodable(f"the body is no JSON ({error.msg} at position {error.pos})") from None
    except jsons.Unbounded as error:
        raise Undecodable(f"the body {error}") from None


class JSONParser(BaseParser):
    media_type = "application/json"

    def parse(self, stream: IO, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 1024 * 1024
        raw = stream.read(limit + 1)
        if len(raw) > limit:
            raise TooLarge(f"The body is larger than {limit} bytes")
        return loads(raw)
