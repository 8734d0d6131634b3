"""HTTP for WSGI workers: `granian --interface wsgi backoffice.wsgi:application`.

Requests of units go to their views directly. They are most of all requests, and know neither sessions, forms, languages
nor pages, which is what the middleware between is for.
"""

import gc
import io
import os
import time
from typing import Any, cast

import django
from django.core.handlers.exception import convert_exception_to_response
from django.core.handlers.wsgi import WSGIHandler, WSGIRequest
from django.http import HttpRequest
from django.http.response import HttpResponseBase
from django.utils import translation

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "backoffice.settings")

BODILESS = (204, 304)


class UnitsFirst(WSGIHandler):
    def __init__(self) -> None:
        super().__init__()
        from apps.gateway.views import rc_data, rm_data
        from apps.operations.metrics import seen
        from backoffice import bounds

        self.seen, self.bounds = seen, bounds
        self.units = {
            "/v1/rc_data": convert_exception_to_response(rc_data),
            "/v1/rm_data": convert_exception_to_response(rm_data),
        }

    def __call__(self, environ: Any, start_response: Any) -> Any:
        status = self._refused(environ)
        if status is None:
            return super().__call__(environ, start_response)
        language = environ.get("HTTP_ACCEPT_LANGUAGE", "")
        response = self.bounds.refusal(status, environ.get("PATH_INFO", ""), language)
        # The connection is the server's own affair (PEP 3333): it ends it where a body was left unread.
        headers = [(name, value) for name, value in response.items() if name != "Connection"]
        start_response(f"{response.status_code} {response.reason_phrase}", headers)
        return [response.content]

    def _refused(self, environ: Any) -> int | None:
        """The status of what goes no further, looked at before the body is. A chunked body is read here, within the
        bounds of a body from anybody, for Django takes one without a length as empty."""
        try:
            length = self.bounds.announced(environ.get("CONTENT_LENGTH"))
        except ValueError:
            return 400
        chunked = length is None and environ.get("HTTP_TRANSFER_ENCODING")
        if not length and not chunked:
            return None
        path, cookies = environ.get("PATH_INFO", ""), environ.get("HTTP_COOKIE", "")
        try:
            most = self.bounds.most(path, length, lambda: self.bounds.is_somebody(cookies))
        except self.bounds.Away:
            return 503
        if length is not None:
            return 413 if length > most else None
        if not environ.get("wsgi.input_terminated"):
            return 411
        try:
            body = environ["wsgi.input"].read(most + 1)
        except OSError:
            return 400
        if len(body) > most:
            return 413
        environ["wsgi.input"], environ["CONTENT_LENGTH"] = io.BytesIO(body), str(len(body))
        return None

    def get_response(self, request: HttpRequest) -> HttpResponseBase:
        view = self.units.get(request.path_info) if isinstance(request, WSGIRequest) else None
        if view is None:
            return _measured(super().get_response(request))
        begun = time.perf_counter()
        translation.activate("en")  # the thread may have made a page before
        response = cast(HttpResponseBase, view(request))
        self.seen("units", request.method, response.status_code, time.perf_counter() - begun)
        response._resource_closers.append(request.close)  # type: ignore[attr-defined]
        return _measured(response)


def _measured(response: HttpResponseBase) -> HttpResponseBase:
    """Every answer says its length, whoever made it: else the server sends it in chunks, whose sizes cheap modems take
    for the body."""
    if not response.streaming and not response.has_header("Content-Length") and response.status_code not in BODILESS:
        response["Content-Length"] = str(len(cast(Any, response).content))
    return response


django.setup(set_prefix=False)
application = UnitsFirst()
# A page of a thousand records is a hundred thousand objects that all die with the answer: by the default thresholds the
# collector looks through them dozens of times, for a fifth of the time of such a page. What is loaded by now stays.
gc.freeze()
gc.set_threshold(50_000, 20, 20)
