"""Read how long a provider asks us to wait."""

import math
import re
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

_DURATION = re.compile(r"(\d+(?:\.\d+)?)s")
_SECONDS = re.compile(r"\d+(?:\.\d+)?")
_HTTP_DATE = re.compile(r"[A-Za-z]{3,9},? ")


def parse_retry_after(value: str | None, *, now: datetime | None = None) -> float | None:
    """Read a Retry-After header as seconds from `now`: a number or an HTTP date; None when unreadable.

    A date in the past is 0. Source: RFC 9110, 10.2.3.
    """
    text = (value or "").strip()
    if _SECONDS.fullmatch(text):
        return _find_finite(text)
    if not _HTTP_DATE.match(text):
        return None
    try:
        moment = parsedate_to_datetime(text)
    except (TypeError, ValueError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return max(0.0, (moment - (now or datetime.now(UTC))).total_seconds())


def parse_duration(value: object) -> float | None:
    """Read a protobuf duration ("26s", "0.5s") in seconds; None when it is none, or negative."""
    match = _DURATION.fullmatch(value.strip()) if isinstance(value, str) else None
    return _find_finite(match[1]) if match else None


def _find_finite(digits: str) -> float | None:
    seconds = float(digits)
    return seconds if math.isfinite(seconds) else None
