"""Answers made smaller for slow networks: HTML and JSON by Django's middleware, static files once per process
(docs/adr/0019 says what is left out, because of BREACH, and why)."""

import gzip
import threading
from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.middleware.gzip import GZipMiddleware
from django.utils.cache import patch_vary_headers

TEXTS = ("text/html", "application/json", "application/vnd.oai.openapi+json", "text/csv", "text/plain")
STATIC_TEXTS = ("text/", "application/javascript", "text/javascript", "application/json", "image/svg+xml")
LEAST, MOST_KEPT = 860, 16 * 1024 * 1024  # bytes: of an answer worth it; of compressed files that a process keeps


class Compression(GZipMiddleware):
    """Of answers to GET only: what a POST answers (a token, a key just made) may be a secret beside chosen text."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        kind = response.headers.get("Content-Type", "").partition(";")[0]
        leave = request.method != "GET" or response.streaming or kind not in TEXTS
        if leave or getattr(response, "holds_secret", False) or len(response.content) < LEAST:  # type: ignore[attr-defined]
            return response
        found: HttpResponseBase = super().process_response(request, response)
        return found


_held: dict[str, bytes] = {}
_size = 0
_lock = threading.Lock()


def compressed_file(request: HttpRequest, response: Any, path: str, read: Callable[[], bytes]) -> HttpResponseBase:
    """A static file's whole answer, compressed where the browser takes it; each file once, as long as there is room."""
    kind = response.headers.get("Content-Type", "")
    if response.status_code != 200 or not kind.startswith(STATIC_TEXTS):
        return response
    patch_vary_headers(response, ("Accept-Encoding",))
    if "gzip" not in request.headers.get("Accept-Encoding", "") or request.method not in ("GET", "HEAD"):
        return response
    small = _held.get(path) or _keep(path, read())
    if response.file_to_stream is not None:  # not response.close(), which would end the request
        response.file_to_stream.close()
    answer = HttpResponse(small if request.method == "GET" else b"", headers=dict(response.headers))
    answer.headers["Content-Encoding"], answer.headers["Content-Length"] = "gzip", str(len(small))
    return answer


def _keep(path: str, content: bytes) -> bytes:
    global _size
    small = gzip.compress(content, 9, mtime=0)
    with _lock:
        if path not in _held and _size + len(small) <= MOST_KEPT:
            _held[path], _size = small, _size + len(small)
    return small
