from django.apps import AppConfig


class ConsoleConfig(AppConfig):
    name = "queueproject.console"
    label = "console"
