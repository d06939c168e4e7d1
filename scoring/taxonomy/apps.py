"""The Django app of the taxonomy workload."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class TaxonomyConfig(AppConfig):
    """Product trees, their metrics, and what is worth working on in them."""

    name = "scoring.taxonomy"
    label = "taxonomy"
    verbose_name = "Taxonomy"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        """Give the groups of staff their permissions whenever tables were migrated."""
        post_migrate.connect(prepare_groups, sender=self, dispatch_uid="taxonomy.prepare_groups")


def prepare_groups(*, using: str, **_: Any) -> None:
    """Let viewers look, operators analyse, configurers change projects."""
    from scoring.taxonomy import groups

    if using == "default":
        groups.sync_groups()
