"""Save what a job found: the score as it stands now, and one row of history. Runs where the job settles."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import BooleanField, Case, Value, When
from django.utils import timezone

from scoring.remarketing import sql
from scoring.remarketing.answers import AlignmentAnswer
from scoring.remarketing.facts import ListingFacts
from scoring.remarketing.models import AlignmentSnapshot, Buyer, Score, ScoreSnapshot
from scoring.remarketing.models.words import Scorer
from scoring.remarketing.rules.fit import SCORING_VERSION
from scoring.remarketing.rules.result import FitResult

# What a result and a row name alike.
_FIGURES: Final = (
    "composite_score",
    "tier",
    "base_score",
    "gated_score",
    "service_score",
    "size_score",
    "geography_score",
    "owner_goals_score",
    "geography_tier",
    "geography_mode",
    "geography_mode_factor",
    "size_multiplier",
    "service_multiplier",
    "thesis_alignment_bonus",
    "custom_bonus",
    "learning_penalty",
    "is_disqualified",
    "disqualification_reason",
    "needs_review",
    "review_reason",
    "confidence_level",
    "data_completeness",
    "fit_reasoning",
    "dimension_reasons",
    "weights",
)
_LISTS: Final = ("counted_dimensions", "missing_fields")


class Gone(Exception):
    """What was scored is there no more: the next try finds out and cancels the job."""


@dataclass(frozen=True)
class ScoredBy:
    """Who scored: the rules, or a model with its name and the version of what it was asked."""

    scorer: str
    model: str = ""
    prompt_version: str = ""


RULES: Final = ScoredBy(Scorer.RULES)


@dataclass(frozen=True)
class Origin:
    """Which job asked, for whom and why."""

    job_id: int
    batch_id: int | None
    trigger: str
    user_id: int | None
    instructions: str = ""


@dataclass(frozen=True)
class Stamps:
    """When the rows that were read last changed; None where a row plays no part."""

    universe: datetime
    buyer: datetime
    listing: datetime | None = None


@dataclass(frozen=True)
class Pair:
    """The three rows of a fit score, as they were read."""

    universe_id: int
    listing_id: int
    buyer_id: int
    stamps: Stamps
    facts_hash: str
    listing: ListingFacts


def save_fit(pair: Pair, result: FitResult, *, by: ScoredBy, origin: Origin) -> None:
    """Write a fit score and its history; three statements. What people decided on the score stays.

    Raises Gone when a row was deleted or archived meanwhile.
    """
    kept = sql.find_row(
        "keep_pair",
        universe=pair.universe_id,
        listing=pair.listing_id,
        buyer=pair.buyer_id,
        user=origin.user_id,
    )
    if kept is None or not kept["is_live"]:
        raise Gone(f"buyer {pair.buyer_id} or deal {pair.listing_id} went away while it was scored")
    seen = (pair.stamps.universe, pair.stamps.listing, pair.stamps.buyer)
    now = (kept["universe_changed_at"], kept["listing_changed_at"], kept["buyer_changed_at"])
    figures = _list_figures(pair, result, by=by, origin=origin)
    keys = {"universe_id": pair.universe_id, "listing_id": pair.listing_id, "buyer_id": pair.buyer_id}
    score = Score(**keys, **figures, is_stale=seen != now, deal_snapshot=_describe_deal(pair.listing, result))
    Score.objects.bulk_create(
        [score],
        update_conflicts=True,
        unique_fields=["universe", "listing", "buyer"],
        update_fields=[*figures, "is_stale", "deal_snapshot", "updated_at"],
    )
    ScoreSnapshot.objects.create(
        **keys,
        **figures,
        trigger=origin.trigger,
        instructions=origin.instructions,
        scored_for_id=kept["user_id"],
    )


def _list_figures(pair: Pair, result: FitResult, *, by: ScoredBy, origin: Origin) -> dict[str, Any]:
    figures = {name: getattr(result, name) for name in _FIGURES}
    return {
        **figures,
        **{name: list(getattr(result, name)) for name in _LISTS},
        "facts_hash": pair.facts_hash,
        "scored_by": by.scorer,
        "model": by.model[:120],
        "prompt_version": by.prompt_version,
        "scoring_version": SCORING_VERSION,
        "batch_number": origin.batch_id,
        "job_number": origin.job_id,
        "scored_at": timezone.now(),
    }


def _describe_deal(listing: ListingFacts, result: FitResult) -> dict[str, Any]:
    return {
        **listing.model_dump(mode="json"),
        "deal_readiness": result.deal_readiness,
        "deal_missing_fields": list(result.deal_missing_fields),
    }


def save_alignment(
    answer: AlignmentAnswer,
    *,
    universe_id: int,
    buyer_id: int,
    stamps: Stamps,
    facts_hash: str,
    by: ScoredBy,
    origin: Origin,
) -> None:
    """Write a buyer's alignment and its history; three statements. Raises Gone as `save_fit` does."""
    kept = sql.find_row("keep_universe", universe=universe_id, user=origin.user_id)
    now = timezone.now()
    figures = {
        "scored_by": by.scorer,
        "model": by.model[:120],
        "prompt_version": by.prompt_version,
        "facts_hash": facts_hash,
        "reasoning": answer.reasoning,
        "key_factors": list(answer.key_factors),
        "confidence": answer.confidence,
        "score": answer.score,
    }
    live = Buyer.objects.unarchived().filter(pk=buyer_id, universe_id=universe_id)
    if kept is None or not live.update(
        **{f"alignment_{name}": value for name, value in figures.items()},
        alignment_is_stale=_is_stale(stamps, universe_changed_at=kept["universe_changed_at"]),
        alignment_checked_at=now,
    ):
        raise Gone(f"buyer {buyer_id} or its universe went away while it was scored")
    AlignmentSnapshot.objects.create(
        universe_id=universe_id,
        buyer_id=buyer_id,
        trigger=origin.trigger,
        batch_number=origin.batch_id,
        job_number=origin.job_id,
        scored_for_id=kept["user_id"],
        scored_at=now,
        **figures,
    )


def _is_stale(stamps: Stamps, *, universe_changed_at: datetime) -> Any:
    """Return the expression that is true when the universe or the buyer changed since they were read."""
    if universe_changed_at != stamps.universe:
        return Value(True)
    unchanged = When(content_changed_at=stamps.buyer, then=Value(False))
    return Case(unchanged, default=Value(True), output_field=BooleanField())
