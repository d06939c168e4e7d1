"""Fit: one buyer scored for one listing of a universe."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from scoring.remarketing.answers import FitAnswer, ThesisAnswer
from scoring.remarketing.facts import (
    AdjustmentFacts,
    BuyerFacts,
    DecisionFacts,
    GeographyMode,
    ListingFacts,
    UniverseFacts,
)
from scoring.remarketing.rules import assembly, geography
from scoring.remarketing.rules.adjustments import CustomBonus, LearningPenalty, learn_penalty, sum_adjustments
from scoring.remarketing.rules.completeness import find_missing_fields, measure_completeness
from scoring.remarketing.rules.dimension import Dimension
from scoring.remarketing.rules.explain import explain_dimensions, explain_fit
from scoring.remarketing.rules.owner_goals import judge_owner_goals, score_owner_goals
from scoring.remarketing.rules.readiness import measure_readiness
from scoring.remarketing.rules.result import DimensionName, FitResult
from scoring.remarketing.rules.service import judge_service, score_service
from scoring.remarketing.rules.size import score_size
from scoring.remarketing.rules.thesis import judge_thesis, score_thesis

# Recorded with every score and its history: raise it whenever a rule changes a figure.
SCORING_VERSION: Final = "1"


@dataclass(frozen=True, slots=True)
class _Parts:
    """What was found on one pair, before it is put together."""

    dimensions: dict[DimensionName, Dimension]
    weights: dict[DimensionName, int]
    mode: GeographyMode
    geography_tier: geography.Tier
    thesis: ThesisAnswer
    custom: CustomBonus
    learning: LearningPenalty


def answer_by_rules(
    universe: UniverseFacts, listing: ListingFacts, buyer: BuyerFacts, *, buyer_id: int = 0
) -> FitAnswer:
    """Answer by the rules what a model is asked. `score_fit` gives the same with this answer as with none."""
    return FitAnswer(
        buyer_id=buyer_id,
        service=judge_service(universe, listing, buyer),
        owner_goals=judge_owner_goals(listing, buyer),
        thesis=judge_thesis(universe, listing, buyer),
    )


def score_fit(
    universe: UniverseFacts,
    listing: ListingFacts,
    buyer: BuyerFacts,
    *,
    answers: FitAnswer | None = None,
    geography_mode: GeographyMode | None = None,
    adjustments: Sequence[AdjustmentFacts] = (),
    decisions: Sequence[DecisionFacts] = (),
) -> FitResult:
    """Score one buyer for one listing: by the answers where given, else by the rules alone.

    Geography's mode is the universe's unless given. Adjustments are the listing's, decisions the buyer's.
    """
    mode = geography_mode or universe.geography_mode
    nearness, tier = geography.score_geography(listing, buyer, mode=mode)
    parts = _Parts(
        dimensions={
            "service": score_service(universe, listing, buyer, answer=answers.service if answers else None),
            "size": score_size(universe, listing, buyer),
            "geography": nearness,
            "owner_goals": score_owner_goals(listing, buyer, answer=answers.owner_goals if answers else None),
        },
        weights=get_weights(universe),
        mode=mode,
        geography_tier=tier,
        thesis=score_thesis(universe, listing, buyer, answer=answers.thesis if answers else None),
        custom=sum_adjustments(adjustments),
        learning=learn_penalty(decisions),
    )
    return _assemble(parts, listing, buyer)


def get_weights(universe: UniverseFacts) -> dict[DimensionName, int]:
    """Return a universe's weights in percent, by dimension."""
    return {
        "service": universe.service_weight,
        "size": universe.size_weight,
        "geography": universe.geography_weight,
        "owner_goals": universe.owner_goals_weight,
    }


def _assemble(parts: _Parts, listing: ListingFacts, buyer: BuyerFacts) -> FitResult:
    dimensions, weights, mode_factor = parts.dimensions, parts.weights, geography.MODE_FACTORS[parts.mode]
    bonus = parts.thesis.score + parts.custom.points - parts.learning.points
    composite = assembly.compose(dimensions, weights=weights, mode_factor=mode_factor, bonus=bonus)
    ruled_out = parts.custom.disqualification or assembly.find_disqualification(dimensions)
    disqualification = ruled_out if composite else ""
    score = None if composite is None else 0 if disqualification else composite.final
    completeness = measure_completeness(buyer)
    confidence = assembly.rate_confidence(
        dimensions, completeness=completeness, thesis_confidence=buyer.thesis_confidence
    )
    review_reason = assembly.find_review_reason(
        score, dimensions, confidence=confidence, completeness=completeness
    )
    tier = assembly.get_tier(score, is_disqualified=bool(disqualification))
    readiness = measure_readiness(listing)
    return FitResult(
        composite_score=score,
        tier=tier,
        label=assembly.get_label(score, is_disqualified=bool(disqualification)),
        base_score=composite.base if composite else None,
        gated_score=composite.gated if composite else None,
        is_disqualified=bool(disqualification),
        disqualification_reason=disqualification,
        needs_review=bool(review_reason),
        review_reason=review_reason,
        missing_fields=find_missing_fields(buyer),
        confidence_level=confidence,
        data_completeness=completeness,
        dimension_reasons=_explain_parts(parts),
        fit_reasoning=explain_fit(
            dimensions,
            weights=weights,
            mode_factor=mode_factor,
            bonuses=_list_bonuses(parts),
            composite=composite,
            tier=tier,
            disqualification=disqualification,
        ),
        deal_readiness=readiness.level,
        deal_missing_fields=readiness.missing,
        **_list_figures(parts),
    )


def _list_figures(parts: _Parts) -> dict[str, Any]:
    dimensions = parts.dimensions
    return {
        "service_score": dimensions["service"].score,
        "size_score": dimensions["size"].score,
        "geography_score": dimensions["geography"].score,
        "owner_goals_score": dimensions["owner_goals"].score,
        "counted_dimensions": tuple(name for name, dimension in dimensions.items() if dimension.counts),
        "weights": parts.weights,
        "size_multiplier": assembly.get_gate(dimensions["size"]),
        "service_multiplier": assembly.get_gate(dimensions["service"]),
        "geography_mode": parts.mode,
        "geography_mode_factor": geography.MODE_FACTORS[parts.mode],
        "geography_tier": parts.geography_tier,
        "thesis_alignment_bonus": parts.thesis.score,
        "custom_bonus": parts.custom.points,
        "learning_penalty": parts.learning.points,
    }


def _list_bonuses(parts: _Parts) -> dict[str, tuple[int, str]]:
    return {
        "for the thesis": (parts.thesis.score, parts.thesis.reasoning),
        "by hand": (parts.custom.points, f"{parts.custom.reason}."),
        "from past decisions": (-parts.learning.points, f"{parts.learning.reason}."),
    }


def _explain_parts(parts: _Parts) -> dict[str, str]:
    reasons = explain_dimensions(parts.dimensions) | {
        "thesis": parts.thesis.reasoning,
        "custom": parts.custom.reason,
        "learning": parts.learning.reason,
    }
    return {name: reason for name, reason in reasons.items() if reason}
