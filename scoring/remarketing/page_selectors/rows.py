"""One score as pages show it: the score that counts, its tier, its dimensions and who made it."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from scoring.remarketing.models import Score, ScoreSnapshot
from scoring.remarketing.models.score import ScoreFigures
from scoring.remarketing.models.words import Scorer
from scoring.remarketing.rules.assembly import get_label, get_tier
from scoring.remarketing.services.careful import stamp

DIMENSIONS: Final = {
    "service": "Services",
    "size": "Size",
    "geography": "Geography",
    "owner_goals": "Owner goals",
}


@dataclass(frozen=True)
class Dimension:
    """One dimension of a score. A dimension that did not count has a reason all the same."""

    name: str
    label: str
    score: int | None
    weight: int | None
    multiplier: Decimal | None
    counted: bool
    reason: str


@dataclass(frozen=True)
class Row:
    """A score with what is derived from it."""

    score: Score

    @property
    def effective(self) -> int | None:
        """Return the score that counts: a person's before the scorer's."""
        by_hand = self.score.human_override_score
        return self.score.composite_score if by_hand is None else by_hand

    @property
    def is_by_hand(self) -> bool:
        """Say whether a person set the score that counts."""
        return self.score.human_override_score is not None

    @property
    def is_disqualified(self) -> bool:
        """Say whether the scorer ruled the buyer out and nobody set another score."""
        return self.score.is_disqualified and not self.is_by_hand

    @property
    def tier(self) -> str:
        """Return the tier of the score that counts."""
        return get_tier(self.effective, is_disqualified=self.is_disqualified)

    @property
    def label(self) -> str:
        """Return what staff read beside the score that counts."""
        return get_label(self.effective, is_disqualified=self.is_disqualified)

    @property
    def dimensions(self) -> list[Dimension]:
        """Return the four dimensions in the order of their usual weight."""
        return get_dimensions(self.score)

    @property
    def scorer(self) -> str:
        """Name who scored."""
        return name_scorer(self.score)

    @property
    def seen(self) -> str:
        """Return what tells a row as it was shown from one that people changed since."""
        return stamp(self.score)

    @property
    def extras(self) -> list[tuple[str, int]]:
        """List the points added to or taken from the gated score."""
        score = self.score
        points = [
            ("thesis", score.thesis_alignment_bonus),
            ("adjustments", score.custom_bonus),
            ("learning", -score.learning_penalty),
        ]
        return [(name, number) for name, number in points if number]


def get_dimensions(figures: ScoreFigures) -> list[Dimension]:
    """Return the four dimensions of a score or of one of its earlier versions."""
    reasons: Mapping[str, str] = figures.dimension_reasons or {}
    weights: Mapping[str, int] = figures.weights or {}
    multipliers = {
        "service": figures.service_multiplier,
        "size": figures.size_multiplier,
        "geography": figures.geography_mode_factor,
    }
    return [
        Dimension(
            name=name,
            label=label,
            score=getattr(figures, f"{name}_score"),
            weight=weights.get(name),
            multiplier=multipliers.get(name),
            counted=name in figures.counted_dimensions,
            reason=str(reasons.get(name, "")),
        )
        for name, label in DIMENSIONS.items()
    ]


def name_scorer(figures: Score | ScoreSnapshot) -> str:
    """Return "AI: gemini-3.6-flash, prompt 1" or "Rules"."""
    if figures.scored_by == Scorer.RULES:
        return "Rules"
    return f"AI: {figures.model or 'model unknown'}, prompt {figures.prompt_version or 'unknown'}"
