"""What people said: corrections of a listing's scores, and what past decisions on a buyer teach."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from scoring.remarketing.facts import AdjustmentFacts, DecisionFacts
from scoring.remarketing.rules.rounding import clamp

_MOST_CUSTOM: Final = 25
_FEWEST_DECISIONS: Final = 3
# Category of a refusal, how many make a pattern, and the penalty.
_PATTERNS: Final = (
    ("size", 2, 10),
    ("geography", 2, 8),
    ("services", 2, 8),
    ("timing", 3, 5),
    ("portfolio_conflict", 1, 3),
)
_REFUSALS: Final = ("passed", "not_a_fit")


@dataclass(frozen=True, slots=True)
class CustomBonus:
    """Points of a listing's adjustments (-25 to 25), and the disqualification one of them may be."""

    points: int
    reason: str = ""
    disqualification: str = ""


@dataclass(frozen=True, slots=True)
class LearningPenalty:
    """Points that past decisions on the buyer take away: -5 to 25."""

    points: int
    reason: str = ""


def sum_adjustments(adjustments: Sequence[AdjustmentFacts]) -> CustomBonus:
    """Sum boosts minus penalties, within 25 points either way; any disqualify row disqualifies."""
    points = 0
    reasons = []
    disqualification = ""
    for row in adjustments:
        if row.type == "disqualify":
            disqualification = disqualification or f"Disqualified by hand: {row.reason or 'no reason given'}."
            continue
        signed = row.value if row.type == "boost" else -row.value
        points += signed
        reasons.append(f"{signed:+d} {row.reason}".strip())
    points = clamp(points, lowest=-_MOST_CUSTOM, highest=_MOST_CUSTOM)
    return CustomBonus(points, reason="; ".join(reasons), disqualification=disqualification)


def learn_penalty(decisions: Sequence[DecisionFacts]) -> LearningPenalty:
    """Derive the penalty from past decisions on the buyer; fewer than three teach nothing."""
    total = len(decisions)
    if total < _FEWEST_DECISIONS:
        return LearningPenalty(0)
    refusals: Counter[str] = Counter(row.pass_category for row in decisions if row.action in _REFUSALS)
    approvals = sum(row.action == "approved" for row in decisions)
    points = 0
    reasons = []
    for category, fewest, penalty in _PATTERNS:
        if refusals[category] >= fewest:
            points += penalty
            reasons.append(f"{refusals[category]} refusals for {category.replace('_', ' ')}")
    if 10 * approvals >= 7 * total:
        points -= 5
        reasons.append(f"{approvals} of {total} approved")
    elif 10 * approvals < 3 * total:
        points += 3
        reasons.append(f"only {approvals} of {total} approved")
    return LearningPenalty(clamp(points, lowest=-5, highest=25), reason="; ".join(reasons))
