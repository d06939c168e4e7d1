"""Say in the queue's four words what went wrong with a call."""

import requests
from urllib3.exceptions import HTTPError as Urllib3Error

from queueproject.http.redaction import redact
from queueproject.queue.outcomes import Permanent, ProviderFault, QueueError, RateLimited, Transient

RETRYABLE_STATUSES = frozenset({408, 425, *range(500, 600)})
TRANSPORT_ERRORS: tuple[type[Exception], ...] = (requests.RequestException, Urllib3Error, OSError)


class ConnectionFault(Transient):
    """No answer came: refused, cut, timed out. If it was `reached`, the provider may have counted it."""

    reached: bool = True


class ServerFault(Transient):
    """The provider answered that it failed (408, 5xx)."""


class BadAnswer(Transient):
    """An answer came that cannot be read: too long, another content type, a redirect."""


NOT_AN_ADDRESS = (
    requests.exceptions.InvalidURL,
    requests.exceptions.InvalidSchema,
    requests.exceptions.MissingSchema,
)


def name_transport_error(error: Exception, *, what: str, secrets: tuple[str, ...] = ()) -> QueueError:
    """Turn what requests, urllib3 or the socket raised into one error staff can read."""
    detail = redact(error, secrets=secrets, limit=200)
    if isinstance(error, NOT_AN_ADDRESS):
        return ProviderFault(f"{what}: the base URL is no address ({detail})", reason="bad_address")
    reached = False
    match error:
        case requests.ConnectTimeout():
            text = "no connection in time"
        case requests.Timeout():
            text, reached = "no answer in time", True
        case requests.exceptions.SSLError():
            text, reached = "the TLS connection failed", True
        case _ if "NameResolution" in repr(error):
            text = "the host's name cannot be resolved"
        case _ if "refused" in str(error):
            text = "the connection was refused"
        case _:
            text, reached = "the connection was cut", True
    fault = ConnectionFault(f"{what}: {text} ({type(error).__name__}: {detail})")
    fault.reached = reached
    return fault


def name_status(
    status: int, *, message: str, retry_after_seconds: float | None = None, fault_reason: str = "forbidden"
) -> QueueError:
    """Turn a status that is not a success into the error it usually means; a provider knows its exceptions.

    `fault_reason` is the word for 403; 401 is always "bad_key", 402 "no_credit".
    """
    if status == 429:
        return RateLimited(message, retry_after_seconds=retry_after_seconds)
    if status in RETRYABLE_STATUSES:
        return ServerFault(message, status=status)
    reasons = {401: "bad_key", 402: "no_credit", 403: fault_reason}
    if status in reasons:
        return ProviderFault(message, reason=reasons[status], status=status)
    if 300 <= status < 400:
        # A base URL that redirects is a wrong setting: every job would fail of it.
        return ProviderFault(message, reason="bad_address", status=status)
    return Permanent(message, status=status)
