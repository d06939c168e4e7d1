"""The Django app of the remarketing workload."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class RemarketingConfig(AppConfig):
    """Universes, buyers, listings and what they score."""

    name = "scoring.remarketing"
    label = "remarketing"
    verbose_name = "Remarketing"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Give the groups of staff their permissions whenever tables were migrated."""
        post_migrate.connect(prepare_groups, sender=self, dispatch_uid="remarketing.prepare_groups")


def prepare_groups(*, using: str, **_: Any) -> None:
    """Let viewers look, operators score and decide, configurers change universes."""
    from scoring.remarketing import groups

    if using == "default":
        groups.sync_groups()
