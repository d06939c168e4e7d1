"""How often a person may call: so many times a minute, counted in the database, for all processes alike."""

import threading
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from ninja.throttling import BaseThrottle

from queueproject.api import sql

READS = frozenset({"GET", "HEAD", "OPTIONS"})


class PersonThrottle(BaseThrottle):
    """Refuse a person's calls beyond the limit until the minute is over; a refused call counts as well."""

    def __init__(self) -> None:
        # One object serves all threads; each asks for its wait right after it was refused.
        self._mine = threading.local()

    def allow_request(self, request: HttpRequest) -> bool:
        """Count the call and say whether it may be made."""
        is_read = request.method in READS
        user: Any = request.auth  # type: ignore[attr-defined]
        calls, left = sql.get_row("count_call", user=user.pk, kind="read" if is_read else "write")
        limit = settings.API_READS_PER_MINUTE if is_read else settings.API_WRITES_PER_MINUTE
        self._mine.left = left
        return bool(calls <= limit)

    def wait(self) -> float | None:
        """Return the seconds until the minute is over."""
        return max(1.0, getattr(self._mine, "left", 60.0))
