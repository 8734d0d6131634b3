"""The optional second step of signing in: a code from an authenticator app, or one of ten spare ones."""

import secrets
import time

import pyotp
import segno
from django.db import transaction
from django.utils import timezone

from apps.accounts.models import SecondStep, SpareCode, User
from apps.core.crypto import keyed_digest

SPARE = 10
PERIOD = 30  # seconds a code stands
DRIFT = 1  # neighbours in time that are taken too: clocks differ
_LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"  # none that look alike


def in_force(user: User) -> bool:
    return SecondStep.objects.filter(user=user, in_force_since__isnull=False).exists()


def begin(user: User) -> SecondStep:
    """A new secret, not yet in force."""
    step, _made = SecondStep.objects.update_or_create(
        user=user, defaults={"secret": pyotp.random_base32(), "in_force_since": None, "last_used": 0}
    )
    return step


def address_of(step: SecondStep) -> str:
    """What the app scans."""
    return pyotp.TOTP(str(step.secret)).provisioning_uri(name=step.user.email, issuer_name="Solar back office")


def picture_of(step: SecondStep) -> str:
    """The same as an SVG image."""
    return segno.make(address_of(step), error="m").svg_data_uri(scale=5, dark="#000", light="#fff")


def put_in_force(user: User, code: str) -> list[str] | None:
    """The spare codes, shown once, when the first code is right; else None."""
    with transaction.atomic():
        if not _right(user, code):
            return None
        SecondStep.objects.filter(user=user).update(in_force_since=timezone.now())
        SpareCode.objects.filter(user=user).delete()
        texts = ["-".join("".join(secrets.choice(_LETTERS) for _ in range(5)) for _ in range(2)) for _ in range(SPARE)]
        SpareCode.objects.bulk_create(SpareCode(user=user, digest=_digest(text)) for text in texts)
    return texts


def take(user: User, code: str) -> bool:
    """Whether this is a right code of now, or an unused spare one; either is used up by it."""
    with transaction.atomic():
        return _right(user, code) or bool(SpareCode.objects.filter(user=user, digest=_digest(code)).delete()[0])


def turn_off(user: User) -> None:
    SecondStep.objects.filter(user=user).delete()
    SpareCode.objects.filter(user=user).delete()


def _right(user: User, code: str) -> bool:
    step = SecondStep.objects.select_for_update().filter(user=user).first()
    digits = "".join(code.split())
    if step is None or len(digits) != 6 or not digits.isascii():
        return False
    now = int(time.time()) // PERIOD
    app = pyotp.TOTP(str(step.secret))
    for number in range(now - DRIFT, now + DRIFT + 1):
        if number > step.last_used and secrets.compare_digest(app.generate_otp(number), digits):
            step.last_used = number
            step.save(update_fields=["last_used"])
            return True
    return False


def _digest(code: str) -> str:
    return keyed_digest(code.strip().lower(), "spare code")
