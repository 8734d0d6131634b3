"""SMS gateways. `SMS_URL` chooses: nothing (a line in the log) or `kannel://user:password@host:13013/cgi-bin/sendsms`."""

import logging
import secrets
from dataclasses import dataclass
from typing import Protocol
from urllib.parse import parse_qsl, urlsplit

import httpx
from django.conf import settings

log = logging.getLogger(__name__)

SECONDS = 10.0  # for each of connecting, writing and reading
# Kannel's marks of a delivery report (User's Guide, "Delivery reports"): delivered; not delivered, rejected by the
# SMSC. Queued there (4), handed to it (8) and in between (32) say that it is on its way.
DELIVERED, FAILED = (1,), (2, 16)
MASK = 31


class NotTaken(Exception):
    """The gateway answered, and did not take this message."""


class Away(Exception):
    """The gateway did not answer; the others need not be tried now. Not `tried`: it surely has not got the message."""

    def __init__(self, reason: str, *, tried: bool = True) -> None:
        super().__init__(reason)
        self.tried = tried


class Gateway(Protocol):
    # Seconds after which a gateway that reports nothing counts a message as delivered; None: it reports.
    @property
    def reports_in(self) -> float | None: ...

    def send(self, *, to: str, text: str, report_to: str, seconds: float) -> str:
        """Hand the message over, to be tried for so long; our reference of it. Raises NotTaken or Away."""


class LogGateway:
    """Takes a message, writes it down and counts it as delivered a moment later."""

    reports_in: float | None = 3.0

    def send(self, *, to: str, text: str, report_to: str, seconds: float) -> str:
        log.info("SMS to %s: %s", to, text)
        return f"/log/{secrets.token_hex(8)}"


@dataclass(frozen=True)
class Kannel:
    """Kannel's smsbox over HTTP."""

    address: str
    user: str
    password: str
    also: dict[str, str]
    reports_in: float | None = None

    def send(self, *, to: str, text: str, report_to: str, seconds: float) -> str:
        asked = {
            **self.also, "username": self.user, "password": self.password, "to": to, "text": text, "charset": "UTF-8",
            "coding": "0" if text.isascii() else "2", "dlr-mask": str(MASK), "dlr-url": report_to,
            "validity": str(max(1, int(seconds // 60))),
        }  # fmt: skip
        try:
            answer = httpx.get(self.address, params=asked, timeout=SECONDS, trust_env=False, follow_redirects=False)
        except httpx.HTTPError as error:
            reached = not isinstance(error, httpx.ConnectError | httpx.ConnectTimeout | httpx.PoolTimeout)
            # Its text may hold the address, and so the password.
            raise Away(type(error).__name__, tried=reached) from None
        if answer.status_code >= 500:
            raise Away(f"{answer.status_code} {answer.text[:200]}", tried=False)
        if answer.status_code not in (200, 202):
            raise NotTaken(f"{answer.status_code} {answer.text[:200]}")
        return f"/{secrets.token_hex(8)}/{answer.text[:80].partition(':')[0]}"


def gateway() -> Gateway:
    if not settings.SMS_URL:
        return LogGateway()
    url = urlsplit(settings.SMS_URL)
    scheme = "https" if url.scheme == "kannels" else "http"
    host = f"[{url.hostname}]" if ":" in (url.hostname or "") else url.hostname
    address = f"{scheme}://{host}:{url.port or 13013}{url.path or '/cgi-bin/sendsms'}"
    return Kannel(
        address, httpx.URL(settings.SMS_URL).username, httpx.URL(settings.SMS_URL).password, dict(parse_qsl(url.query))
    )
