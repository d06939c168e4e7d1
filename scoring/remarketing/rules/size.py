"""Size: the listing's revenue and EBITDA against what the buyer looks for, compared in whole numbers."""

from dataclasses import replace
from decimal import Decimal
from typing import Final

from scoring.remarketing.facts import BuyerFacts, ListingFacts, ScoringBehavior, UniverseFacts
from scoring.remarketing.rules.dimension import NEUTRAL, Dimension
from scoring.remarketing.rules.rounding import round_half_up

_WIDE_RANGE_FACTOR: Final = 3
_SINGLE_LOCATION_FACTOR: Final = Decimal("0.85")
_FAR_BELOW: Final = {
    "disqualify": (0, Decimal(0)),
    "penalize": (15, Decimal("0.3")),
    "allow": (30, Decimal("0.5")),
}


def score_size(universe: UniverseFacts, listing: ListingFacts, buyer: BuyerFacts) -> Dimension:
    """Score size: revenue first, then EBITDA, then the single-location penalty."""
    left_out = _find_gap(listing, buyer)
    if listing.currency and buyer.currency and listing.currency != buyer.currency:
        size = Dimension(score=60, reason="The two sides' figures are in different currencies.")
    elif not _has_criteria(buyer):
        size = Dimension(score=60, reason="The buyer names no size.")
    elif listing.revenue is None and listing.ebitda is None:
        size = _score_unknown(buyer)
    else:
        size = _score_ebitda(
            _score_revenue(listing.revenue, buyer, universe.scoring_behavior), listing.ebitda, buyer
        )
    if universe.scoring_behavior.penalize_single_location and listing.location_count in (None, 0, 1):
        size = replace(
            size,
            score=round_half_up(size.score * _SINGLE_LOCATION_FACTOR),
            reason=f"{size.reason} It has a single location.",
        )
    return replace(size, multiplier=NEUTRAL, disqualification="", left_out=left_out) if left_out else size


def has_revenue_criteria(buyer: BuyerFacts) -> bool:
    """Say whether the buyer names any revenue it looks for."""
    return (buyer.target_revenue_min, buyer.target_revenue_max, buyer.revenue_sweet_spot) != (
        None,
        None,
        None,
    )


def has_ebitda_criteria(buyer: BuyerFacts) -> bool:
    """Say whether the buyer names any EBITDA it looks for."""
    return (buyer.target_ebitda_min, buyer.target_ebitda_max, buyer.ebitda_sweet_spot) != (None, None, None)


def _has_criteria(buyer: BuyerFacts) -> bool:
    return has_revenue_criteria(buyer) or has_ebitda_criteria(buyer)


def _find_gap(listing: ListingFacts, buyer: BuyerFacts) -> str:
    if listing.revenue is None:
        return "the listing has no revenue"
    if not _has_criteria(buyer):
        return "the buyer names no size"
    if listing.currency and buyer.currency and listing.currency != buyer.currency:
        return f"the listing is in {listing.currency}, the buyer's figures are in {buyer.currency}"
    if not has_revenue_criteria(buyer) and (listing.ebitda is None or listing.ebitda <= 0):
        return "the buyer names EBITDA only, the listing has none"
    return ""


def _score_unknown(buyer: BuyerFacts) -> Dimension:
    lowest, highest = buyer.target_revenue_min, buyer.target_revenue_max
    if (lowest, highest) == (None, None):
        lowest, highest = buyer.target_ebitda_min, buyer.target_ebitda_max
    one_ended = (lowest is None) != (highest is None)
    if one_ended or (lowest is not None and highest is not None and highest >= _WIDE_RANGE_FACTOR * lowest):
        return Dimension(score=60, reason="The listing has no financials; the buyer's range is wide.")
    reason = "The listing has no financials; the buyer's range is narrow."
    return Dimension(score=55, reason=reason, multiplier=Decimal("0.9"))


def _is_near(amount: int, target: int | None, *, percent: int) -> bool:
    return target is not None and 100 * abs(amount - target) <= percent * target


def _score_revenue(revenue: int | None, buyer: BuyerFacts, behavior: ScoringBehavior) -> Dimension:
    if revenue is None:
        return Dimension(score=60, reason="The listing has no revenue.")
    if not has_revenue_criteria(buyer):
        return Dimension(score=60, reason="The buyer names no revenue.")
    spot, lowest, highest = buyer.revenue_sweet_spot, buyer.target_revenue_min, buyer.target_revenue_max
    if _is_near(revenue, spot, percent=10):
        return Dimension(score=97, reason=f"Revenue {revenue:,} is within 10% of the sweet spot {spot:,}.")
    if _is_near(revenue, spot, percent=20):
        reason = f"Revenue {revenue:,} is within 20% of the sweet spot {spot:,}."
        return Dimension(score=90, reason=reason, multiplier=Decimal("0.95"))
    if lowest is not None and revenue < lowest:
        return _score_below(revenue, lowest, behavior)
    if highest is not None and revenue > highest:
        return _score_above(revenue, highest)
    if lowest is None and highest is None:
        return Dimension(
            score=60, reason=f"Revenue {revenue:,} is more than 20% off the sweet spot {spot:,}."
        )
    if highest is None:
        return Dimension(score=80, reason=f"Revenue {revenue:,} is above the minimum {lowest:,}.")
    if lowest is None:
        return Dimension(score=75, reason=f"Revenue {revenue:,} is below the maximum {highest:,}.")
    return Dimension(score=80, reason=f"Revenue {revenue:,} is within {lowest:,} to {highest:,}.")


def _score_below(revenue: int, lowest: int, behavior: ScoringBehavior) -> Dimension:
    if 10 * revenue >= 9 * lowest:
        reason = f"Revenue {revenue:,} is up to 10% below the minimum {lowest:,}."
        return Dimension(score=62, reason=reason, multiplier=Decimal("0.7"))
    if 10 * revenue >= 7 * lowest:
        reason = f"Revenue {revenue:,} is 10-30% below the minimum {lowest:,}."
        return Dimension(score=45, reason=reason, multiplier=Decimal("0.5"))
    reason = f"Revenue {revenue:,} is more than 30% below the minimum {lowest:,}."
    handling = behavior.below_minimum_handling
    score, multiplier = _FAR_BELOW[handling]
    return Dimension(
        score=score,
        reason=reason,
        multiplier=multiplier,
        disqualification=reason if handling == "disqualify" else "",
    )


def _score_above(revenue: int, highest: int) -> Dimension:
    if 2 * revenue <= 3 * highest:
        reason = f"Revenue {revenue:,} is up to 50% above the maximum {highest:,}."
        return Dimension(score=50, reason=reason, multiplier=Decimal("0.7"))
    reason = f"Revenue {revenue:,} is more than 50% above the maximum {highest:,}."
    return Dimension(score=0, reason=reason, multiplier=Decimal(0), disqualification=reason)


def _score_ebitda(size: Dimension, ebitda: int | None, buyer: BuyerFacts) -> Dimension:
    if size.disqualification or ebitda is None or ebitda <= 0:
        return size
    spot, lowest = buyer.ebitda_sweet_spot, buyer.target_ebitda_min
    if size.score < 90 and _is_near(ebitda, spot, percent=10):
        size = _lift(size, 95, NEUTRAL, f"EBITDA {ebitda:,} is within 10% of the sweet spot {spot:,}.")
    elif size.score < 90 and _is_near(ebitda, spot, percent=20):
        size = _lift(
            size, 88, Decimal("0.95"), f"EBITDA {ebitda:,} is within 20% of the sweet spot {spot:,}."
        )
    if lowest is not None and 2 * ebitda < lowest:
        return _cap(size, 20, Decimal("0.25"), f"EBITDA {ebitda:,} is below half the minimum {lowest:,}.")
    if lowest is not None and ebitda < lowest:
        return _cap(size, 40, Decimal("0.6"), f"EBITDA {ebitda:,} is below the minimum {lowest:,}.")
    return size


def _lift(size: Dimension, score: int, multiplier: Decimal, reason: str) -> Dimension:
    return replace(
        size,
        score=max(size.score, score),
        multiplier=max(size.multiplier, multiplier),
        reason=f"{size.reason} {reason}",
    )


def _cap(size: Dimension, score: int, multiplier: Decimal, reason: str) -> Dimension:
    return replace(
        size,
        score=min(size.score, score),
        multiplier=min(size.multiplier, multiplier),
        reason=f"{size.reason} {reason}",
    )
