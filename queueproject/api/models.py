"""Tokens that programs present, of which only a hash is kept, and how often their owners call."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q


class ApiToken(models.Model):
    """A secret that lets a program act as its owner, until it is revoked."""

    name = models.CharField(max_length=100, help_text="What uses it, such as: nightly report.")
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        on_delete=models.CASCADE,
        related_name="api_tokens",
        help_text="It may do what this person may do.",
    )
    key = models.CharField(
        max_length=16, unique=True, editable=False, help_text="Its public part, by which it is found."
    )
    digest = models.CharField(max_length=64, editable=False, help_text="SHA-256 of its secret part.")
    created_at = models.DateTimeField(auto_now_add=True)
    last_used_at = models.DateTimeField(null=True, blank=True, editable=False)
    revoked_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        verbose_name = "API token"
        constraints: ClassVar = [
            models.CheckConstraint(
                name="api_token_name_not_blank",
                condition=Q(name__regex=r"\S"),
                violation_error_message="A token needs a name that says what uses it.",
            ),
            models.CheckConstraint(
                name="api_token_digest_is_sha256", condition=Q(digest__regex=r"^[0-9a-f]{64}$")
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.key}…)"


class ApiUse(models.Model):
    """How often a person has called in the minute that began last, apart for reading and writing."""

    user = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+", db_index=False
    )
    kind = models.CharField(max_length=5)
    minute = models.DateTimeField(help_text="When the minute began.")
    calls = models.IntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            # Read and written by every call.
            models.UniqueConstraint(name="api_use_once", fields=["user", "kind"]),
            models.CheckConstraint(name="api_use_kind_known", condition=Q(kind__in=["read", "write"])),
        ]

    def __str__(self) -> str:
        return f"{self.calls} {self.kind} calls of user {self.user_id}"
