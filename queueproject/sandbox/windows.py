"""A strict sliding window: what arrived in the last `seconds`, to the microsecond."""

from collections import deque


class SlidingWindow:
    """Amounts that arrived within the window before now; not safe for threads by itself.

    An amount that arrived exactly `seconds` ago has left.
    """

    def __init__(self, *, seconds: float) -> None:
        self.seconds = seconds
        self.total = 0
        self.peak = 0
        self._entries: deque[tuple[float, int]] = deque()

    def add(self, amount: int, *, now: float) -> None:
        """Count an amount that arrives now."""
        self._forget(now)
        self._entries.append((now, amount))
        self.total += amount
        self.peak = max(self.peak, self.total)

    def find_wait(self, amount: int, *, limit: int, now: float) -> float | None:
        """Return the seconds until the amount fits under the limit; None when it fits now.

        An amount above the limit never fits: a whole window is answered.
        """
        self._forget(now)
        excess = self.total + amount - limit
        if excess <= 0:
            return None
        for arrived_at, entry in self._entries:
            excess -= entry
            if excess <= 0:
                return max(0.0, arrived_at + self.seconds - now)
        return self.seconds

    def _forget(self, now: float) -> None:
        while self._entries and self._entries[0][0] <= now - self.seconds:
            self.total -= self._entries.popleft()[1]
