"""`Authorization: Token token=<64 characters>` for DRF (seed 004, "Authentication and Permissions")."""

from typing import Any

from rest_framework import exceptions
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from apps.accounts import tokens
from apps.accounts.models import User


class TokenAuthentication(BaseAuthentication):
    def authenticate(self, request: Request) -> tuple[User, str] | None:
        text = token_in(request.META.get("HTTP_AUTHORIZATION", ""))
        if text is None:
            return None
        user = tokens.user_of(text)
        if user is None:
            raise exceptions.AuthenticationFailed("The token is unknown or has expired; log in again")
        return user, text

    def authenticate_header(self, request: Any) -> str:
        return "Token"


def token_in(header: str) -> str | None:
    scheme, _, rest = header.partition(" ")
    if scheme.lower() != "token":
        return None
    return rest.strip().removeprefix("token=").strip("\"'")
