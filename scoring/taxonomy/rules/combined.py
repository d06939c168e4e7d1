"""The combined value: score and lift in one figure, weighed by how far both can be trusted."""

from typing import Final

from scoring.taxonomy.rules.opportunity import OpportunityScore
from scoring.taxonomy.rules.revenue import RevenueProjection

FULL_LIFT: Final = 100_000.0
_SCORE_SHARE: Final = 0.4
_LIFT_SHARE: Final = 0.6


def combine(score: OpportunityScore, projection: RevenueProjection) -> float:
    """Return 0 to 100, from the rounded score and the lift a month."""
    lift = min(1.0, projection.projected_lift / FULL_LIFT)
    confidence = (score.confidence + projection.confidence) / 2
    return (_SCORE_SHARE * score.score / 100 + _LIFT_SHARE * lift) * confidence * 100
