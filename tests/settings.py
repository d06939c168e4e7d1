"""The project's settings with the environment a test run must not depend on."""

import os
import sys
from pathlib import Path

from queueproject import postgres

if os.environ.pop("PYTHONDONTWRITEBYTECODE", ""):
    # Some containers say so; each of the hundred processes that tests start would compile every module anew.
    sys.dont_write_bytecode = False
    sys.pycache_prefix = str(Path(__file__).parent.parent / "var/pycache")
    os.environ["PYTHONPYCACHEPREFIX"] = sys.pycache_prefix

os.environ["ENV_FILE"] = os.devnull  # a developer's .env may hold a real key
os.environ["GEMINI_API_KEY"] = ""
os.environ["DEBUG"] = "0"
os.environ["LOG_LEVEL"] = os.environ.get("LOG_LEVEL", "WARNING")
os.environ["SECURE_SSL_REDIRECT"] = os.environ["SECURE_COOKIES"] = "0"
os.environ.setdefault("SECRET_KEY", "only-for-tests-" + "0123456789" * 4)
os.environ.setdefault("ALLOWED_HOSTS", "localhost,127.0.0.1,testserver")
# Named here, started by the first test that needs it.
os.environ.setdefault("DATABASE_URL", postgres.get_url("fast"))

from queueproject.settings import *  # noqa: F403

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
