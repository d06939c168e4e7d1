"""What a client needs to spend: the queue's permit, by shape only, so that clients load no Django."""

from typing import Protocol


class SpendReceipt(Protocol):
    """One spend that was allowed and now waits for its answer."""

    def answered(
        self, *, tokens: int | None = None, status: int | None = None, latency_seconds: float = 0
    ) -> None:
        """Report what came back. `status` None: no answer; `tokens` None: no figure was named."""


class Permit(Protocol):
    """The right of one job to call its provider."""

    def spend(self, *, calls: int = 1, tokens: int = 0) -> SpendReceipt:
        """Take from the budgets right before a request; raise when no call may be made."""


class FreeReceipt:
    """A receipt nobody counts."""

    def answered(
        self, *, tokens: int | None = None, status: int | None = None, latency_seconds: float = 0
    ) -> None:
        """Forget it."""


class FreePermit:
    """Allow every call and count none: for "test connection" and for scripts outside the queue."""

    def spend(self, *, calls: int = 1, tokens: int = 0) -> SpendReceipt:
        """Allow it."""
        return FreeReceipt()


FREE: Permit = FreePermit()
