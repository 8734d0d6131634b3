"""How large a body may be, and how long it may take, before anybody reads it: by door, and by who asks.

Held at the entry of both servers (wsgi.py, guard.py), before a form is parsed or a file is written.
The doors have their own, narrower bounds behind it.
"""

import logging
import re
from collections.abc import Callable
from http.cookies import CookieError, SimpleCookie

from django.conf import settings
from django.db import Error, close_old_connections
from django.http import HttpResponse
from django.utils import translation
from django.utils.translation.trans_real import parse_accept_lang_header

from apps.accounts.sessions import user_of
from apps.gateway.bodies import WIRE
from apps.gateway.openpaygo.wire import MOST as METRICS
from apps.jobs.actions import MOST_BYTES
from backoffice import errors

log = logging.getLogger(__name__)
PLAIN = settings.DATA_UPLOAD_MAX_MEMORY_SIZE or 1024 * 1024
FILE = MOST_BYTES + 1024 * 1024  # with the form around it
UNIT_DOORS = {
    "/v1/rc_data": WIRE, "/v1/rm_data": WIRE, "/v1/openpaygo/device_data": METRICS, "/v1/openpaygo/dd": METRICS,
}  # fmt: skip
FILE_DOORS = re.compile(r"/admin/.*/import_file/?\Z|/jobs/from_list\Z|/bench/repairs/\d+/photos\Z")

# A body has half a minute, and a second more for every 16 KiB of it that have come: a file on a slow line arrives, a
# body of a byte a second does not hold a place for long.
PATIENCE = 30.0
SLOWEST = 16 * 1024  # bytes a second


def patience(come: int) -> float:
    """Seconds from its beginning that a body has of which so much has come."""
    return PATIENCE + come / SLOWEST


def most(path: str, length: int | None, signed_in: Callable[[], bool]) -> int:
    """The bytes that this door takes from whoever asks; `length` is what is announced. Who asks is looked up only where
    it matters: for a file that is announced."""
    if path in UNIT_DOORS:
        return UNIT_DOORS[path]
    if length is None or length <= PLAIN or not FILE_DOORS.match(path):
        return PLAIN
    return FILE if signed_in() else PLAIN


def announced(length: str | None) -> int | None:
    """The length that a request says its body has; None where it says none. Raises ValueError for what is no number."""
    if length is None or length == "":
        return None
    if not (length.isascii() and length.isdecimal() and len(length) < 16):
        raise ValueError("Content-Length is no number")
    return int(length)


class Away(Exception):
    """The database does not say who asks."""


def is_somebody(cookies: str) -> bool:
    """Whether this Cookie header holds a session of somebody who is signed in. Raises Away."""
    try:
        held = SimpleCookie(cookies).get(settings.SESSION_COOKIE_NAME)
    except CookieError:
        return False
    try:
        return held is not None and user_of(held.value) is not None
    except Error as error:
        log.warning("nobody can say who sends a file: %s", type(error).__name__)
        close_old_connections()  # no request begins that would do so
        raise Away from None


def refusal(status: int, path: str, accept_language: str) -> HttpResponse:
    """What is answered where nothing was read. The connection ends with it: what may still come is nobody's."""
    code = translation.get_supported_language_variant("en")
    for wanted, _quality in parse_accept_lang_header(accept_language[:200]):
        try:
            code = translation.get_supported_language_variant(wanted)
            break
        except LookupError:
            continue
    with translation.override(code):
        response = errors.early(path, status)
    response["Connection"] = "close"
    response["Content-Length"] = str(len(response.content))
    return response
