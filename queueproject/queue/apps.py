"""The queue as a Django app."""

from typing import Any

from django.apps import AppConfig
from django.db.models.signals import post_migrate


class QueueConfig(AppConfig):
    name = "queueproject.queue"
    label = "queue"
    verbose_name = "Queue"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from django.utils.module_loading import autodiscover_modules

        from queueproject.queue import checks, slots  # noqa: F401  (they register themselves)

        autodiscover_modules("handlers")
        post_migrate.connect(prepare_tables, sender=self, dispatch_uid="queue.prepare_tables")


def prepare_tables(*, using: str, **_: Any) -> None:
    """Make the rows every installation has: providers with their default budgets, groups."""
    from queueproject.queue import groups, providers

    if using == "default":
        providers.sync_providers()
        groups.sync_groups()
