"""What happens to people's accounts."""

import zoneinfo
from typing import Any

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import get_language

from apps.accounts import links, second_step, tokens
from apps.accounts.models import Entity, Hub, Session, Shop, Token, User, Visibility
from apps.accounts.queries import sees_no_more
from apps.core import history
from apps.core.actions import action
from apps.core.actors import Actor
from apps.core.columns import BadValue, take_text
from apps.core.levels import Level
from apps.core.refusals import Forbidden, Invalid, NotFound, refuse_if
from apps.core.rows import new
from apps.events.actions import emit

GIVEN = ("display_name", "permissions", "scope", "entity", "hub", "shop", "is_active")


@action(level=Level.SYSTEM)
def create_user(
    *,
    email: str,
    password: str | None,
    permissions: str,
    scope: str,
    entity: Entity | None = None,
    hub: Hub | None = None,
    shop: Shop | None = None,
    display_name: str = "",
    by: Actor,
) -> User:
    """A new user. Nobody makes somebody who sees more than they do. Without a password nobody gets in yet."""
    email = email.strip().lower()
    user = User(email=email, display_name=display_name or email.partition("@")[0])
    user.permissions, user.scope, user.entity, user.hub, user.shop = permissions, scope, entity, hub, shop
    errors = _wrong(user)
    try:
        validate_email(email)
    except ValidationError:
        errors["email"] = "is no e-mail address"
    if password is not None:
        errors |= _weak(password, user)
    if errors:
        raise Invalid(errors)
    _no_more_than(user, by)
    taken = User.objects.annotate(lower=Lower("email")).filter(lower=email).exists()
    refuse_if(taken, "email", "is already in use by another user")
    user.set_password(password)
    made: User = new(
        User, by=by, email=email, permissions=permissions, scope=scope, entity=entity, hub=hub, shop=shop,
        display_name=user.display_name, password=user.password,
    )  # fmt: skip
    history.record(made, history.CREATED, by=by)
    return made


@action(level=Level.SYSTEM)
def invite_user(*, by: Actor, **given: Any) -> User:
    """A new user who chooses the password by a link, which is mailed where mail is set up (password_path)."""
    user: User = create_user(password=None, by=by, **given)
    _emit("user.invited", user, by)
    return user


@action(level=Level.SYSTEM)
def send_password_link(user: User, *, by: Actor) -> User:
    """A new link for somebody who has lost the password. The old one stands until a new one is chosen."""
    user = _locked(user, by)
    _no_more_than(user, by)
    refuse_if(not user.is_active, "user", "is closed; open the account first")
    _emit("user.password_link", user, by)
    return user


@action(level=Level.SYSTEM)
def change_user(user: User, *, by: Actor, **given: Any) -> User:
    """Change what is given of GIVEN. Nobody changes the own level, scope or being: somebody must stay who can."""
    user = _locked(user, by)
    unknown = set(given) - set(GIVEN)
    if unknown:
        raise Invalid({name: "is not changed here" for name in unknown})
    _no_more_than(user, by)
    before = {field.attname: getattr(user, field.attname) for field in user._meta.concrete_fields}
    for name, value in given.items():
        setattr(user, name, value)
    errors = _wrong(user)
    if errors:
        raise Invalid(errors)
    _no_more_than(user, by)
    changed = [name for name, value in before.items() if getattr(user, name) != value]
    if not changed:
        return user
    if user.pk == getattr(by, "pk", None) and set(changed) & {"permissions", "scope", "entity_id", "is_active"}:
        raise Forbidden("Your own level, scope and account are changed by a colleague")
    user.modified_at, user.modified_by = timezone.now(), by.name_for_record
    user.save(update_fields=[*changed, "modified_at", "modified_by"])
    history.record(user, history.CHANGED, by=by, before=before)
    if not user.is_active:
        _sign_out(user)
    return user


@action(level=Level.OVERVIEW)
def set_password(user: User, *, password: str, by: Actor) -> None:
    """A new password by its owner; every other browser and every token is signed out."""
    _own(user, by)
    _set_password(user, password)


@action(level=None)
def set_password_by_link(*, uid: str, token: str, password: str, by: Actor) -> User:
    """The same by somebody who holds a link (links.password_path). One link, one use: NotFound for a used one."""
    user = links.user_of(uid, token, lock=True)
    if user is None:
        raise NotFound()
    _set_password(user, password)
    return user


def _set_password(user: User, password: str) -> None:
    if errors := _weak(password, user):
        raise Invalid(errors)
    user.set_password(password)
    user.save(update_fields=["password"])
    _sign_out(user)


@action(level=Level.OVERVIEW)
def revoke_session(user: User, *, key: str, by: Actor) -> None:
    """Sign one browser out. `key`: its digest (queries.sessions_of)."""
    user = _theirs(user, by)
    found = [row.session_key for row in Session.objects.filter(user=user) if row.public_key == key]
    if not found:
        raise NotFound()
    Session.objects.filter(session_key__in=found).delete()


@action(level=Level.OVERVIEW)
def revoke_token(user: User, *, key: int, by: Actor) -> None:
    user = _theirs(user, by)
    if not Token.objects.filter(user=user, pk=key).delete()[0]:
        raise NotFound()
    tokens.forget()


@action(level=Level.OVERVIEW)
def sign_out_everywhere(user: User, *, by: Actor) -> None:
    _sign_out(_theirs(user, by))


@action(level=Level.OVERVIEW)
def turn_second_step_off(user: User, *, by: Actor) -> None:
    """By its owner, or by SYSTEM for somebody who has lost telephone and spare codes."""
    second_step.turn_off(_theirs(user, by))


@action(level=Level.OVERVIEW)
def set_language(user: User, *, language: str, by: Actor) -> None:
    """The reader's own language for every page, kept."""
    user.language = language
    user.save(update_fields=["language"])


@action(level=Level.OVERVIEW)
def set_preferences(user: User, *, display_name: str, language: str, time_zone: str, by: Actor) -> None:
    """Name, language and clock of one's own. An empty language or zone: as the browser says."""
    _own(user, by)
    errors = _unstorable(display_name)
    if not display_name.strip():
        errors["display_name"] = "is required"
    if language and language not in dict(settings.LANGUAGES):
        errors["language"] = "is not spoken here"
    if time_zone and time_zone not in zoneinfo.available_timezones():
        errors["time_zone"] = "is no time zone such as Africa/Kigali"
    if errors:
        raise Invalid(errors)
    user.display_name, user.language, user.time_zone = display_name.strip()[:255], language, time_zone
    user.save(update_fields=["display_name", "language", "time_zone"])


def _unstorable(display_name: str) -> dict[str, str]:
    try:
        take_text(display_name)
    except BadValue as bad:
        return {"display_name": str(bad)}
    return {}


def _wrong(user: User) -> dict[str, str]:
    errors = _unstorable(user.display_name)
    if user.permissions not in Level.values:
        errors["permissions"] = f"must be one of: {', '.join(Level.values)}"
    if user.scope not in Visibility.values:
        errors["scope"] = f"must be one of: {', '.join(Visibility.values)}"
    elif user.scope == Visibility.ENTITY and user.entity is None:
        errors["entity"] = "is required for the scope ENTITY"
    if user.hub and user.entity and user.hub.entity_id != user.entity.pk:
        errors["hub"] = "belongs to another entity"
    if user.shop and user.entity and user.shop.hub.entity_id != user.entity.pk:
        errors["shop"] = "belongs to another entity"
    elif user.shop and user.hub and user.shop.hub_id != user.hub.pk:
        errors["shop"] = "belongs to another hub"
    return errors


def _weak(password: str, user: User) -> dict[str, str]:
    try:
        validate_password(password, user)
    except ValidationError as error:
        return {"password": " ".join(error.messages)}
    return {}


def _no_more_than(user: User, by: Actor) -> None:
    if not sees_no_more(user, by):
        raise Forbidden("This user would see more than you do")


def _locked(user: User, by: Actor) -> User:
    found: User | None = (
        User.objects.visible_to(by).select_for_update(of=("self",), no_key=True).filter(pk=user.pk).first()
    )
    if found is None:
        raise NotFound()
    return found


def _own(user: User, by: Actor) -> None:
    if user.pk != getattr(by, "pk", None):
        raise Forbidden("Only the person themselves may change this")


def _theirs(user: User, by: Actor) -> User:
    """The own account, or as SYSTEM that of anybody one could have made."""
    if user.pk == getattr(by, "pk", None):
        return user
    if by.level < Level.SYSTEM:
        raise NotFound()
    user = _locked(user, by)
    _no_more_than(user, by)
    return user


def _sign_out(user: User) -> None:
    Session.objects.filter(user=user).delete()
    Token.objects.filter(user=user).delete()
    tokens.forget()


def _emit(name: str, user: User, by: Actor) -> None:
    """With the language of the page it was done on: who has chosen none is written to in that of their colleague."""
    entities = [user.entity_id] if user.entity_id else []
    emit(name, subject=f"user:{user.pk}", entity_ids=entities, by=by, payload={"language": get_language()})
