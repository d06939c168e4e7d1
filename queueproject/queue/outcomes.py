"""What a handler says became of its job: it returns an outcome, or raises one of four errors.

Pure: HTTP clients import the errors without loading Django.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True)
class Usage:
    """What a call really cost, as the provider counted it."""

    calls: int = 0
    tokens: int = 0

    def __add__(self, other: "Usage") -> "Usage":
        return Usage(calls=self.calls + other.calls, tokens=self.tokens + other.tokens)


@dataclass(frozen=True)
class Complete:
    """The work is done; `save` writes its effect inside the settling transaction, after the fence.

    `passed_on_units` are carried on by jobs that `save` enqueues into the same batch: this job counts
    them no more, and the batch's total stays what it was.
    """

    result: dict[str, Any] | None = None
    save: Callable[[], None] | None = None
    usage: Usage | None = None
    failed_units: int = 0
    passed_on_units: int = 0


@dataclass(frozen=True)
class Defer:
    """Not now: try again at `until`, or after `seconds`; costs no attempt."""

    reason: str
    until: datetime | None = None
    seconds: float | None = None


@dataclass(frozen=True)
class Retry:
    """This try failed, the next may not; `alone` keeps the next one out of a group."""

    reason: str
    alone: bool = False
    status: int | None = None


@dataclass(frozen=True)
class Fail:
    """No try will succeed. Scope "batch" also fails the waiting jobs of the same batch and kind."""

    reason: str
    scope: str = ""
    code: str = ""
    status: int | None = None


@dataclass(frozen=True)
class Cancel:
    """The work is no longer wanted."""

    reason: str


Outcome = Complete | Defer | Retry | Fail | Cancel


class QueueError(Exception):
    """Base of what a handler may raise; `message` is shown to staff, so it holds no secret."""

    def __init__(self, message: str, *, status: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.status = status


class RateLimited(QueueError):
    """The provider refused for now: it is blocked for everybody, the job costs no attempt."""

    def __init__(
        self,
        message: str,
        *,
        retry_after_seconds: float | None = None,
        per_day: bool = False,
        status: int | None = 429,
    ) -> None:
        super().__init__(message, status=status)
        self.retry_after_seconds = retry_after_seconds
        self.per_day = per_day


class Transient(QueueError):
    """A 5xx, a timeout, a malformed answer: the next try may succeed."""

    def __init__(self, message: str, *, status: int | None = None, alone: bool = False) -> None:
        super().__init__(message, status=status)
        self.alone = alone


class Permanent(QueueError):
    """Trying again cannot help: invalid input, a refused prompt, a missing precondition."""


class ProviderFault(QueueError):
    """A fault of the account (bad key, no credit, model gone): pauses the provider, fails nothing."""

    def __init__(self, message: str, *, reason: str, status: int | None = None) -> None:
        super().__init__(message, status=status)
        self.reason = reason


class NotPermitted(QueueError):
    """No call may be made now: the provider is blocked or paused, its budget used up, or the lease lost."""

    def __init__(
        self,
        message: str,
        *,
        until: datetime | None = None,
        lease_lost: bool = False,
        used_up: bool = False,
    ) -> None:
        super().__init__(message)
        self.until = until
        self.lease_lost = lease_lost
        self.used_up = used_up
