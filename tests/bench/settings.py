"""The project's settings as production runs them, on the database a benchmark made for itself."""

import os

os.environ["ENV_FILE"] = os.devnull  # a developer's .env may hold a real key
os.environ["GEMINI_API_KEY"] = ""
os.environ["DEBUG"] = "0"
os.environ["LOG_LEVEL"] = os.environ.get("LOG_LEVEL", "WARNING")
os.environ.setdefault("SECRET_KEY", "only-for-benchmarks-" + "0123456789" * 4)
os.environ.setdefault("ALLOWED_HOSTS", "localhost")

from queueproject.settings import *  # noqa: F403
from queueproject.settings import INSTALLED_APPS

INSTALLED_APPS = [*INSTALLED_APPS, "tests.bench"]
# Pages are asked for over this host's own http, and nothing of them was collected.
SECURE_SSL_REDIRECT = SESSION_COOKIE_SECURE = False
ALLOWED_HOSTS = ["127.0.0.1", "localhost", "testserver"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
