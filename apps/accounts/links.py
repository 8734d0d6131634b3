"""Links by which a person chooses a password: good for three days, once, and only while nothing else has changed it."""

from django.conf import settings
from django.contrib.auth.tokens import default_token_generator
from django.urls import reverse
from django.utils.http import urlsafe_base64_decode, urlsafe_base64_encode

from apps.accounts.models import User


def password_path(user: User) -> str:
    uid = urlsafe_base64_encode(str(user.pk).encode())
    return reverse("console:password", args=[uid, default_token_generator.make_token(user)])


def user_of(uid: str, token: str, *, lock: bool = False) -> User | None:
    """Whom the link is for, or None for one that has been used, is too old or was never ours. `lock`: of the same link
    pressed twice at one moment the second waits here, and finds it used."""
    people = User.objects.select_for_update(of=("self",), no_key=True) if lock else User.objects.all()
    try:
        user = people.filter(pk=int(urlsafe_base64_decode(uid)), is_active=True).first()
    except (ValueError, OverflowError):
        return None
    return user if user is not None and default_token_generator.check_token(user, token) else None


def links_are_mailed() -> bool:
    """Where mail is not set up, whoever makes a link hands it on."""
    return bool(settings.MAIL and settings.PUBLIC_URL)
