"""The one place that turns a refusal or an error into an answer of /v1. Never an HTML page, never a 500 for input."""

import logging
from typing import Any

from django.core.exceptions import (
    PermissionDenied,
    RequestDataTooBig,
    SuspiciousOperation,
    TooManyFieldsSent,
)
from django.db import DataError, IntegrityError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from rest_framework import exceptions

from apps.api import envelope
from apps.core import statements
from apps.core.refusals import Conflict, Invalid, Refused, TooMany

log = logging.getLogger(__name__)

CODES = {
    400: "bad_request", 401: "unauthenticated", 403: "forbidden", 404: "not_found", 405: "method_not_allowed",
    406: "not_acceptable", 408: "timed_out", 411: "length_required", 413: "too_large", 415: "unsupported_media_type",
    429: "too_many_requests", 500: "internal_error", 503: "unavailable",
}  # fmt: skip


def exception_handler(error: Exception, context: Any = None) -> HttpResponse | None:
    """DRF's hook. None for what is really unexpected: Django logs it and `internal_error` answers."""
    if isinstance(error, Invalid):
        return envelope.answer(envelope.invalid(error.errors, error.code), error.status)
    if isinstance(error, Refused):
        response = envelope.answer(envelope.error(error.message, error.code, error.data), error.status)
        if isinstance(error, TooMany):
            response["Retry-After"] = str(error.retry_after)
        return response
    if isinstance(error, exceptions.APIException):
        status = error.status_code
        response = envelope.answer(envelope.error(str(error.detail), CODES.get(status, "error")), status)
        if isinstance(error, exceptions.AuthenticationFailed | exceptions.NotAuthenticated):
            response["WWW-Authenticate"] = "Token"
        if isinstance(error, exceptions.MethodNotAllowed) and context is not None:
            response["Allow"] = ", ".join(context["view"].allowed_methods)
        return response
    if isinstance(error, Http404):
        return plain(404)
    if isinstance(error, PermissionDenied):
        return plain(403)
    if isinstance(error, RequestDataTooBig | TooManyFieldsSent):
        return plain(413)
    if isinstance(error, IntegrityError):
        # Somebody wrote the same between our look and our write; the next try is refused by the field's name.
        return exception_handler(Conflict())
    if isinstance(error, SuspiciousOperation | DataError | UnicodeError):
        return plain(400)
    if isinstance(error, OperationalError) and statements.was_too_slow(error):
        return envelope.answer(envelope.error(TOO_SLOW, "too_slow"), 503)
    if isinstance(error, OperationalError):  # lock timeout, server away
        log.exception("the database did not answer")
        return plain(503)
    return None


TEXTS = {
    400: "The request could not be understood",
    403: "You do not have permission to do this",
    404: "The requested resource could not be found",
    405: "This method is not offered here",
    408: "The request came too slowly; nothing was kept, send it again",
    411: "A body needs a Content-Length",
    413: "The request is too large",
    500: "Something went wrong on our side; it has been recorded",
    503: "The service cannot answer just now; please try again",
}


TOO_SLOW = "This took too long and was stopped; narrow it down: a filter by a key, a pattern that begins with letters"


def plain(status: int) -> HttpResponse:
    response = envelope.answer(envelope.error(TEXTS[status], CODES[status]), status)
    if status == 503:
        response["Retry-After"] = "5"
    return response


def not_offered(*methods: str) -> HttpResponse:
    """405 of a view that is no viewset; `methods`: those that it has."""
    response = plain(405)
    response["Allow"] = ", ".join([*methods, "HEAD"] if "GET" in methods else methods)
    return response


def is_api(request: HttpRequest) -> bool:
    return is_api_path(request.path_info)


def is_api_path(path: str) -> bool:
    return path.startswith("/v1/") or path == "/v1"
