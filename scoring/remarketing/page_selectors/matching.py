"""The ranking of a deal's buyers, and what stands above it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from django.db.models import Count, F, Max, Q

from queueproject.queue.models import Batch, Job
from queueproject.queue.selectors.batches import Progress
from queueproject.queue.states import LIVE
from queueproject.queue.why import why_batch_waits
from scoring.remarketing import kinds, selectors
from scoring.remarketing.models import Buyer, Listing, Score, Universe
from scoring.remarketing.models.score import ScoreQuerySet
from scoring.remarketing.models.words import Scorer, ScoreStatus
from scoring.remarketing.rules.guardrails import find_guardrails
from scoring.remarketing.rules.readiness import DealReadiness, measure_readiness

# Least and most of the score that counts.
TIER_RANGES: Final = {"A": (80, 100), "B": (65, 79), "C": (50, 64), "D": (35, 49), "F": (0, 34)}
_MOST_RUNNING: Final = 3
_ORDERS: Final = {
    "service": F("service_score").desc(nulls_last=True),
    "size": F("size_score").desc(nulls_last=True),
    "geography": F("geography_score").desc(nulls_last=True),
    "owner_goals": F("owner_goals_score").desc(nulls_last=True),
    "name": F("buyer__company_name").asc(),
    "scored": F("scored_at").desc(),
}


def current_scores(universe: Universe, listing: Listing | None = None) -> ScoreQuerySet:
    """Name the scores of buyers that are still the universe's own, best first."""
    scores = Score.objects.filter(universe=universe, buyer__archived_at=None, buyer__universe=universe)
    return (scores if listing is None else scores.filter(listing=listing)).ranked()


def rank_buyers(universe: Universe, listing: Listing, filters: Mapping[str, Any]) -> ScoreQuerySet:
    """Name the scores of a deal that filters let through, in the order asked for."""
    scores = current_scores(universe, listing).select_related("buyer", "decided_by", "overridden_by")
    status = filters.get("status", "")
    if not status:
        scores = scores.exclude(status=ScoreStatus.HIDDEN)
    elif status != "all":
        scores = scores.filter(status=status)
    if tier := filters.get("tier"):
        scores = scores.filter(Q(effective_score__range=TIER_RANGES[tier]))
    if "min_score" in filters:
        scores = scores.filter(Q(effective_score__gte=filters["min_score"]))
    if words := filters.get("q"):
        scores = scores.filter(buyer__company_name__icontains=words)
    if confidence := filters.get("confidence"):
        scores = scores.filter(confidence_level=confidence)
    if filters.get("stale"):
        scores = scores.filter(is_stale=True)
    if filters.get("review"):
        scores = scores.filter(needs_review=True)
    if order := _ORDERS.get(filters.get("sort", "")):
        scores = scores.order_by(order, "buyer__company_name", "pk")
    return scores


@dataclass(frozen=True)
class Running:
    """A batch that still scores pairs of a deal, how many of them it has open, and why it waits."""

    progress: Progress
    open_pairs: int
    why: str


@dataclass(frozen=True)
class Overview:
    """What is known of a deal's scores as a whole."""

    buyers: int
    scored: int
    tiers: dict[str, int]
    stale: int
    review: int
    disqualified: int
    hidden: int
    by_ai: int
    by_rules: int
    scored_at: datetime | None
    readiness: DealReadiness
    guardrails: list[str]
    notes: list[str]
    running: list[Running]

    @property
    def unscored(self) -> int:
        """Count the buyers without a score."""
        return max(0, self.buyers - self.scored)


def describe_deal(universe: Universe, listing: Listing) -> Overview:
    """Sum a deal's scores up; five queries."""
    scores = current_scores(universe, listing)
    sums = scores.order_by().aggregate(
        scored=Count("pk"),
        stale=Count("pk", filter=Q(is_stale=True)),
        review=Count("pk", filter=Q(needs_review=True)),
        disqualified=Count("pk", filter=Q(is_disqualified=True)),
        hidden=Count("pk", filter=Q(status=ScoreStatus.HIDDEN)),
        by_ai=Count("pk", filter=Q(scored_by=Scorer.AI)),
        by_rules=Count("pk", filter=Q(scored_by=Scorer.RULES)),
        scored_at=Max("scored_at"),
        batch=Max("batch_number"),
        **{f"tier_{tier}": count_tier(tier) for tier in TIER_RANGES},
    )
    found = find_guardrails(scores.order_by().values_list("composite_score", "is_disqualified", named=True))
    last_batch = sums.pop("batch")
    return Overview(
        buyers=Buyer.objects.unarchived().filter(universe=universe).count(),
        tiers={tier: sums.pop(f"tier_{tier}") for tier in TIER_RANGES},
        readiness=measure_readiness(selectors.listing_facts(listing)),
        guardrails=[each.message for each in found],
        notes=_find_notes(last_batch, listing, known={each.code for each in found}),
        running=find_running(universe, listing),
        **sums,
    )


def count_tier(tier: str) -> Count:
    """Count scores whose score that counts lies in a tier."""
    return Count("pk", filter=Q(effective_score__range=TIER_RANGES[tier]))


def find_running(universe: Universe, listing: Listing) -> list[Running]:
    """Find the batches that have open pairs of a deal; two queries, and a few more for each that runs."""
    jobs = Job.objects.filter(
        subject_type=kinds.LISTING,
        subject_id=str(listing.pk),
        kind=kinds.SCORE_FIT,
        state__in=LIVE,
        payload__universe_id=universe.pk,
        batch__isnull=False,
    )
    open_pairs = dict(jobs.values_list("batch_id").annotate(Count("pk")).order_by())
    batches = Batch.objects.filter(pk__in=open_pairs).order_by("-pk")[:_MOST_RUNNING]
    return [Running(Progress(batch), open_pairs[batch.pk], _explain(batch)) for batch in batches]


def _explain(batch: Batch) -> str:
    why = why_batch_waits(batch)
    return why.sentence if why else ""


def _find_notes(batch_id: int | None, listing: Listing, *, known: set[str]) -> list[str]:
    """Find what the review of the latest batch says of this deal and is not said already; one query."""
    batch = Batch.objects.filter(pk=batch_id).only("notes").first() if batch_id else None
    notes = batch.notes if batch and isinstance(batch.notes, list) else []
    return [
        str(note["text"])
        for note in notes
        if isinstance(note, dict)
        and note.get("listing_id") == listing.pk
        and note.get("code") not in known
        and note.get("text")
    ]
