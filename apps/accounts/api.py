"""/v1/home and /v1/auth (contract/actions.md, "Service and authentication"; seed 004, "Custom Endpoints")."""

from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from django.utils.http import http_date
from rest_framework import exceptions
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request

from apps.accounts import tokens
from apps.accounts.models import SignIn, User, account_of
from apps.accounts.signin import check_password, sign_in, source_of
from apps.api.endpoint import Body, endpoint
from apps.api.envelope import answer, success
from apps.api.parsers import FormParser, JSONParser
from apps.core.levels import Level
from apps.core.times import iso

FORMS = (JSONParser, FormParser, MultiPartParser)


class UserAndPassword(Body):
    username: str
    password: str


class Credentials(UserAndPassword):
    """`code` (ours): of the second step, for accounts that have one."""

    code: str = ""


class Username(Body):
    username: str


def _home(request: Request) -> HttpResponse:
    """Whether the API is there: a line of plain text with the time, for anybody."""
    return HttpResponse(
        f"Welcome to the SMARTSolar API: {iso(timezone.now())}", content_type="text/plain; charset=utf-8"
    )


home = endpoint("GET", anyone=True)(_home)
home_post = endpoint("POST", anyone=True, parsers=FORMS)(_home)


@endpoint("POST", anyone=True, body=Credentials, parsers=FORMS)
def login(request: Request, body: Credentials) -> HttpResponse:
    """A token that lives for three hours after its last use. Wrong credentials: 401, whatever is wrong in them."""
    user = sign_in(request._request, body.username, body.password, door=SignIn.Door.API, code=body.code)
    if user is None:
        raise exceptions.AuthenticationFailed("The username or the password is wrong, or the code of the second step")
    agent = request.headers.get("User-Agent", "")
    text, token = tokens.issue(user, source=source_of(request._request), agent=agent)
    found = {
        "username": user.email,
        "entity_id": user.entity_id,
        "display_name": user.display_name,
        "name": user.name,
        "user_product_visibility": user.scope,
        "hub_id": user.hub_id,
        "shop_id": user.shop_id,
        "API_token": text,
        "token_expiry": http_date(token.expires_at.timestamp()),
        "permissions": user.permissions,
    }
    return answer({"status": "success", "message": {"login_successful": found}})


@endpoint("POST", any_token=True, parsers=FORMS)
def logout(request: Request) -> HttpResponse:
    """End the token that this request comes with."""
    tokens.revoke(str(request.auth))
    return success("Logged out")


@endpoint("GET", level=Level.SYSTEM, body=Username)
def validate_user(request: Request, body: Username) -> HttpResponse:
    """`data` is the text "True" or "False". An ENTITY user learns of colleagues of the own entity only."""
    return success(
        f"Successfully checked the username {body.username}",
        str(_visible(request, body.username) is not None),
    )


def _validate_user_and_password(request: Request, body: UserAndPassword) -> HttpResponse:
    """`data` is the text "True" or "False". Counted as guesses at the log-in are, so that this is no way round it.

    It looks at the password only: of a second step it knows nothing, and lets nobody in.
    """
    right = check_password(request._request, body.username, body.password)
    found = right is not None and _visible(request, body.username) is not None
    return success(f"Successfully checked the username {body.username} with it's password", str(found))


validate_user_and_password = endpoint("GET", level=Level.SYSTEM, body=UserAndPassword, parsers=FORMS)(
    _validate_user_and_password
)
validate_user_and_password_post = endpoint("POST", level=Level.SYSTEM, body=UserAndPassword, parsers=FORMS)(
    _validate_user_and_password
)


def _visible(request: Request, username: str) -> User | None:
    asking: Any = request.user
    users = User.objects.filter(email=account_of(username), is_active=True)
    if not asking.is_global:
        users = users.filter(entity_id=asking.entity_key)
    return users.first()
