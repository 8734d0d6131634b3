"""Who may take credit away, and how much of it."""

from django.conf import settings

from apps.core.actors import Actor
from apps.core.refusals import Invalid


def within_limit(seconds: int, *, by: Actor) -> None:
    """Raises Refused `over_limit` where somebody of this level may not take that much away (CREDIT_REMOVAL_LIMITS)."""
    most = settings.CREDIT_REMOVAL_LIMITS.get(by.level.value)
    if most is not None and seconds > most:
        text = f"takes {seconds} seconds away; {by.level.value} may take {most}, somebody of a higher level more"
        raise Invalid({"value": text}, code="over_limit")
