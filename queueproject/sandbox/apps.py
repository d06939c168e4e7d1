from django.apps import AppConfig


class SandboxConfig(AppConfig):
    name = "queueproject.sandbox"
    label = "sandbox"
