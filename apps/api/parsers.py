"""JSON bodies within bounds: size, depth, and no text that a database refuses."""

from collections.abc import Mapping
from typing import IO, Any

import orjson
from django.conf import settings
from rest_framework.parsers import BaseParser

from apps.core.refusals import Refused, TooLarge

MAX_DEPTH = 32


class Undecodable(Refused):
    code = "undecodable"

    def __init__(self, why: str) -> None:
        super().__init__(f"Unable to decode data: {why}")


def loads(raw: bytes) -> Any:
    """A JSON value, or Undecodable. Anything nested deeper than 32 is refused before anybody walks it."""
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise Undecodable(f"the body is no JSON ({error.msg} at position {error.pos})") from None
    level, depth = [value], 0
    while level:
        depth += 1
        if depth > MAX_DEPTH:
            raise Undecodable(f"the body is nested deeper than {MAX_DEPTH}")
        following: list[Any] = []
        for item in level:
            if isinstance(item, dict):
                following.extend(inner for inner in item.values() if isinstance(inner, dict | list))
            elif isinstance(item, list):
                following.extend(inner for inner in item if isinstance(inner, dict | list))
        level = following
    return value


class JSONParser(BaseParser):
    media_type = "application/json"

    def parse(self, stream: IO, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 1024 * 1024
        raw = stream.read(limit + 1)
        if len(raw) > limit:
            raise TooLarge(f"The body is larger than {limit} bytes")
        return loads(raw)
