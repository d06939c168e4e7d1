"""Count one stand-in's traffic: windows, calls in flight, and who called during a 429's wait."""

import threading
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from queueproject.sandbox.behaviour import Behaviour, Quota
from queueproject.sandbox.windows import SlidingWindow

# A request already on its way when a 429 is written is nobody's fault.
TRANSIT_SECONDS = 0.05
_KEPT_WAITS = 2_000
_KEPT_NAMES = 100


@dataclass
class Arrival:
    """One request, from read to answered. Times are of the monotonic clock."""

    at: float
    what: str
    metered: bool
    in_flight: int
    tokens: int = 0
    status: int | None = None
    answered_at: float | None = None
    retry_after_seconds: float | None = None
    others_at_answer: int = 0


@dataclass
class Wait:
    """What a 429 asked for, and who called all the same."""

    answered_at: float
    seconds: float
    in_flight: int
    arrivals: int = 0

    def covers(self, now: float) -> bool:
        """Say whether a call arriving now should have been held back."""
        return self.answered_at + TRANSIT_SECONDS <= now < self.answered_at + self.seconds


@dataclass(frozen=True)
class Refusal:
    """Which limit is reached, and when the call would fit."""

    quota: Quota
    limit: int
    retry_after_seconds: float


class Traffic:
    """The book of one stand-in. Every method takes the lock, none waits."""

    def __init__(self, behaviour: Behaviour, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._lock = threading.Lock()
        self._clock = clock
        self.reset(behaviour)

    def reset(self, behaviour: Behaviour) -> None:
        """Forget everything and count by these limits from now on."""
        with self._lock:
            self._behaviour = behaviour
            self._started_at = self._clock()
            self._started = datetime.now(UTC)
            self._by_status: Counter[str] = Counter()
            self._by_what: Counter[str] = Counter()
            self._counts: Counter[str] = Counter()
            self._first_at = self._last_at = 0.0
            self._arrivals: deque[Arrival] = deque(maxlen=behaviour.log_size)
            self._waits: deque[Wait] = deque(maxlen=_KEPT_WAITS)
            self._open_waits: list[Wait] = []
            self._make_windows()

    def change(self, behaviour: Behaviour) -> None:
        """Count by other limits from now on; a window of another length starts empty."""
        with self._lock:
            resized = (behaviour.window_seconds, behaviour.day_seconds) != (
                self._behaviour.window_seconds,
                self._behaviour.day_seconds,
            )
            self._behaviour = behaviour
            if resized:
                self._make_windows()

    def arrive(self, *, what: str, metered: bool) -> Arrival:
        """Note a request that was just read to its end."""
        with self._lock:
            now = self._clock()
            named = what if what in self._by_what or len(self._by_what) < _KEPT_NAMES else "others"
            self._by_what[named] += 1
            if metered:
                self._counts["calls"] += 1
                self._counts["in_flight"] += 1
                self._counts["peak_in_flight"] = max(
                    self._counts["peak_in_flight"], self._counts["in_flight"]
                )
                self._first_at = self._first_at or now
                self._last_at = now
                self._seen.add(1, now=now)
                self._note_early(now)
            arrival = Arrival(at=now, what=what, metered=metered, in_flight=self._counts["in_flight"])
            self._arrivals.append(arrival)
            return arrival

    def admit(self, arrival: Arrival, *, tokens: int) -> Refusal | None:
        """Count a call against all limits, or return the refusal that lasts longest and count nothing."""
        with self._lock:
            now = self._clock()
            arrival.tokens = tokens
            limits: tuple[tuple[Quota, SlidingWindow, int, int | None], ...] = (
                ("minute", self._calls, 1, self._behaviour.calls_per_minute),
                ("tokens", self._tokens, tokens, self._behaviour.tokens_per_minute),
                ("day", self._day, 1, self._behaviour.calls_per_day),
            )
            refusals = [
                Refusal(quota, limit, wait)
                for quota, window, amount, limit in limits
                if limit is not None and (wait := window.find_wait(amount, limit=limit, now=now)) is not None
            ]
            if refusals:
                return max(refusals, key=lambda refusal: refusal.retry_after_seconds)
            for _quota, window, amount, _limit in limits:
                window.add(amount, now=now)
            self._counts["accepted"] += 1
            self._counts["tokens"] += tokens
            return None

    def close(
        self, arrival: Arrival, *, status: int | None, retry_after_seconds: float | None = None
    ) -> None:
        """Note that the answer is about to be written (`status` None: the connection is cut instead)."""
        with self._lock:
            now = self._clock()
            arrival.status, arrival.answered_at = status, now
            self._by_status["cut" if status is None else str(status)] += 1
            if not arrival.metered:
                return
            self._counts["in_flight"] -= 1
            arrival.others_at_answer = self._counts["in_flight"]
            if status == 429:
                self._counts["refused"] += 1
                arrival.retry_after_seconds = retry_after_seconds
                if retry_after_seconds:
                    wait = Wait(now, retry_after_seconds, in_flight=self._counts["in_flight"])
                    self._waits.append(wait)
                    self._open_waits.append(wait)

    def report(self, *, with_log: bool = True) -> dict[str, Any]:
        """Say in plain JSON what was seen; times are seconds since `started_at`."""
        with self._lock:
            seconds = self._last_at - self._first_at
            calls = self._counts["calls"]
            report: dict[str, Any] = {
                "started_at": self._started.isoformat(),
                "calls": calls,
                "accepted": self._counts["accepted"],
                "refused": self._counts["refused"],
                "tokens": self._counts["tokens"],
                "by_status": dict(sorted(self._by_status.items())),
                "by_request": dict(sorted(self._by_what.items())),
                "seconds": round(seconds, 3),
                "calls_per_minute": round(60 * (calls - 1) / seconds, 1) if seconds > 0 else 0.0,
                "window_seconds": self._behaviour.window_seconds,
                "peak_calls_per_window": self._seen.peak,
                "peak_accepted_per_window": self._calls.peak,
                "peak_tokens_per_window": self._tokens.peak,
                "in_flight": self._counts["in_flight"],
                "peak_in_flight": self._counts["peak_in_flight"],
                "waits_asked": self._counts["waits_asked"] + len(self._open_waits),
                "waits_broken": self._counts["waits_broken"],
                "waits": [self._describe_wait(wait) for wait in self._waits],
            }
            if with_log:
                report["arrivals"] = [self._describe(arrival) for arrival in self._arrivals]
            return report

    def _make_windows(self) -> None:
        minute, day = self._behaviour.window_seconds, self._behaviour.day_seconds
        self._seen = SlidingWindow(seconds=minute)
        self._calls = SlidingWindow(seconds=minute)
        self._tokens = SlidingWindow(seconds=minute)
        self._day = SlidingWindow(seconds=day)

    def _note_early(self, now: float) -> None:
        still_open = []
        for wait in self._open_waits:
            if now >= wait.answered_at + wait.seconds:
                self._counts["waits_asked"] += 1
                continue
            still_open.append(wait)
            if wait.covers(now):
                wait.arrivals += 1
                self._counts["waits_broken"] += wait.arrivals == wait.in_flight + 1
        self._open_waits = still_open

    def _describe_wait(self, wait: Wait) -> dict[str, Any]:
        return {
            "answered_seconds": round(wait.answered_at - self._started_at, 6),
            "retry_after_seconds": wait.seconds,
            "in_flight": wait.in_flight,
            "arrivals": wait.arrivals,
        }

    def _describe(self, arrival: Arrival) -> dict[str, Any]:
        answered = arrival.answered_at
        return {
            "at_seconds": round(arrival.at - self._started_at, 6),
            "answered_seconds": None if answered is None else round(answered - self._started_at, 6),
            "request": arrival.what,
            "metered": arrival.metered,
            "status": arrival.status,
            "tokens": arrival.tokens,
            "in_flight": arrival.in_flight,
            "others_at_answer": arrival.others_at_answer,
            "retry_after_seconds": arrival.retry_after_seconds,
        }
