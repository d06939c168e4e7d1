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
