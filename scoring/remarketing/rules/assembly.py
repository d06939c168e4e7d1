"""The composite from its parts: weights, gates, bonuses, tier, confidence. Figures are exact till rounded."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Final

from scoring.remarketing.facts import Level
from scoring.remarketing.rules.dimension import NEUTRAL, Dimension
from scoring.remarketing.rules.result import DimensionName, FitConfidence, Label, Tier
from scoring.remarketing.rules.rounding import clamp, round_half_up

_TIERS: Final[tuple[tuple[int, Tier], ...]] = ((80, "A"), (65, "B"), (50, "C"), (35, "D"), (0, "F"))
_LABELS: Final[tuple[tuple[int, Label], ...]] = ((80, "Strong"), (65, "Good"), (50, "Fair"), (0, "Poor"))
_DOUBTFUL: Final = range(50, 66)

Dimensions = Mapping[DimensionName, Dimension]
Weights = Mapping[DimensionName, int]


@dataclass(frozen=True, slots=True)
class Composite:
    """The steps to a composite: weighted mean, after the gates, after the bonuses."""

    base: int
    gated: int
    final: int


def compose(
    dimensions: Dimensions, *, weights: Weights, mode_factor: Decimal, bonus: int
) -> Composite | None:
    """Put a composite together, None where no weight counts. Dimensions left out change nothing.

    `mode_factor` scales the weight of geography; `bonus` is added after the gates, which never touch it.
    """
    shares = {
        name: weights[name] * (Fraction(mode_factor) if name == "geography" else 1)
        for name, dimension in dimensions.items()
        if dimension.counts
    }
    total = sum(shares.values())
    if not total:
        return None
    base = round_half_up(
        Fraction(sum(dimensions[name].score * share for name, share in shares.items())) / total
    )
    gate = get_gate(dimensions["size"]) * get_gate(dimensions["service"])
    gated = clamp(round_half_up(base * gate), lowest=0, highest=100)
    return Composite(base=base, gated=gated, final=clamp(gated + bonus, lowest=0, highest=100))


def get_gate(dimension: Dimension) -> Decimal:
    """Return what a dimension multiplies the composite by; 1 where it is left out."""
    return dimension.multiplier if dimension.counts else NEUTRAL


def find_disqualification(dimensions: Dimensions) -> str:
    """Return why a dimension that counts rules the buyer out, or ""."""
    reasons = (dimension.disqualification for dimension in dimensions.values() if dimension.counts)
    return next(filter(None, reasons), "")


def get_tier(score: int | None, *, is_disqualified: bool) -> Tier:
    """Return the tier of a score; a disqualified buyer is an F, no score has no tier."""
    if score is None:
        return ""
    return "F" if is_disqualified else next(tier for least, tier in _TIERS if score >= least)


def get_label(score: int | None, *, is_disqualified: bool) -> Label:
    """Return what staff read beside a score."""
    if score is None:
        return "No score"
    return "Disqualified" if is_disqualified else next(label for least, label in _LABELS if score >= least)


def rate_confidence(dimensions: Dimensions, *, completeness: Level, thesis_confidence: str) -> FitConfidence:
    """Say how sure a score is, by how many dimensions counted and how much is known of the buyer."""
    counted = sum(dimension.counts for dimension in dimensions.values())
    if counted == 4 and completeness == "high" and thesis_confidence != "low":
        return "high"
    if counted >= 3:
        return "medium"
    return "low" if counted == 2 else "very_low"


def find_review_reason(
    score: int | None, dimensions: Dimensions, *, confidence: FitConfidence, completeness: Level
) -> str:
    """Return why a person should look at a score, or ""."""
    reasons = []
    if score is None:
        counted = ", ".join(
            name.replace("_", " ") for name, dimension in dimensions.items() if dimension.counts
        )
        reasons.append(f"No score: the weights of all that could be compared ({counted}) are 0.")
    for name, dimension in dimensions.items():
        if dimension.disqualification and not dimension.counts:
            reasons.append(f"Scored without {name}, yet: {dimension.disqualification}")
    if score in _DOUBTFUL and confidence in ("low", "very_low"):
        reasons.append(f"A score of {score} with {confidence.replace('_', ' ')} confidence.")
    elif score in _DOUBTFUL and completeness == "low":
        reasons.append(f"A score of {score} with little known of the buyer.")
    return " ".join(reasons)
