"""The opportunity score: how much is to be won on a node, from 0 to 100."""

import math
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from scoring.taxonomy.rules.choices import Choices
from scoring.taxonomy.rules.ctr import expected_ctr, reaches
from scoring.taxonomy.rules.facts import MetricWindow
from scoring.taxonomy.rules.recommendations import NO_DATA, Recommendation, recommend
from scoring.taxonomy.rules.rounding import LARGEST_MONEY, round_half_up

FULL_POTENTIAL: Final = 100_000.0
FULL_VOLUME_DIGITS: Final = 6
LAST_POSITION: Final = 20
POTENTIAL_POSITION: Final = 3
LEAST_CONFIDENCE: Final = 0.1
_OLD_DAYS: Final = 30
_AGING_DAYS: Final = 7
# Lowest urgency of a priority, the most urgent first.
_PRIORITIES: Final = ((80.0, 1), (65.0, 2), (50.0, 3), (30.0, 4))
_LOWEST_PRIORITY: Final = 5
_LITTLE_EFFORT: Final = 30
_WELL: Final = 80
_POORLY: Final = 50


@dataclass(frozen=True, slots=True)
class OpportunityScore:
    """What a node scores and why. `priority` runs from 1 (critical) to 5; money is unrounded, per month."""

    score: int
    factors: dict[str, float]
    revenue_potential: float
    priority: int
    confidence: float
    recommendations: list[Recommendation] = field(default_factory=list)
    has_data: bool = True
    effort: int | None = None
    label: str = ""


def score(
    window: MetricWindow,
    *,
    choices: Choices,
    as_of: date,
    content_status: str = "",
    product_count: int | None = None,
) -> OpportunityScore:
    """Return the opportunity of a node's month; without data a score and a confidence of 0."""
    effort = rate_effort(product_count)
    if not window.has_data:
        return _score_nothing(effort)
    expected = expected_ctr(window.position, choices.curve)
    potential = estimate_potential(window, choices=choices)
    factors = {
        "volume": rate_volume(window.impressions),
        "ctr_gap": rate_gap(window.ctr, expected=expected),
        "position": rate_position(window.position),
        "competition": rate_competition(window.ctr, expected=expected),
        "revenue": min(1.0, potential / FULL_POTENTIAL),
    }
    points = round_half_up(100 * math.fsum(choices.weights[name] * value for name, value in factors.items()))
    return OpportunityScore(
        score=points,
        factors=factors,
        revenue_potential=potential,
        priority=rank_priority(points, revenue_potential=potential),
        confidence=rate_confidence(window, as_of=as_of),
        recommendations=recommend(
            window,
            ctr_gap=factors["ctr_gap"],
            position=factors["position"],
            content_status=content_status,
        ),
        effort=effort,
        label=name_label(points, effort=effort),
    )


def _score_nothing(effort: int | None) -> OpportunityScore:
    return OpportunityScore(
        score=0,
        factors=dict.fromkeys(("volume", "ctr_gap", "position", "competition", "revenue"), 0.0),
        revenue_potential=0.0,
        priority=_LOWEST_PRIORITY,
        confidence=0.0,
        recommendations=[NO_DATA],
        has_data=False,
        effort=effort,
    )


def rate_volume(impressions: float) -> float:
    """Return 0 without impressions, 1 from a million on, by orders of magnitude between."""
    return min(1.0, math.log10(impressions + 1) / FULL_VOLUME_DIGITS)


def rate_gap(actual: float, *, expected: float) -> float:
    """Return the part of the expected clicks that is missing; 0 where none are expected."""
    return max(0.0, expected - actual) / expected if expected else 0.0


def rate_position(position: float) -> float:
    """Return the room above: 0 at the top, 1 from position 20 on."""
    if position <= 1:
        return 0.0
    return 1.0 if position > LAST_POSITION else (position - 1) / (LAST_POSITION - 1)


def rate_competition(actual: float, *, expected: float) -> float:
    """Return how easy the field is, by the clicks the node gets of those its position should bring."""
    if not reaches(0.5, actual=actual, expected=expected):
        return 0.2
    return 0.8 if reaches(0.75, actual=actual, expected=expected) else 0.5


def estimate_potential(window: MetricWindow, *, choices: Choices) -> float:
    """Return the revenue a month that position 3 would add at the same worth of a click; 0 from there up."""
    now = expected_ctr(window.position, choices.curve)
    if window.position <= POTENTIAL_POSITION or not window.revenue or not now:
        return 0.0
    potential = window.revenue * (expected_ctr(POTENTIAL_POSITION, choices.curve) / now - 1)
    # Far down the curve the factor grows without bound; a column of money does not.
    return min(float(LARGEST_MONEY), potential)


def rate_confidence(window: MetricWindow, *, as_of: date) -> float:
    """Return how far a score can be trusted: less with few figures, or with old ones; at least 0.1."""
    confidence = _step(window.impressions, low=100, middle=1_000) * _step(window.sessions, low=10, middle=100)
    age = (as_of - window.newest).days if window.newest else _OLD_DAYS + 1
    if age > _OLD_DAYS:
        confidence *= 0.5
    elif age > _AGING_DAYS:
        confidence *= 0.75
    return max(LEAST_CONFIDENCE, confidence)


def _step(count: float, *, low: int, middle: int) -> float:
    if count < low:
        return 0.5
    return 0.75 if count < middle else 1.0


def rank_priority(points: int, *, revenue_potential: float) -> int:
    """Return 1 (critical) to 5 (very low), from the score and, by orders of magnitude, what is to be won."""
    urgency = min(100.0, 0.7 * points + 0.3 * 100 * math.log10(revenue_potential + 1) / 5)
    return next((priority for least, priority in _PRIORITIES if urgency >= least), _LOWEST_PRIORITY)


def rate_effort(product_count: int | None) -> int | None:
    """Return 0 to 100 by orders of magnitude: 31 products make 30, 100,000 make 100; None when unknown."""
    if product_count is None:
        return None
    return min(100, round_half_up(20 * math.log10(product_count + 1)))


def name_label(points: int, *, effort: int | None) -> str:
    """Return what kind of opportunity a score is; an unknown effort is not a small one."""
    if points < 40:
        return "maintain"
    is_easy = effort is not None and effort < _LITTLE_EFFORT
    if points > 70:
        return "quick-win" if is_easy else "strategic"
    return "incremental" if is_easy else "long-term"


def name_status(points: int | None) -> str:
    """Return how well a node is looked after, by its health of 100 less its score; no score, no data."""
    if points is None:
        return "no_data"
    health = 100 - points
    if health > _WELL:
        return "optimized"
    return "needs_work" if health >= _POORLY else "critical"
