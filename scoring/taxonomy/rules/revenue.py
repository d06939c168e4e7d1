"""The revenue projection: what a month would bring at the target position, and what getting there takes."""

from dataclasses import dataclass
from typing import Any, Final

from scoring.taxonomy.rules.choices import Choices
from scoring.taxonomy.rules.ctr import expected_ctr, reaches
from scoring.taxonomy.rules.facts import MetricWindow
from scoring.taxonomy.rules.rounding import LARGEST_MONEY, round_half_up

LEAST_CONFIDENCE: Final = 0.1
_SESSIONS_A_CLICK: Final = 0.9
_TOP_POSITION: Final = 3
_MONTHS: Final = 12
_CONFIDENCE_OF_TIMEFRAME: Final = {"conservative": 1.1, "moderate": 1.0, "aggressive": 0.7}
# The share of the expected clicks that a node gets now, the largest first, and what its field leaves it.
_FACTORS_OF_FIELD: Final = ((0.9, 1.0), (0.6, 0.85), (0.3, 0.7))
_FACTOR_OF_HARDEST_FIELD: Final = 0.5
# Places gained up to here, the fewest first: the weeks until it shows, and how it is done.
_WEEKS: Final = ((0.0, 0), (3.0, 2), (7.0, 4), (15.0, 8))
_LONGEST_WEEKS: Final = 12
_METHODS: Final = ((3.0, "organic"), (7.0, "content"), (15.0, "mixed"))
_HARDEST_METHOD: Final = "technical"
# Places gained beyond here, the most first: what it costs, and how far it can be trusted.
_COSTS: Final = ((15.0, 5_000), (10.0, 3_000), (5.0, 1_500), (3.0, 1_000))
_LEAST_COST: Final = 500
_TRUST_OF_JUMP: Final = ((15.0, 0.5), (10.0, 0.7), (5.0, 0.85))


@dataclass(frozen=True, slots=True)
class RevenueProjection:
    """What the target position would bring. Money is per month but for `annual_lift`, and unrounded."""

    current_revenue: float
    projected_revenue: float
    projected_lift: float
    annual_lift: float
    percent_increase: float
    clicks: int
    sessions: int
    transactions: int
    assumptions: dict[str, Any]
    confidence: float
    weeks_to_impact: int
    method: str
    cost: int
    roi: float
    has_data: bool = True


def project(window: MetricWindow, *, choices: Choices) -> RevenueProjection:
    """Return the projection of a node's month; it never shows a loss. Without data nothing is projected."""
    assumptions = _assume(window, choices=choices)
    if not window.has_data:
        return _project_nothing(window, assumptions)
    places = window.position - assumptions["target_position"]
    clicks, sessions, transactions = _project_counts(window, assumptions, choices=choices)
    projected = max(window.revenue, min(float(LARGEST_MONEY), transactions * window.average_order_value))
    lift = (projected - window.revenue) * choices.seasonality
    cost = estimate_cost(places, position=window.position)
    return RevenueProjection(
        current_revenue=window.revenue,
        projected_revenue=projected,
        projected_lift=lift,
        annual_lift=lift * _MONTHS,
        percent_increase=compare(projected, current=window.revenue),
        clicks=clicks,
        sessions=sessions,
        transactions=transactions,
        assumptions=assumptions,
        confidence=rate_confidence(window, places=places, timeframe=choices.timeframe),
        weeks_to_impact=estimate_weeks(places),
        method=choose_method(places),
        cost=cost,
        roi=lift * _MONTHS / cost * 100,
    )


def _assume(window: MetricWindow, *, choices: Choices) -> dict[str, Any]:
    expected = expected_ctr(window.position, choices.curve)
    return {
        "target_position": min(float(choices.target_position), window.position),
        "timeframe": choices.timeframe,
        "seasonality": choices.seasonality,
        "competition_factor": rate_competition(window.ctr, expected=expected),
        "conversion_improvement": improve_conversion(window.conversion_rate),
    }


def _project_nothing(window: MetricWindow, assumptions: dict[str, Any]) -> RevenueProjection:
    return RevenueProjection(
        current_revenue=window.revenue,
        projected_revenue=window.revenue,
        projected_lift=0.0,
        annual_lift=0.0,
        percent_increase=0.0,
        clicks=0,
        sessions=0,
        transactions=0,
        assumptions=assumptions,
        confidence=0.0,
        weeks_to_impact=0,
        method="mixed",
        cost=0,
        roi=0.0,
        has_data=False,
    )


def _project_counts(
    window: MetricWindow, assumptions: dict[str, Any], *, choices: Choices
) -> tuple[int, int, int]:
    """Return clicks, sessions and transactions a month at the target position, each rounded."""
    rate = expected_ctr(assumptions["target_position"], choices.curve) * assumptions["competition_factor"]
    clicks = round_half_up(window.impressions * rate)
    a_click = window.sessions / window.clicks if window.clicks else _SESSIONS_A_CLICK
    sessions = round_half_up(clicks * a_click)
    conversion = window.conversion_rate * (1 + assumptions["conversion_improvement"])
    return clicks, sessions, round_half_up(sessions * conversion)


def rate_competition(actual: float, *, expected: float) -> float:
    """Return the part of the curve's clicks that the field leaves, by what the node gets of its own now."""
    if not expected:
        return _FACTOR_OF_HARDEST_FIELD
    shares = (one for one in _FACTORS_OF_FIELD if reaches(one[0], actual=actual, expected=expected))
    return next((factor for _, factor in shares), _FACTOR_OF_HARDEST_FIELD)


def improve_conversion(rate: float) -> float:
    """Return by how much the conversion rate may grow; the lower it is, the more."""
    # What scaling to a month smeared off 0.5 % is 0.5 %: 15 orders of 3,000 visits, of a week or of four.
    if not reaches(0.005, actual=rate, expected=1):
        return 0.5
    if not reaches(0.01, actual=rate, expected=1):
        return 0.3
    return 0.05 if reaches(0.02, actual=rate, expected=1) else 0.15


def compare(projected: float, *, current: float) -> float:
    """Return by how many percent the projected revenue is more; from nothing to anything is 100."""
    if current:
        return (projected - current) / current * 100
    return 100.0 if projected else 0.0


def estimate_cost(places: float, *, position: float) -> int:
    """Return what gaining so many places costs; twice as much where the node is at the top already."""
    cost = next((cost for beyond, cost in _COSTS if places > beyond), _LEAST_COST)
    return cost * 2 if position <= _TOP_POSITION else cost


def estimate_weeks(places: float) -> int:
    """Return the weeks until a gain of so many places shows; 0 for none."""
    return next((weeks for upto, weeks in _WEEKS if places <= upto), _LONGEST_WEEKS)


def choose_method(places: float) -> str:
    """Return how so many places are won."""
    return next((method for upto, method in _METHODS if places <= upto), _HARDEST_METHOD)


def rate_confidence(window: MetricWindow, *, places: float, timeframe: str) -> float:
    """Return how far a projection can be trusted, 0.1 to 1: less for long ways, few figures, bold plans."""
    confidence = next((trust for beyond, trust in _TRUST_OF_JUMP if places > beyond), 1.0)
    confidence *= _step(window.impressions, low=100, middle=1_000)
    confidence *= _step(window.transactions, low=5, middle=20)
    confidence *= _CONFIDENCE_OF_TIMEFRAME[timeframe]
    return min(1.0, max(LEAST_CONFIDENCE, confidence))


def _step(count: float, *, low: int, middle: int) -> float:
    if count < low:
        return 0.5
    return 0.75 if count < middle else 1.0
