"""A permit for calls no budget counts.

A job brings its own (`JobContext.permit`); calls outside jobs get one from `queueproject.queue.outside`.
"""

from queueproject.queue.registry import Permit, SpendReceipt


class FreeReceipt:
    """A receipt nobody counts."""

    def answered(
        self,
        *,
        tokens: int | None = None,
        status: int | None = None,
        latency_seconds: float = 0,
        reached: bool = True,
    ) -> None:
        """Forget it."""


class FreePermit:
    """Allow every call and count none: for "test connection", which must work on a lane that is paused."""

    def spend(self, *, calls: int = 1, tokens: int = 0) -> SpendReceipt:
        """Allow it."""
        return FreeReceipt()


FREE: Permit = FreePermit()
