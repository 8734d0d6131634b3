"""What happens to people's accounts."""

from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models.functions import Lower

from apps.accounts.models import Entity, User, Visibility
from apps.core.actions import action
from apps.core.actors import Actor
from apps.core.levels import Level
from apps.core.refusals import Forbidden, Invalid, refuse_if


@action(level=Level.SYSTEM)
def create_user(
    *,
    email: str,
    password: str,
    permissions: str,
    scope: str,
    entity: Entity | None = None,
    display_name: str = "",
    by: Actor,
) -> User:
    """A new user. Nobody makes somebody who sees more than they do."""
    errors: dict[str, str] = {}
    email = email.strip().lower()
    try:
        validate_email(email)
    except ValidationError:
        errors["email"] = "is no e-mail address"
    if permissions not in Level.values:
        errors["permissions"] = f"must be one of: {', '.join(Level.values)}"
    if scope not in Visibility.values:
        errors["scope"] = f"must be one of: {', '.join(Visibility.values)}"
    elif scope == Visibility.ENTITY and entity is None:
        errors["entity"] = "is required for the scope ENTITY"
    try:
        validate_password(password)
    except ValidationError as error:
        errors["password"] = " ".join(error.messages)
    if errors:
        raise Invalid(errors)
    if not by.is_global and (scope == Visibility.GLOBAL or entity is None or entity.pk != by.entity_key):
        raise Forbidden("This user would see more than you do")
    taken = User.objects.annotate(lower=Lower("email")).filter(lower=email).exists()
    refuse_if(taken, "email", "is already in use by another user")
    user = User(
        email=email, permissions=permissions, scope=scope, entity=entity,
        display_name=display_name or email.partition("@")[0],
    )  # fmt: skip
    user.set_password(password)
    user.save()
    return user


@action(level=Level.OVERVIEW)
def set_language(user: User, *, language: str, by: Actor) -> None:
    """The reader's own language for every page, kept."""
    user.language = language
    user.save(update_fields=["language"])
