"""Who looks after whose account."""

from apps.accounts.models import User
from apps.core.actors import Actor
from apps.core.levels import Level


def sees_no_more(user: User, by: Actor) -> bool:
    """Whether this account sees nothing that `by` doesn't see."""
    return by.is_global or (not user.is_global and user.entity_id is not None and user.entity_id == by.entity_key)


def looks_after(user: User, by: Actor) -> bool:
    """Whether `by` may give this account a new password: only of what sees no more, or it would be a way up."""
    return by.level >= Level.SYSTEM and sees_no_more(user, by)
