"""Settings, all from the environment (or `.env`); `.env.example` explains every variable.

Three ways to run, told apart by what is set:
- local: no `DATABASE_URL`, so a private Postgres; loopback only, plain http, a secret key made here
- `DEBUG=1`: the same conveniences on a database of your own
- production: `DATABASE_URL` without `DEBUG`; refuses to start without `SECRET_KEY` and `ALLOWED_HOSTS`
"""

import os
from datetime import timedelta
from pathlib import Path

import django_stubs_ext
import environ
from django.core.exceptions import ImproperlyConfigured

from queueproject import logs, postgres
from queueproject.secret_key import get_local_secret_key

django_stubs_ext.monkeypatch()  # so that classes may say ModelForm[Buyer], as the type checker asks

BASE_DIR = Path(__file__).resolve().parent.parent

env = environ.Env()
environ.Env.read_env(os.environ.get("ENV_FILE", BASE_DIR / ".env"))

# -- where we run --------------------------------------------------------------------------------------------

DEBUG: bool = env.bool("DEBUG", default=False)
DATABASE_URL: str = env.str("DATABASE_URL", default="")
PRODUCTION = bool(DATABASE_URL) and not DEBUG and postgres.find_profile(DATABASE_URL) is None

SECRET_KEY: str = env.str("SECRET_KEY", default="")
ALLOWED_HOSTS: list[str] = env.list("ALLOWED_HOSTS", default=[])
if PRODUCTION and not SECRET_KEY:
    raise ImproperlyConfigured(
        "SECRET_KEY is not set. Make one with: "
        "python -c 'import secrets; print(secrets.token_urlsafe(50))' and keep it out of the repository."
    )
if PRODUCTION and not ALLOWED_HOSTS:
    raise ImproperlyConfigured(
        "ALLOWED_HOSTS is not set. Name what staff type into the browser: ALLOWED_HOSTS=queue.example.com "
        "(With DATABASE_URL set this is taken for production; set DEBUG=1 on a developer's machine.)"
    )
SECRET_KEY = SECRET_KEY or get_local_secret_key()
ALLOWED_HOSTS = ALLOWED_HOSTS or ["localhost", "127.0.0.1", "[::1]"]
CSRF_TRUSTED_ORIGINS: list[str] = env.list("CSRF_TRUSTED_ORIGINS", default=[])

# -- application ---------------------------------------------------------------------------------------------

INSTALLED_APPS = [
    # Ours come first: `queueproject.queue` replaces django-q2's `qcluster` command.
    "queueproject.queue",
    "queueproject.console",
    "queueproject.api",
    "queueproject.sandbox",
    "scoring.remarketing",
    "scoring.taxonomy",
    "django_q",
    "django.contrib.admin",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django_htmx",
    "django_structlog",
    "csp",
    "axes",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "queueproject.api.middleware.ApiMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_structlog.middlewares.RequestMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "queueproject.urls"
WSGI_APPLICATION = "queueproject.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
]

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_TZ = True

# -- database ------------------------------------------------------------------------------------------------

DATABASES = {"default": environ.Env.db_url_config(DATABASE_URL or postgres.get_url("durable"))}
# No pool: forked workers would share its sockets. Each process and thread keeps one connection instead.
DATABASES["default"]["CONN_MAX_AGE"] = None
DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
DATABASES["default"].setdefault("OPTIONS", {})
DATABASES["default"]["OPTIONS"] |= {
    "application_name": "queueproject",
    "connect_timeout": 10,
    # A host that vanished is noticed within seconds instead of the kernel's minutes.
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 3,
    "tcp_user_timeout": 25_000,
}
DATABASES["default"]["TEST"] = {
    "NAME": "test_queueproject" + env.str("QUEUEPROJECT_TEST_DB_SUFFIX", default="")
}

# -- the queue's processes -----------------------------------------------------------------------------------

# A worker silent for so long is dead and its jobs are taken back; it must outlive a few lost heartbeats.
QUEUE_LEASE_SECONDS: float = env.float("QUEUE_LEASE_SECONDS", default=60.0)

# django-q2 runs drains and nothing else, so it neither retries nor keeps a backlog of its own.
Q_CLUSTER = {
    "name": "queueproject",
    "label": "Cluster",
    "orm": "default",
    "broker_class": "queueproject.queue.broker.Broker",
    "workers": env.int("QUEUE_SLOTS", default=2),
    "timeout": 460,
    "retry": 520,
    "max_attempts": 1,
    "ack_failures": True,
    "queue_limit": 1,
    "bulk": 1,
    "poll": 0.2,
    "catch_up": False,
    "save_limit": 50,
    "recycle": 500,
}

# -- JSON API ------------------------------------------------------------------------------------------------

# Calls a person may make in a minute, in all processes together: reading, and what changes anything.
API_READS_PER_MINUTE: int = env.int("API_READS_PER_MINUTE", default=600)
API_WRITES_PER_MINUTE: int = env.int("API_WRITES_PER_MINUTE", default=60)

# -- providers -----------------------------------------------------------------------------------------------

GEMINI_API_KEY: str = env.str("GEMINI_API_KEY", default="")
GOOGLE_GEMINI_BASE_URL: str = env.str(
    "GOOGLE_GEMINI_BASE_URL", default="https://generativelanguage.googleapis.com"
).rstrip("/")
GEMINI_MODEL: str = env.str("GEMINI_MODEL", default="gemini-3.6-flash")
GEMINI_TIMEOUT_SECONDS: float = env.float("GEMINI_TIMEOUT_SECONDS", default=60.0)

# -- static files --------------------------------------------------------------------------------------------

STATIC_URL = "static/"
STATIC_ROOT = BASE_DIR / "staticfiles" if PRODUCTION else None
WHITENOISE_USE_FINDERS = not PRODUCTION
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"
        if PRODUCTION
        else "django.contrib.staticfiles.storage.StaticFilesStorage"
    },
}

# -- security ------------------------------------------------------------------------------------------------

AUTHENTICATION_BACKENDS = ["axes.backends.AxesStandaloneBackend", "django.contrib.auth.backends.ModelBackend"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "admin:login"

AXES_FAILURE_LIMIT = env.int("AXES_FAILURE_LIMIT", default=5)
AXES_COOLOFF_TIME = timedelta(minutes=env.int("AXES_COOLOFF_MINUTES", default=15))
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_RESET_ON_SUCCESS = True
AXES_IPWARE_PROXY_COUNT = env.int("PROXY_COUNT", default=0) or None

SECURE_SSL_REDIRECT: bool = env.bool("SECURE_SSL_REDIRECT", default=PRODUCTION)
SECURE_HSTS_SECONDS: int = env.int("SECURE_HSTS_SECONDS", default=2_592_000 if PRODUCTION else 0)
SECURE_HSTS_INCLUDE_SUBDOMAINS: bool = env.bool("SECURE_HSTS_INCLUDE_SUBDOMAINS", default=False)
SECURE_HSTS_PRELOAD: bool = env.bool("SECURE_HSTS_PRELOAD", default=False)
SECURE_REDIRECT_EXEMPT = [r"^healthz/"]  # probes come from the inside, without TLS
if AXES_IPWARE_PROXY_COUNT:
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
SESSION_COOKIE_SECURE: bool = env.bool("SECURE_COOKIES", default=PRODUCTION)
CSRF_COOKIE_SECURE = SESSION_COOKIE_SECURE
SESSION_COOKIE_HTTPONLY = True
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
# Whether other names under the domain are https only is for its owner to say, not for one application on it.
SILENCED_SYSTEM_CHECKS = ["security.W005", "security.W021"]

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": ["'self'"],
        "style-src": ["'self'"],
        "img-src": ["'self'", "data:"],
        "font-src": ["'self'"],
        "connect-src": ["'self'"],
        "form-action": ["'self'"],
        "base-uri": ["'self'"],
        "frame-ancestors": ["'none'"],
    },
}

# -- logs ----------------------------------------------------------------------------------------------------

LOG_LEVEL: str = env.str("LOG_LEVEL", default="INFO").upper()
LOG_FORMAT: str = env.str("LOG_FORMAT", default="json" if PRODUCTION else "console")
LOGGING = logs.get_logging(level=LOG_LEVEL, log_format=LOG_FORMAT, secrets=(SECRET_KEY, GEMINI_API_KEY))
logs.configure_structlog()
