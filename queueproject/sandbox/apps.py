from django.apps import AppConfig


class SandboxAppConfig(AppConfig):
    """No tables: it is an app for the sake of its command."""

    name = "queueproject.sandbox"
    label = "sandbox"
