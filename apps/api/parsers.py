"""JSON bodies within bounds: size, depth, and no text that a database refuses."""

import zlib
from collections.abc import Mapping
from functools import cached_property
from typing import IO, Any
from urllib.parse import unquote_to_bytes

import orjson
from django.conf import settings
from django.core.handlers.wsgi import WSGIRequest
from django.http import HttpRequest, QueryDict
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


def inflated(body: bytes, encoding: str, most: int) -> bytes:
    """The body as it was before it was compressed, by its Content-Encoding; gzip is known. Never makes more than `most`
    bytes of it."""
    encoding = encoding.strip().lower()
    if encoding in ("", "identity"):
        return body
    if encoding not in ("gzip", "x-gzip"):
        raise UnknownEncoding(encoding)
    engine = zlib.decompressobj(zlib.MAX_WBITS | 16)
    try:
        plain = engine.decompress(body, most + 1)
    except zlib.error:
        raise Undecodable("the body is no gzip") from None
    if len(plain) > most:
        raise TooLarge(f"The body is larger than {most} bytes when inflated")
    if not engine.eof:
        raise Undecodable("the gzip body ended too early; nothing was stored, send it again")
    if engine.unused_data:
        raise Undecodable("something follows the end of the gzip body; send it as one")
    return plain


class UnknownEncoding(Refused):
    status = 415
    code = "unsupported_media_type"

    def __init__(self, encoding: str) -> None:
        super().__init__(f"Content-Encoding {encoding[:40]} is not understood here; send the body plain or as gzip")


def _whole(stream: IO, context: Mapping[str, Any] | None) -> bytes:
    """A body within the bounds of the API, inflated."""
    limit = settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 1024 * 1024
    raw = stream.read(limit + 1)
    if len(raw) > limit:
        raise TooLarge(f"The body is larger than {limit} bytes")
    request = (context or {}).get("request")
    return inflated(raw, request.META.get("HTTP_CONTENT_ENCODING", "") if request is not None else "", limit)


class JSONParser(BaseParser):
    media_type = "application/json"

    def parse(self, stream: IO, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        return loads(_whole(stream, parser_context))


class FirstWins(QueryDict):
    """Of a parameter that is repeated the first value counts (contract/q-language.md §1); getlist() has them all."""

    def __getitem__(self, key: str) -> Any:
        super().__getitem__(key)  # KeyError where there is none
        values = self.getlist(key)
        return values[0] if values else []


def query_of(request: HttpRequest) -> bytes:
    """What stands behind the `?`, as it came. WSGI hands on bytes as if they were latin-1, ASGI a text."""
    raw = str(request.META.get("QUERY_STRING", ""))
    return raw.encode("latin-1" if isinstance(request, WSGIRequest) else "utf-8", "replace")


def decodes(raw: bytes) -> bool:
    """Whether it is UTF-8, escaped or not."""
    try:
        raw.decode()
        unquote_to_bytes(raw).decode()
    except UnicodeDecodeError:
        return False
    return True


class ApiRequest(Request):
    @cached_property
    def query_params(self) -> QueryDict:  # type: ignore[override]
        """What stands behind the `?`. Django makes a question mark of bytes that are no UTF-8; they are refused."""
        raw = query_of(self._request)
        if not decodes(raw):
            raise Undecodable("the address is no UTF-8; write % as %25 and encode other letters")
        return FirstWins(raw, mutable=False, encoding="utf-8")


class FormParser(parsers.FormParser):
    def parse(self, stream: IO, media_type: str | None = None, parser_context: Mapping[str, Any] | None = None) -> Any:
        raw = _whole(stream, parser_context)
        if not decodes(raw):
            raise Undecodable("the form is no UTF-8")
        return FirstWins(raw, encoding="utf-8")
