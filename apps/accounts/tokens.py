"""API tokens: 64 random characters, of which only a keyed digest is kept.

A token may be remembered by a process for one second, so a revocation holds everywhere within a second. Its expiry
slides to three hours after each successful request and is written at most once a minute, on a condition, so that
parallel requests write once.
"""

import datetime as dt
import secrets
import string
import time

from django.utils import timezone

from apps.accounts.models import Token, User
from apps.core.crypto import keyed_digest

LIFE = dt.timedelta(hours=3)
WRITE_EVERY = dt.timedelta(minutes=1)
REMEMBER = 1.0  # seconds
LENGTH = 64
_ALPHABET = string.ascii_letters + string.digits

_remembered: dict[str, tuple[float, User]] = {}


def issue(user: User, *, source: str = "", agent: str = "") -> tuple[str, Token]:
    """(the token's text, which nobody can see again, and its row)"""
    text = "".join(secrets.choice(_ALPHABET) for _ in range(LENGTH))
    expires_at = timezone.now() + LIFE
    token = Token.objects.create(
        digest=_digest(text), user=user, expires_at=expires_at, source=source, agent=agent[:200]
    )
    return text, token


def user_of(text: str) -> User | None:
    """The active user of a live token; slides its expiry."""
    if len(text) != LENGTH or not text.isascii():
        return None
    digest = _digest(text)
    held = _remembered.get(digest)
    if held is not None and held[0] > time.monotonic():
        return held[1]
    now = timezone.now()
    token = Token.objects.select_related("user").filter(digest=digest, expires_at__gt=now).first()
    if token is None or not token.user.is_active:
        _remembered.pop(digest, None)
        return None
    if token.expires_at < now + LIFE - WRITE_EVERY:
        Token.objects.filter(pk=token.pk, expires_at=token.expires_at).update(expires_at=now + LIFE)
    if len(_remembered) > 10_000:
        _remembered.clear()
    _remembered[digest] = (time.monotonic() + REMEMBER, token.user)
    return token.user


def revoke(text: str) -> None:
    digest = _digest(text)
    Token.objects.filter(digest=digest).delete()
    _remembered.pop(digest, None)


def tidy() -> None:
    Token.objects.filter(expires_at__lte=timezone.now()).delete()


def forget() -> None:
    """Drop what this process remembers; for tests that freeze the clock."""
    _remembered.clear()


def _digest(text: str) -> str:
    return keyed_digest(text, "api token")
