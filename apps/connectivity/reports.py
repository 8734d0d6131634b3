"""The address under which an SMS gateway reports what became of a message: signed, for a message and a try of it."""

import hmac

from django.conf import settings
from django.utils.crypto import salted_hmac


def address(key: int, attempt: int) -> str:
    """With Kannel's `%d`, in whose place it writes its mark."""
    base = settings.PUBLIC_URL.rstrip("/") or f"http://127.0.0.1:{settings.PORT}"
    return f"{base}/v1/sms_reports/{signed(key, attempt)}?status=%d"


def signed(key: int, attempt: int) -> str:
    return f"{key}.{attempt}.{_tag(key, attempt)}"


def opened(name: str) -> tuple[int, int] | None:
    """(key, attempt) of a name that we made, else None."""
    key, _, rest = name.partition(".")
    attempt, _, tag = rest.partition(".")
    if not all(part.isascii() and part.isdecimal() and len(part) < 16 for part in (key, attempt)):
        return None
    same = hmac.compare_digest(tag.encode(), _tag(int(key), int(attempt)).encode())
    return (int(key), int(attempt)) if same else None


def _tag(key: int, attempt: int) -> str:
    return salted_hmac("apps.connectivity.reports", f"{key}.{attempt}", algorithm="sha256").hexdigest()[:32]
