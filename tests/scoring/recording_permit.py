"""A permit that records what was spent and reported, and can refuse."""

import threading
from dataclasses import dataclass, field


@dataclass
class Spend:
    """One spend and its answer; `answers` lists every report, so that a double one shows."""

    calls: int
    tokens: int
    answers: list[tuple[int | None, int | None]] = field(default_factory=list)
    latency_seconds: float = 0
    reached: bool = True

    def answered(
        self,
        *,
        tokens: int | None = None,
        status: int | None = None,
        latency_seconds: float = 0,
        reached: bool = True,
    ) -> None:
        self.answers.append((status, tokens))
        self.reached = reached
        self.latency_seconds = latency_seconds


class RecordingPermit:
    """Allow `allowed` spends, then raise `refusal`."""

    def __init__(self, *, allowed: int = 1_000, refusal: Exception | None = None) -> None:
        self.spends: list[Spend] = []
        self._allowed = allowed
        self._refusal = refusal or AssertionError("one spend too many")
        self._lock = threading.Lock()

    def spend(self, *, calls: int = 1, tokens: int = 0) -> Spend:
        with self._lock:
            if len(self.spends) >= self._allowed:
                raise self._refusal
            spend = Spend(calls, tokens)
            self.spends.append(spend)
            return spend

    @property
    def answers(self) -> list[tuple[int | None, int | None]]:
        return [answer for spend in self.spends for answer in spend.answers]
