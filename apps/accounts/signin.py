"""Signing in, with a lock-out that can't be used against a colleague (guarantees.md, G12).

Guesses are counted before a password is looked at: ten an hour for an account from one source, and a cap for a source
over all accounts. Neither looks at who is right, so a locked answer tells nothing; somebody else's guesses from another
source never count against me, and a browser that has signed in as me before is counted by itself.
"""

import datetime as dt
import ipaddress
from typing import Any

from django.conf import settings
from django.contrib.auth import authenticate
from django.core import signing
from django.db import transaction
from django.db.models import F
from django.http import HttpRequest
from django.utils import timezone

from apps.accounts import second_step
from apps.accounts.models import Session, SignIn, SignInCounter, User, account_of
from apps.core.crypto import keyed_digest
from apps.core.refusals import TooMany

PER_ACCOUNT = 10
PER_SOURCE = 100
WINDOW = dt.timedelta(hours=1)
LOG_KEPT = dt.timedelta(days=180)
DEVICE_COOKIE = "known"
DEVICE_AGE = 180 * 86400


def source_of(request: Any) -> str:
    """The address that asks: the peer, or what our own proxies wrote. An IPv6 client counts by its /64."""
    address = address_of(request.META.get("REMOTE_ADDR", ""), request.META.get("HTTP_X_FORWARDED_FOR", ""))
    if address is None:
        return "unknown"
    if address.version == 6:
        return str(ipaddress.ip_network(f"{address}/64", strict=False))
    return str(address)


def address_of(peer: str, forwarded: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Of whoever asks; None where there is none to be read. IPv4 in the form of IPv6 (`::ffff:10.0.0.1`, which a server
    that listens to both sees) is IPv4: else all of them would be one /64."""
    hops = [part.strip() for part in forwarded.split(",") if part.strip()]
    text = hops[-settings.TRUSTED_PROXIES] if 0 < settings.TRUSTED_PROXIES <= len(hops) else peer
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    return (address.ipv4_mapped or address) if isinstance(address, ipaddress.IPv6Address) else address


def sign_in(request: HttpRequest, username: str, password: str, *, door: str, code: str = "") -> User | None:
    """The user, or None for wrong credentials. Raises TooMany when the source has guessed enough.

    Where the account has a second step, `code` is checked too at the API's door; the browser asks for it on a page of
    its own (check_code).
    """
    account = account_of(username)
    source = source_of(request)
    try:
        user = _guess(request, account, source, password)
    except TooMany:
        _log(request, account, None, SignIn.Outcome.LOCKED, door)
        raise
    if user is None:
        _log(request, account, User.objects.filter(email=account).first(), SignIn.Outcome.WRONG, door)
        return None
    if second_step.in_force(user):
        if door == SignIn.Door.BROWSER:
            return user  # logged when the code is right
        if not check_code(request, user, code, door=door):
            return None
    else:
        _log(request, account, user, SignIn.Outcome.SIGNED_IN, door)
    return user


def check_password(request: HttpRequest, username: str, password: str) -> User | None:
    """Whether the two go together; counted as guesses are, and nobody is signed in."""
    return _guess(request, account_of(username), source_of(request), password)


def check_code(request: HttpRequest, user: User, code: str, *, door: str) -> bool:
    """The second step. Counted like guesses of a password, by account, for codes are short."""
    account = user.email.lower()
    left = _count("code", account, PER_ACCOUNT)
    if left is not None:
        _log(request, account, user, SignIn.Outcome.LOCKED, door)
        raise TooMany("Too many attempts; please wait before you try again", retry_after=left)
    right = second_step.take(user, code)
    if right:
        SignInCounter.objects.filter(key=_key("code", account)).delete()
    _log(request, account, user, SignIn.Outcome.SIGNED_IN if right else SignIn.Outcome.CODE_WRONG, door)
    return right


def _log(request: HttpRequest, account: str, user: User | None, outcome: SignIn.Outcome, door: str) -> None:
    """One line a try; a locked source writes one a minute, so that it can't fill the log."""
    source = source_of(request)
    if outcome == SignIn.Outcome.LOCKED:
        since = timezone.now() - dt.timedelta(minutes=1)
        if SignIn.objects.filter(source=source, outcome=outcome, at__gte=since).exists():
            return
    # An unknown name without an @ may be a password, typed into the wrong box.
    known = user is not None or "@" in account
    SignIn.objects.create(
        username="".join(one for one in account if one.isprintable()) if known else "–", user=user,
        outcome=outcome, door=door, source=source, agent=request.headers.get("User-Agent", "")[:200],
    )  # fmt: skip


def _guess(request: HttpRequest, account: str, source: str, password: str) -> User | None:
    if _knows(request, account):
        keys = [("device", f"{request.COOKIES[DEVICE_COOKIE]} {account}", PER_ACCOUNT)]
    else:
        keys = [("account", f"{source} {account}", PER_ACCOUNT), ("source", source, PER_SOURCE)]
    for kind, text, most in keys:
        left = _count(kind, text, most)
        if left is not None:
            raise TooMany("Too many attempts; please wait before you try again", retry_after=left)
    user = authenticate(request, username=account, password=password)
    if user is not None:
        _forgive(keys)
    return user


def remember_device(response: Any, user: User) -> None:
    """Let this browser be counted by itself from now on. Holds no right to anything."""
    value = signing.dumps({"account": user.email.lower()}, salt="known-device")
    response.set_cookie(
        DEVICE_COOKIE, value, max_age=DEVICE_AGE, httponly=True, samesite="Lax",
        secure=settings.SESSION_COOKIE_SECURE, path="/login",
    )  # fmt: skip


def _knows(request: HttpRequest, account: str) -> bool:
    try:
        held = signing.loads(request.COOKIES.get(DEVICE_COOKIE, ""), salt="known-device", max_age=DEVICE_AGE)
    except signing.BadSignature:
        return False
    return isinstance(held, dict) and held.get("account") == account


def _key(kind: str, text: str) -> str:
    return keyed_digest(f"{kind} {text}", "sign-in counter")


def _count(kind: str, text: str, most: int) -> int | None:
    """Count one guess, atomically; None if it may go on, else the seconds until the window ends."""
    now = timezone.now()
    key = _key(kind, text)
    with transaction.atomic():
        SignInCounter.objects.bulk_create([SignInCounter(key=key, window=now)], ignore_conflicts=True)
        counter = SignInCounter.objects.select_for_update().get(key=key)
        if counter.window <= now - WINDOW:
            counter.window, counter.count = now, 0
        if counter.count >= most:
            return max(1, int((counter.window + WINDOW - now).total_seconds()))
        counter.count += 1
        counter.save(update_fields=["window", "count"])
    return None


def hold_back(kind: str, request: Any, most: int) -> None:
    """Count one more of this kind from where it comes; TooMany beyond so many an hour."""
    left = _count(kind, source_of(request), most)
    if left is not None:
        raise TooMany("Too many attempts; please wait before you try again", retry_after=left)


def _forgive(keys: list[tuple[str, str, int]]) -> None:
    """A right password: the account's count starts anew, and the source gets its one guess back."""
    for kind, text, _most in keys:
        key = _key(kind, text)
        if kind == "source":
            SignInCounter.objects.filter(key=key, count__gt=0).update(count=F("count") - 1)
        else:
            SignInCounter.objects.filter(key=key).delete()


def tidy() -> None:
    now = timezone.now()
    SignInCounter.objects.filter(window__lte=now - WINDOW).delete()
    SignIn.objects.filter(at__lte=now - LOG_KEPT).delete()
    Session.objects.filter(expire_date__lte=now).delete()
