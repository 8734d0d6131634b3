"""Log lines: text for people, or one JSON object each for machines (LOG_FORMAT=json); never with a secret in them."""

import logging
import re
import threading
import time
import uuid
from collections.abc import Callable
from typing import Any

import structlog
from django.http import HttpRequest, HttpResponse

Next = Callable[[HttpRequest], HttpResponse]
SLOW = 1.0  # seconds
HIDDEN = "[hidden]"
_REQUEST_ID = re.compile(r"[A-Za-z0-9._-]{8,64}\Z")
# What looks like a secret, whoever logged it: `password=…`, `"device_key": "…"`, `Token token=…`, and API tokens bare.
_NAMED = re.compile(
    r"(?i)((?:password|passwd|secret|token|api_key|device_key|x-unit-auth|authorization|sessionid|csrftoken|FIELD_KEYS"
    r"|SECRET_KEY)[\"']?\s*[=:]\s*)(?:(?:Token|Bearer|Basic)\s+(?:token=)?)?[\"']?[^\s\"'&,;}]+"
)
_TOKEN = re.compile(r"(?<![A-Za-z0-9])[A-Za-z0-9]{64}(?![A-Za-z0-9])")
_LINK = re.compile(r"(/password/)[^\s\"']+")  # a link of accounts/links.py lets its reader in
_URL = re.compile(r"(\w+://[^\s:/@]*:)[^\s@/]+@")

_NUMBER = re.compile(r"\d+")

log = logging.getLogger("backoffice.requests")


def scrubbed(text: str) -> str:
    text = _LINK.sub(lambda found: found[1] + HIDDEN, _NAMED.sub(lambda found: found[1] + HIDDEN, text))
    return _TOKEN.sub(HIDDEN, _URL.sub(lambda found: f"{found[1]}{HIDDEN}@", text))


class Lines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        return scrubbed(super().format(record))


class JsonLines(structlog.stdlib.ProcessorFormatter):
    """{"timestamp", "level", "logger", "event", "request_id"?, "user"?, "exception"?}"""

    def __init__(self) -> None:
        shared: list[Any] = [
            structlog.contextvars.merge_contextvars,
            structlog.stdlib.add_log_level,
            structlog.stdlib.add_logger_name,
            structlog.stdlib.ExtraAdder(),
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
        ]
        super().__init__(
            foreign_pre_chain=shared,
            processors=[self.remove_processors_meta, _scrub, structlog.processors.JSONRenderer(default=str)],
        )


def _scrub(logger: Any, method: str, line: Any) -> Any:
    """Before it is JSON: afterwards quotes are escaped, and what is put in their place could break the line."""
    return {name: scrubbed(value if isinstance(value, str) else str(value)) for name, value in line.items()}


class Condensed(logging.Filter):
    """Lets the first few of equal lines through in each minute, then one that says how many more there were.

    Equal: the same logger, level and text, whatever numbers stand in it, and the same kind of exception from the same
    place. While a database is away every request and every task breaks in the same way, some with pages of traceback.
    """

    MOST = 5
    WINDOW = 60.0  # seconds
    KINDS = 2000  # kept in mind

    def __init__(self) -> None:
        super().__init__()
        self.seen: dict[Any, list[float]] = {}  # kind: [when its minute began, how many came in it]
        self.lock = threading.Lock()

    def filter(self, record: logging.LogRecord) -> bool:
        if record.levelno < logging.WARNING:
            return True
        now, kind = time.monotonic(), self.kind(record)
        with self.lock:
            if len(self.seen) > self.KINDS:
                self.seen.clear()
            begun, count = self.seen.get(kind, (now, 0))
            left_out = 0
            if now - begun >= self.WINDOW:
                left_out, begun, count = max(0, int(count) - self.MOST), now, 0
            self.seen[kind] = [begun, count + 1]
        if left_out:
            text = f"{record.getMessage()} ({left_out} more like it were left out before)"
            record.msg, record.args = text, ()
        return count < self.MOST

    @staticmethod
    def kind(record: logging.LogRecord) -> Any:
        kind: Any = (record.name, record.levelno, _NUMBER.sub("#", record.getMessage()[:500]))
        error, trace = record.exc_info[1:] if isinstance(record.exc_info, tuple) else (None, None)
        while trace is not None and trace.tb_next is not None:
            trace = trace.tb_next
        return (*kind, type(error), trace and (trace.tb_frame.f_code.co_filename, trace.tb_lineno))


class RequestLog:
    """Gives each request an id, which its log lines and its answer carry, and notes those that are slow or break.

    Paths are logged, queries are not: people put passwords into them (contract/actions.md, validate_user_and_password).
    """

    def __init__(self, get_response: Next) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        given = request.headers.get("X-Request-ID", "")
        request_id = given if _REQUEST_ID.match(given) else uuid.uuid4().hex
        structlog.contextvars.bind_contextvars(request_id=request_id)
        begun = time.perf_counter()
        try:
            response = self.get_response(request)
            seconds = time.perf_counter() - begun
            response.headers["X-Request-ID"] = request_id
            if seconds > SLOW or response.status_code >= 500:
                level = logging.ERROR if response.status_code >= 500 else logging.WARNING
                text = "%s %s answered %d in %.0f ms"
                log.log(level, text, request.method, request.path, response.status_code, seconds * 1000)
            return response
        finally:
            structlog.contextvars.clear_contextvars()
