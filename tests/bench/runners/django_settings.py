"""As much of Django as the queues that live in it need."""

import os
from importlib import import_module
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit


def database(url: str) -> dict[str, Any]:
    """Return Django's form of a postgresql:// URL, with a connection that stays."""
    parts = urlsplit(url)
    query = {key: values[0] for key, values in parse_qs(parts.query).items()}
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path[1:]),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": query.get("host", parts.hostname or ""),
        "PORT": query.get("port", parts.port or ""),
        "CONN_MAX_AGE": None,
    }


def configure(url: str, *apps: str, **more: Any) -> None:
    """Configure and load Django with these apps."""
    import_module("django.conf").settings.configure(
        SECRET_KEY="only-for-benchmarks",
        DATABASES={"default": database(url)},
        DEFAULT_AUTO_FIELD="django.db.models.BigAutoField",
        INSTALLED_APPS=list(apps),
        USE_TZ=True,
        LOGGING_CONFIG=None,
        **more,
    )
    os.environ.pop("DJANGO_SETTINGS_MODULE", None)
    import_module("django").setup()
