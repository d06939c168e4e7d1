"""Make, check and revoke tokens. The secret part is shown once, by whoever made it."""

import hashlib
import hmac
import re
import secrets
from datetime import timedelta
from typing import Final

from django.contrib.auth.models import User
from django.db.models import Q
from django.utils import timezone

from queueproject.api.models import ApiToken

PREFIX: Final = "qp"
_FORM: Final = re.compile(rf"{PREFIX}_([0-9a-f]{{16}})_([A-Za-z0-9_-]{{43}})")
_NOBODYS_DIGEST: Final = "0" * 64
# A busy token writes its row no more often than this.
_USED_EVERY: Final = timedelta(minutes=1)


def create_token(owner: User, *, name: str) -> tuple[ApiToken, str]:
    """Store a token and return it with its text, which cannot be had again."""
    key, secret = secrets.token_hex(8), secrets.token_urlsafe(32)
    token = ApiToken.objects.create(owner=owner, name=name.strip()[:100], key=key, digest=_digest(secret))
    return token, f"{PREFIX}_{key}_{secret}"


def find_owner(text: str) -> User | None:
    """Return whom a token lets act: nobody when it is unknown or revoked, or its owner may not log in."""
    form = _FORM.fullmatch(text.strip())
    if form is None:
        return None
    token = ApiToken.objects.select_related("owner").filter(key=form[1]).first()
    # Compared also when there is none, so that the time says nothing about which keys exist.
    is_right = hmac.compare_digest(token.digest if token else _NOBODYS_DIGEST, _digest(form[2]))
    if token is None or not is_right or token.revoked_at or not token.owner.is_active:
        return None
    _note_use(token)
    return token.owner


def revoke_token(token: ApiToken) -> bool:
    """Make a token worthless; False when it was revoked before."""
    return bool(ApiToken.objects.filter(pk=token.pk, revoked_at=None).update(revoked_at=timezone.now()))


def _digest(secret: str) -> str:
    # The secret has 256 random bits: there is nothing to guess that a slow hash would protect.
    return hashlib.sha256(secret.encode()).hexdigest()


def _note_use(token: ApiToken) -> None:
    now = timezone.now()
    long_ago = Q(last_used_at=None) | Q(last_used_at__lt=now - _USED_EVERY)
    ApiToken.objects.filter(long_ago, pk=token.pk).update(last_used_at=now)
