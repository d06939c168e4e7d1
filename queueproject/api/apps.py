"""The Django app of the API's tokens."""

from django.apps import AppConfig


class ApiConfig(AppConfig):
    """Tokens, and how often their owners call."""

    name = "queueproject.api"
    label = "api"
    verbose_name = "API"
    default_auto_field = "django.db.models.BigAutoField"
