"""What every answer carries, and the reader's language and time zone."""

import logging
import re
import zoneinfo
from collections.abc import Callable
from pathlib import Path

from django.conf import settings
from django.db import IntegrityError, OperationalError
from django.http import HttpRequest, HttpResponse, UnreadablePostError
from django.http.response import HttpResponseBase
from django.middleware.locale import LocaleMiddleware
from django.utils import timezone, translation
from whitenoise.middleware import WhiteNoiseMiddleware

from apps.api.errors import is_api
from apps.api.parsers import decodes, query_of
from apps.core import statements
from apps.core.times import ReadersClock
from backoffice import errors
from backoffice.compression import compressed_file

log = logging.getLogger(__name__)
Next = Callable[[HttpRequest], HttpResponse]

POLICY = "; ".join(
    [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' data:",
        "font-src 'self'",
        "connect-src 'self'",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)

# The admin's theme evaluates expressions in its pages (Alpine); what it loads is local all the same.
ADMIN_POLICY = "; ".join(
    [
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "form-action 'self'",
        "base-uri 'none'",
        "frame-ancestors 'none'",
    ]
)


class SecurityHeaders:
    """No page may load or send anything elsewhere; nothing inline runs, but for the admin's theme."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        policy = ADMIN_POLICY if request.path.startswith("/admin/") else POLICY
        response.headers.setdefault("Content-Security-Policy", policy)
        response.headers.setdefault("Permissions-Policy", "geolocation=(), microphone=(), camera=(self)")
        return response


_ANY_VERSION = re.compile(r"/static/(?:[0-9a-f]{12}/)?(?=.)")


class BoundedRequests:
    """No statement takes longer than its limit. And of a page as of the API: what no browser sends by itself and no
    database keeps is refused before anybody reads it, in addresses and forms of either kind: bytes that are no UTF-8,
    NUL, and halves of characters."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if not is_api(request) and not _is_readable(request):
            return errors.bad_request(request)
        with statements.limited():
            return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        if isinstance(error, OperationalError) and statements.was_too_slow(error):
            return errors.too_slow(request)
        if isinstance(error, IntegrityError) and not is_api(request):
            log.warning("%s met another write: %s", request.path, type(error).__name__, exc_info=error)
            return errors.conflict(request)
        return None


def _is_readable(request: HttpRequest) -> bool:
    form = request.body if request.content_type == "application/x-www-form-urlencoded" else b""
    if not (decodes(query_of(request)) and decodes(form)):
        return False
    try:
        given = [*request.GET.lists(), *request.POST.lists()]
    except UnreadablePostError:  # whoever sent it is gone
        return False
    return all(_is_storable(text) for name, values in given for text in (name, *values))


def _is_storable(text: str) -> bool:
    try:
        return b"\0" not in text.encode()
    except UnicodeEncodeError:
        return False


class StaticFiles(WhiteNoiseMiddleware):
    """Static files, also under the address of another version: while servers are exchanged one after the other, a page
    that the one has made asks the other for its files. Only under one's own address they are kept for ever."""

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        path = request.path_info
        mine = path in self.files
        if not mine and (version := _ANY_VERSION.match(path)):
            path = settings.STATIC_URL + path[version.end() :]
        held = self.files.get(path)
        if held is None:
            answer: HttpResponseBase = super().__call__(request)
            return answer
        response: HttpResponseBase = self.serve(held, request)
        if not mine:
            response.headers["Cache-Control"] = "no-cache"
        return compressed_file(request, response, path, lambda: Path(held.alternatives[-1][1]).read_bytes())


class ReaderLanguage:
    """The language of whatever is said from here on: on pages the reader's (the kept choice, else the browser's); the
    API speaks English. Outermost and for every request, because a thread keeps the language of its last one."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        translation.activate("en" if is_api(request) else translation.get_language_from_request(request))
        request.LANGUAGE_CODE = translation.get_language()
        return self.get_response(request)


class ReaderLocale(LocaleMiddleware):
    """Says on pages that and how they depend on the reader's language. Static files do not."""

    def process_request(self, request: HttpRequest) -> None:
        pass  # ReaderLanguage has chosen

    def process_response(self, request: HttpRequest, response: HttpResponse) -> HttpResponse:  # type: ignore[override]
        if is_api(request):
            return response
        found: HttpResponse = super().process_response(request, response)  # type: ignore[assignment]
        return found


class ReaderTimeZone:
    """The reader's own clock on pages: the kept zone, else the browser's (a cookie set by console.js), else UTC."""

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if is_api(request):
            return self.get_response(request)
        kept = getattr(request.user, "time_zone", "")
        name = kept or request.COOKIES.get("tz", "").replace("%2F", "/")
        try:
            zone = ReadersClock(zoneinfo.ZoneInfo(name)) if name else None
        except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
            zone = None
        with timezone.override(zone):
            return self.get_response(request)
