"""JSON bodies within bounds: size, depth, and no text that a database refuses."""

from collections.abc import Mapping
from functools import cached_property
from typing import IO, Any
from urllib.parse import unquote_to_bytes

import orjson
from django.conf import settings
from django.http import QueryDict
from rest_framework import parsers
from rest_framework.parsers import BaseParser
from rest_framework.request import Request

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


class FirstWins(QueryDict):
    """Of a parameter that is repeated the first value counts (contract/q-language.md §1); getlist() has them all."""

    def __getitem__(self, key: str) -> Any:
        super().__getitem__(key)  # KeyError where there is none
        values = self.getlist(key)
        return values[0] if values else []


class ApiRequest(Request):
    @cached_property
    def query_params(self) -> QueryDict:  # type: ignore[override]
        """What stands behind the `?`. Django makes a question mark of bytes that are no UTF-8; they are refused."""
        raw = self._request.META.get("QUERY_STRING", "")
        try:
            unquote_to_bytes(raw.replace("+", " ").encode("latin-1", "replace")).decode()
        except UnicodeDecodeError:
            raise Undecodable("the address is no UTF-8; write % as %25 and encode other letters") from None
        return FirstWins(raw, mutable=False)


class FormParser(parsers.FormParser):
    def parse(self, stream: IO, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 1024 * 1024
        raw = stream.read(limit + 1)
        if len(raw) > limit:
            raise TooLarge(f"The body is larger than {limit} bytes")
        try:
            unquote_to_bytes(raw).decode()
        except UnicodeDecodeError:
            raise Undecodable("the form is no UTF-8") from None
        return FirstWins(raw, encoding="utf-8")
