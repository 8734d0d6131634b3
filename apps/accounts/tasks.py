from celery import shared_task
from django.conf import settings
from django.core.mail import send_mail
from django.utils import translation
from django.utils.translation import gettext as _

from apps.accounts import signin, tokens
from apps.accounts.links import links_are_mailed, password_path
from apps.accounts.models import User
from apps.events.models import Event


@shared_task(name="apps.accounts.tasks.tidy")
def tidy() -> None:
    """Forget expired tokens and past counters; hourly."""
    tokens.tidy()
    signin.tidy()


def mail_password_link(event: Event) -> None:
    """Consequence of user.invited and user.password_link. The link is made now: none lies in the outbox."""
    user = User.objects.filter(pk=int(event.subject.partition(":")[2]), is_active=True).first()
    if user is None or not links_are_mailed():
        return
    with translation.override(user.language or event.payload.get("language") or settings.LANGUAGE_CODE):
        text = _(
            "Hello %(name)s,\n\nplease choose a password for the solar back office here. The link works once, for three"
            " days:\n\n%(link)s\n\nIf you did not expect this, nothing happens without it."
        ) % {"name": user.display_name, "link": settings.PUBLIC_URL.rstrip("/") + password_path(user)}
        send_mail(_("Choose your password"), text, None, [user.email])
