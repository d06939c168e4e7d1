"""What scoring one buyer for one listing found."""

from decimal import Decimal
from typing import Literal

from pydantic import BaseModel, ConfigDict

from scoring.remarketing.facts import GeographyMode, Level

Tier = Literal["", "A", "B", "C", "D", "F"]
Label = Literal["Strong", "Good", "Fair", "Poor", "Disqualified", "No score"]
FitConfidence = Literal["high", "medium", "low", "very_low"]
DimensionName = Literal["service", "size", "geography", "owner_goals"]


class FitResult(BaseModel):
    """The composite and all that it was made of.

    Scores run from 0 to 100. `counted_dimensions` entered the composite, the others are shown only, with a
    multiplier of 1. Without a composite there is no tier, and `review_reason` says why.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    composite_score: int | None
    tier: Tier
    label: Label
    base_score: int | None
    gated_score: int | None
    service_score: int
    size_score: int
    geography_score: int
    owner_goals_score: int
    counted_dimensions: tuple[DimensionName, ...]
    size_multiplier: Decimal
    service_multiplier: Decimal
    geography_mode: GeographyMode
    geography_mode_factor: Decimal
    geography_tier: Literal["", "exact", "adjacent", "regional", "distant"]
    thesis_alignment_bonus: int
    custom_bonus: int
    learning_penalty: int
    is_disqualified: bool
    disqualification_reason: str
    needs_review: bool
    review_reason: str
    missing_fields: tuple[str, ...]
    confidence_level: FitConfidence
    data_completeness: Level
    dimension_reasons: dict[str, str]
    fit_reasoning: str
    weights: dict[DimensionName, int]
    deal_readiness: Level
    deal_missing_fields: tuple[str, ...]
