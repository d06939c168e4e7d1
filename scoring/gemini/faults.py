"""Read Gemini's error bodies and say what each means for the queue."""

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from queueproject.http.errors import name_status
from queueproject.http.redaction import redact
from queueproject.http.waits import parse_duration, parse_retry_after
from queueproject.queue.outcomes import Permanent, ProviderFault, QueueError, RateLimited

_LIMIT_ZERO = re.compile(r"\blimit:\s*0(?![\d.,]*\d)")
_RETRY_IN = re.compile(r"retry in (\d+(?:\.\d+)?s)")
_SHOWN_CHARACTERS = 400


@dataclass(frozen=True)
class ErrorBody:
    """What an error body said, each field empty when it did not say."""

    message: str = ""
    status: str = ""
    reasons: tuple[str, ...] = ()
    fields: tuple[str, ...] = ()
    quota_ids: tuple[str, ...] = ()
    quota_values: tuple[str, ...] = ()
    retry_delay_seconds: float | None = field(default=None)


def name_fault(
    status: int, *, body: bytes, headers: Mapping[str, str], model: str, secrets: tuple[str, ...] = ()
) -> QueueError:
    """Return the error that an answer other than 200 stands for; its text holds no secret."""
    error = parse_error(body)
    said = redact(error.message or body.decode("utf-8", "replace"), secrets=secrets, limit=_SHOWN_CHARACTERS)
    heading = f"Gemini answered {status}"
    message = f"{heading}{f' {error.status}' if error.status else ''}: {said.strip() or 'no text'}"
    match status:
        case 400:
            return _name_bad_request(error, message=message)
        case 403:
            return ProviderFault(message, reason=_find_refusal(error), status=status)
        case 404:
            text = (
                f"{message} Check that the model {model!r} exists (GEMINI_MODEL) and the base URL is right."
            )
            return ProviderFault(text, reason="model_gone", status=status)
        case 429:
            return _name_limit(error, message=message, headers=headers)
        case _:
            return name_status(status, message=message)


def parse_error(body: bytes) -> ErrorBody:
    """Read an error envelope, also one inside a one-element array; leniently, for details come and go."""
    try:
        data = json.loads(body)
    except (ValueError, RecursionError):
        return ErrorBody()
    if isinstance(data, list) and data:
        data = data[0]
    error = data.get("error") if isinstance(data, dict) else None
    if not isinstance(error, dict):
        return ErrorBody(message=error if isinstance(error, str) else "")
    details = [detail for detail in _list(error.get("details")) if isinstance(detail, dict)]
    violations = [
        entry for detail in details for entry in _list(detail.get("violations")) if isinstance(entry, dict)
    ]
    fields = [entry for detail in details for entry in _list(detail.get("fieldViolations"))]
    delays = [parse_duration(detail.get("retryDelay")) for detail in details]
    return ErrorBody(
        message=_text(error.get("message")),
        status=_text(error.get("status")),
        reasons=tuple(_text(detail.get("reason")) for detail in details if detail.get("reason")),
        fields=tuple(
            _text(entry.get("field")) for entry in fields if isinstance(entry, dict) and entry.get("field")
        ),
        quota_ids=tuple(_text(entry.get("quotaId")) for entry in violations),
        quota_values=tuple(_text(entry["quotaValue"]) for entry in violations if "quotaValue" in entry),
        retry_delay_seconds=next((delay for delay in delays if delay is not None), None),
    )


def _name_bad_request(error: ErrorBody, *, message: str) -> QueueError:
    # A bad key is 400 here, not 401.
    if "API_KEY_INVALID" in error.reasons or re.search(
        r"(?i)api key (not valid|expired|not found)", error.message
    ):
        return ProviderFault(message, reason="bad_key", status=400)
    if error.status == "FAILED_PRECONDITION":
        reason = "no_credit" if "billing" in error.message.lower() else "forbidden"
        return ProviderFault(message, reason=reason, status=400)
    named = f" (fields: {', '.join(error.fields)})" if error.fields else ""
    return Permanent(f"{message}{redact(named)}", status=400)


def _find_refusal(error: ErrorBody) -> str:
    message = error.message.lower()
    if "unregistered callers" in message:
        return "key_missing"
    if "reported as leaked" in message or "API_KEY_INVALID" in error.reasons:
        return "bad_key"
    if "BILLING_DISABLED" in error.reasons or "billing" in message:
        return "no_credit"
    return "forbidden"


def _name_limit(error: ErrorBody, *, message: str, headers: Mapping[str, str]) -> QueueError:
    """Tell a limit that passes from one that does not; a daily quota carries a short RetryInfo too."""
    # First, because a quota of nothing is reported with per-day ids as well, and no midnight mends it.
    if "0" in error.quota_values or _LIMIT_ZERO.search(error.message):
        return ProviderFault(message, reason="quota_zero", status=429)
    if re.search(r"(?i)credits? (are|is|were) depleted", error.message):
        return ProviderFault(message, reason="no_credit", status=429)
    if any("PerDay" in quota_id for quota_id in error.quota_ids):
        return RateLimited(message, per_day=True)
    waits = (
        error.retry_delay_seconds,
        parse_retry_after(headers.get("Retry-After")),
        next((parse_duration(text) for text in _RETRY_IN.findall(error.message)), None),
    )
    return RateLimited(message, retry_after_seconds=next((wait for wait in waits if wait is not None), None))


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _text(value: Any) -> str:
    return value if isinstance(value, str) else "" if value is None else str(value)
