"""Choices: what a project decides about its formulas, checked with field and reason."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

DEFAULT_CURVE: Final = (0.285, 0.157, 0.094, 0.064, 0.049, 0.037, 0.029, 0.023, 0.019, 0.016)
DEFAULT_WEIGHTS: Final[Mapping[str, float]] = {
    "volume": 0.25,
    "ctr_gap": 0.30,
    "position": 0.20,
    "competition": 0.10,
    "revenue": 0.15,
}
DEFAULT_TARGET_POSITION: Final = 3
TIMEFRAMES: Final = ("conservative", "moderate", "aggressive")
DEFAULT_TIMEFRAME: Final = "moderate"
LAST_TARGET_POSITION: Final = 10
LARGEST_SEASONALITY: Final = 10
# Weights typed with two or three decimals sum to 1 but for what floats smear.
_SUM_TOLERANCE: Final = 1e-9


class ChoiceRefused(ValueError):
    """A choice is not usable: which field, and why."""

    def __init__(self, choice: str, reason: str) -> None:
        super().__init__(f"{choice}: {reason}")
        self.field = choice
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Choices:
    """What the formulas leave to the project. `curve` is the click-through rate at positions 1 to 10."""

    curve: tuple[float, ...] = DEFAULT_CURVE
    weights: Mapping[str, float] = field(default_factory=lambda: dict(DEFAULT_WEIGHTS))
    target_position: int = DEFAULT_TARGET_POSITION
    timeframe: str = DEFAULT_TIMEFRAME
    seasonality: float = 1.0

    @classmethod
    def parse(cls, mapping: Mapping[str, Any]) -> "Choices":
        """Return checked choices; what the mapping leaves out has its default. Raises ChoiceRefused."""
        defaults = cls()
        known = {"curve", "weights", "target_position", "timeframe", "seasonality"}
        for name in mapping.keys() - known:
            raise ChoiceRefused(str(name), f"is no choice; known are {', '.join(sorted(known))}")
        return cls(
            curve=parse_curve(mapping.get("curve", defaults.curve)),
            weights=parse_weights(mapping.get("weights", defaults.weights)),
            target_position=parse_target_position(mapping.get("target_position", defaults.target_position)),
            timeframe=parse_timeframe(mapping.get("timeframe", defaults.timeframe)),
            seasonality=parse_seasonality(mapping.get("seasonality", defaults.seasonality)),
        )

    def as_dict(self) -> dict[str, Any]:
        """Return what `parse` takes back, ready for JSON."""
        return {
            "curve": list(self.curve),
            "weights": dict(self.weights),
            "target_position": self.target_position,
            "timeframe": self.timeframe,
            "seasonality": self.seasonality,
        }


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def parse_curve(value: Any) -> tuple[float, ...]:
    """Return ten click-through rates, above 0, at most 1, none above the one before it."""
    name = "curve"
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) != len(DEFAULT_CURVE):
        raise ChoiceRefused(name, "must be a list of ten rates, of positions 1 to 10")
    for place, rate in enumerate(value, start=1):
        if not _is_number(rate) or not 0 < rate <= 1:
            raise ChoiceRefused(name, f"the rate at position {place} must be above 0 and at most 1")
        if place > 1 and rate > value[place - 2]:
            raise ChoiceRefused(name, f"the rate at position {place} is above that at position {place - 1}")
    return tuple(float(rate) for rate in value)


def parse_weights(value: Any) -> dict[str, float]:
    """Return the five weights, each 0 to 1, together 1."""
    name = "weights"
    if not isinstance(value, Mapping) or set(value) != set(DEFAULT_WEIGHTS):
        raise ChoiceRefused(name, f"must name exactly {', '.join(DEFAULT_WEIGHTS)}")
    for factor in DEFAULT_WEIGHTS:
        if not _is_number(value[factor]) or not 0 <= value[factor] <= 1:
            raise ChoiceRefused(name, f"{factor} must be a number from 0 to 1")
    total = math.fsum(value[factor] for factor in DEFAULT_WEIGHTS)
    if abs(total - 1) > _SUM_TOLERANCE:
        raise ChoiceRefused(name, f"must sum to 1, not {total:g}")
    return {factor: float(value[factor]) for factor in DEFAULT_WEIGHTS}


def parse_target_position(value: Any) -> int:
    """Return a position on the first page of results."""
    if not isinstance(value, int) or isinstance(value, bool) or not 1 <= value <= LAST_TARGET_POSITION:
        raise ChoiceRefused("target_position", f"must be a whole number from 1 to {LAST_TARGET_POSITION}")
    return value


def parse_timeframe(value: Any) -> str:
    """Return how bold the projection is."""
    if not isinstance(value, str) or value not in TIMEFRAMES:
        raise ChoiceRefused("timeframe", f"must be one of {', '.join(TIMEFRAMES)}")
    return value


def parse_seasonality(value: Any) -> float:
    """Return the factor of the season; 1 is a usual month."""
    if not _is_number(value) or not 0 < value <= LARGEST_SEASONALITY:
        raise ChoiceRefused("seasonality", f"must be a number above 0 and at most {LARGEST_SEASONALITY}")
    return float(value)
