"""What is held against the strict windows, and what is made of what the sandbox saw."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

LATENCY_SECONDS = 0.2
ANSWER_LOST_SECONDS = 0.15
"""What a window loses beside the latency: transit, the spender's and the claim's transactions."""


@dataclass(frozen=True)
class Scenario:
    """One provider's limits per window, the sizes of its calls in turn, and what is made hard."""

    name: str
    calls: int
    tokens: int = 0
    sizes: tuple[int, ...] = (500,)
    estimate_factor: float = 1.0
    clock: str = ""
    bar: float = 0.98

    @property
    def most_calls(self) -> int:
        """Return how many calls a window can hold."""
        mean = sum(self.sizes) / len(self.sizes)
        return min(self.calls, int(self.tokens / mean) if self.tokens else self.calls)


SCENARIOS = (
    Scenario("60 calls, 100,000 tokens", calls=60, tokens=100_000),
    Scenario("600 calls", calls=600),
    Scenario("60 calls, large and small", calls=60, tokens=100_000, sizes=(500, 5000), bar=0.96),
    Scenario("600 calls, large and small", calls=600, tokens=1_000_000, sizes=(500, 500, 5000), bar=0.96),
    Scenario("a clock 2 minutes fast", calls=60, tokens=100_000, clock="+120"),
    Scenario("a clock 2 minutes slow", calls=60, tokens=100_000, clock="-120"),
    Scenario("estimates of a third", calls=600, tokens=100_000, sizes=(2000,), estimate_factor=0.3),
    Scenario("estimates of thrice", calls=600, tokens=100_000, sizes=(2000,), estimate_factor=3),
)


@dataclass(frozen=True)
class Verdict:
    """What came of a scenario, by the sandbox's own count."""

    scenario: Scenario
    accepted: int
    refused: int
    refused_later: int
    excess_tokens: int
    allowed_excess_tokens: int
    peak_calls: int
    peak_tokens: int
    utilisation: float
    by_window: tuple[float, ...]
    bar: float

    @property
    def faults(self) -> list[str]:
        found = []
        if self.scenario.estimate_factor == 1 and self.refused:
            found.append(f"{self.refused} refused")
        if self.refused_later:
            found.append(f"{self.refused_later} refused after the first window")
        if self.excess_tokens > self.allowed_excess_tokens:
            found.append(
                f"{self.excess_tokens:,} tokens too many in the first window: what had leave before the "
                f"first answer erred by {self.allowed_excess_tokens:,}"
            )
        if self.utilisation < self.bar:
            found.append(f"{self.utilisation:.1%} used, {self.bar:.1%} wanted")
        return found


def scale_bar(bar: float, *, window_seconds: float) -> float:
    """Return what a bar comes to in a shorter window, of which the time to an answer is a larger part."""
    lost = LATENCY_SECONDS + ANSWER_LOST_SECONDS
    minute, short = 60 / (60 + lost), window_seconds / (window_seconds + lost)
    return bar * min(1.0, short / minute)


def judge(
    scenario: Scenario,
    report: dict[str, Any],
    *,
    window_seconds: float,
    windows: int,
    uncorrected: int = 0,
) -> Verdict:
    """Judge a scenario by the sandbox's report with its log.

    `uncorrected` calls had leave before a first answer could correct their estimates. Nobody can know better
    before it: by their error more may be asked than the limit, and by nothing else.
    """
    calls = sorted(
        (call for call in report["arrivals"] if call["metered"]), key=lambda call: call["at_seconds"]
    )
    if not calls:
        raise SystemExit(f"{scenario.name}: no call arrived; what the clusters printed says why")
    began = calls[0]["at_seconds"]
    numbered = [(int((call["at_seconds"] - began) / window_seconds), call) for call in calls]
    shares = [
        _share(scenario, [call for number, call in numbered if number == window])
        for window in range(1, windows)
    ]
    refused = [(number, call) for number, call in numbered if call["status"] == 429]
    first = [call["tokens"] for number, call in refused if number == 0]
    return Verdict(
        scenario,
        accepted=report["accepted"],
        refused=len(refused),
        refused_later=sum(0 < number < windows for number, _ in refused),
        excess_tokens=sum(first),
        allowed_excess_tokens=round(
            uncorrected * max(scenario.sizes) * max(0.0, 1 - scenario.estimate_factor)
        ),
        peak_calls=report["peak_accepted_per_window"],
        peak_tokens=report["peak_tokens_per_window"],
        utilisation=sum(shares) / len(shares),
        by_window=tuple(shares),
        bar=scale_bar(scenario.bar, window_seconds=window_seconds),
    )


def _share(scenario: Scenario, calls: Sequence[dict[str, Any]]) -> float:
    """Return how much of the binding budget these calls took."""
    accepted = [call for call in calls if call["status"] != 429]
    tokens = sum(call["tokens"] for call in accepted) / scenario.tokens if scenario.tokens else 0.0
    return max(len(accepted) / scenario.calls, tokens)
