"""Who calls: the session of a browser, with its CSRF token, or the bearer of a token."""

from typing import Any

from django.conf import settings
from django.contrib.auth.models import User
from django.http import HttpRequest
from ninja.errors import AuthenticationError, HttpError
from ninja.security import APIKeyCookie, HttpBearer

from queueproject.api import tokens
from queueproject.api.problems import ApiProblem


class TokenAuth(HttpBearer):
    """`Authorization: Bearer qp_…`; a token that will not do is never made up for by a session."""

    openapi_bearerFormat = "opaque"  # noqa: N815  the key that OpenAPI knows

    def __call__(self, request: HttpRequest) -> Any:
        """Return the token's owner, None without the header."""
        if not request.headers.get("Authorization"):
            return None
        owner = super().__call__(request)
        if owner is None:
            raise AuthenticationError
        return owner

    def authenticate(self, request: HttpRequest, token: str) -> User | None:
        """Return the token's owner."""
        return tokens.find_owner(token)


class SessionAuth(APIKeyCookie):
    """The session of someone who is logged in; what changes anything needs the CSRF token as well."""

    param_name = settings.SESSION_COOKIE_NAME

    def __call__(self, request: HttpRequest) -> Any:
        """Return who is logged in; who is not is told so, and not about a missing CSRF token."""
        if not request.user.is_authenticated:
            return None
        try:
            return super().__call__(request)
        except HttpError:
            raise ApiProblem(403, "CSRF token missing or incorrect; send it as X-CSRFToken") from None

    def authenticate(self, request: HttpRequest, key: str | None) -> User | None:
        """Return who is logged in."""
        user = request.user
        return user if isinstance(user, User) else None


def get_caller(request: HttpRequest) -> User:
    """Return who was authenticated for this call."""
    user: User = request.auth  # type: ignore[attr-defined]
    return user


def require(request: HttpRequest, permission: str) -> User:
    """Return the caller when they have a permission; raise ApiProblem 403 naming it."""
    user = get_caller(request)
    if not user.has_perm(permission):
        raise ApiProblem(403, f"You lack the permission {permission}")
    return user
