"""The queue as a Django app."""

from django.apps import AppConfig


class QueueConfig(AppConfig):
    name = "queueproject.queue"
    label = "queue"
    verbose_name = "Queue"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        from django.utils.module_loading import autodiscover_modules

        from queueproject.queue import checks  # noqa: F401  (registers the system checks)

        autodiscover_modules("handlers", "providers")
