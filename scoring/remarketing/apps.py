"""The Django app of the remarketing workload."""

from django.apps import AppConfig


class RemarketingConfig(AppConfig):
    """Universes, buyers, listings and what they score."""

    name = "scoring.remarketing"
    label = "remarketing"
    verbose_name = "Remarketing"
    default_auto_field = "django.db.models.BigAutoField"
