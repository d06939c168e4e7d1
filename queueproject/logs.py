"""One format for every log line: ours, Django's and django-q2's, with secrets taken out."""

import logging
import re
from collections.abc import Sequence
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from queueproject.http.redaction import HIDDEN, redact

LONGEST_VALUE = 20_000
SECRET_NAMES = re.compile(r"(?i)(api[-_]?key|authorization|cookie|passw(or)?d|secret|credential)")


class Redactor:
    """A structlog processor that hides values by their name, and known secrets wherever they stand."""

    def __init__(self, secrets: Sequence[str]) -> None:
        self.secrets = tuple(secret for secret in secrets if secret)

    def __call__(self, _logger: WrappedLogger, _method: str, event: EventDict) -> EventDict:
        return {name: self.clean(value, name=name) for name, value in event.items()}

    def clean(self, value: Any, *, name: str = "") -> Any:
        """Return the value without secrets, looking into containers."""
        if name.startswith("_"):  # structlog's own record of the line
            return value
        if isinstance(value, dict):
            return {key: self.clean(each, name=str(key)) for key, each in value.items()}
        if isinstance(value, list | tuple):
            return [self.clean(each, name=name) for each in value]
        if not isinstance(value, str):
            return value
        return (
            HIDDEN if SECRET_NAMES.search(name) else redact(value, secrets=self.secrets, limit=LONGEST_VALUE)
        )


def get_shared_processors() -> list[Processor]:
    """Return what every line goes through, whoever wrote it."""
    return [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]


def configure_structlog() -> None:
    """Send structlog's lines through the standard library's handlers."""
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *get_shared_processors(),
            structlog.stdlib.PositionalArgumentsFormatter(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        # A cached logger would keep writing to what capture_logs replaced.
        cache_logger_on_first_use=False,
    )


def get_logging(*, level: str, log_format: str, secrets: Sequence[str]) -> dict[str, Any]:
    """Return Django's LOGGING: everything to standard error as `console` or `json` lines."""
    if level not in logging.getLevelNamesMapping():
        raise ValueError(f"LOG_LEVEL={level}: use one of DEBUG, INFO, WARNING, ERROR")
    renderers: dict[str, list[Processor]] = {
        "console": [structlog.dev.ConsoleRenderer(colors=False)],
        "json": [structlog.processors.JSONRenderer()],
    }
    if log_format not in renderers:
        raise ValueError(f"LOG_FORMAT={log_format}: use console or json")
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "structured": {
                "()": structlog.stdlib.ProcessorFormatter,
                "foreign_pre_chain": get_shared_processors(),
                "processors": [
                    structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                    structlog.processors.format_exc_info,  # before the redactor: messages may quote secrets
                    Redactor(secrets),
                    *renderers[log_format],
                ],
            },
        },
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "structured"}},
        "root": {"handlers": ["stderr"], "level": level},
        "loggers": {
            "django": {"handlers": [], "level": level, "propagate": True},
            "django.server": {"handlers": [], "level": level, "propagate": True},
            "django-q": {"handlers": [], "level": level, "propagate": True},
            "axes": {"level": "WARNING"},
            "urllib3": {"level": "WARNING"},
            # A line per request is for those who collect them; pages that refresh would bury a terminal.
            "django_structlog": {"level": level if log_format == "json" else "WARNING"},
        },
    }
