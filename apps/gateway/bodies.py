"""Reading a unit's body within bounds: at most 256 KiB on the wire and 1 MiB inflated, unless a door says otherwise; a
short read stores nothing."""

from django.http import HttpRequest
from django.http.request import UnreadablePostError

from apps.api.parsers import inflated
from apps.core.refusals import Refused, TooLarge

WIRE = 256 * 1024
INFLATED = 1024 * 1024


class Unreadable(Refused):
    code = "undecodable"


def raw_body(request: HttpRequest, most: int = WIRE) -> bytes:
    """The bytes as they came, which are what the tag covers."""
    announced = request.META.get("CONTENT_LENGTH") or "0"
    if not announced.isdecimal():
        raise Unreadable("Content-Length is no number")
    if int(announced) > most:
        raise TooLarge(f"The body is larger than {most} bytes; send it in parts")
    try:
        body = request.read(most + 1)
    except (UnreadablePostError, OSError):
        body = b""
    if len(body) > most:
        raise TooLarge(f"The body is larger than {most} bytes; send it in parts")
    if len(body) < int(announced):
        raise Unreadable("The body ended before its announced length; nothing was stored, send it again")
    return body


def inflate(request: HttpRequest, body: bytes) -> bytes:
    return inflated(body, request.META.get("HTTP_CONTENT_ENCODING", ""), INFLATED)
