"""A universe's deals with their counts, and its buyers by alignment."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Count, F, Max, Q, QuerySet

from queueproject.queue.models import Batch
from queueproject.queue.selectors.batches import Progress
from queueproject.queue.states import BatchState
from scoring.remarketing.models import Buyer, Listing, Universe, UniverseListing
from scoring.remarketing.models.buyer import BuyerQuerySet
from scoring.remarketing.models.words import LinkStatus
from scoring.remarketing.page_selectors.matching import count_tier, current_scores

# Least alignment score of each badge, best first.
BADGES: Final = {
    "excellent": (85, "Excellent fit"),
    "good": (70, "Good fit"),
    "partial": (55, "Partial fit"),
    "weak": (40, "Weak fit"),
    "poor": (0, "Poor fit"),
}
_MOST_SHOWN: Final = 5


@dataclass(frozen=True)
class DealRow:
    """A deal at work in a universe and how far its scoring is."""

    listing: Listing
    scored: int
    stale: int
    best: int | None
    tier_a: int
    tier_b: int


@dataclass(frozen=True)
class Totals:
    """How much there is in a universe, and how much of it is scored."""

    deals: int
    buyers: int
    aligned: int
    alignment_stale: int
    scored: int
    stale: int
    running: list[Progress]

    @property
    def pairs(self) -> int:
        """Count deals times buyers."""
        return self.deals * self.buyers


def find_links(universe: Universe, filters: Mapping[str, Any]) -> "QuerySet[UniverseListing]":
    """Name the deals at work in a universe, by title."""
    links = UniverseListing.objects.filter(
        universe=universe, status=LinkStatus.ACTIVE, listing__archived_at=None
    ).select_related("listing")
    if words := filters.get("q"):
        links = links.filter(listing__title__icontains=words)
    return links.order_by("listing__title", "pk")


def count_deals(universe: Universe, links: Sequence[UniverseListing]) -> list[DealRow]:
    """Add to each deal how many of its pairs are scored, stale and good; one query."""
    sums = {
        row["listing_id"]: row
        for row in current_scores(universe)
        .filter(listing__in=[link.listing_id for link in links])
        .order_by()
        .values("listing_id")
        .annotate(
            scored=Count("pk"),
            stale=Count("pk", filter=Q(is_stale=True)),
            best=Max("effective_score"),
            tier_a=count_tier("A"),
            tier_b=count_tier("B"),
        )
    }
    empty = {"scored": 0, "stale": 0, "best": None, "tier_a": 0, "tier_b": 0}
    return [_make_row(link.listing, sums.get(link.listing_id, empty)) for link in links]


def _make_row(listing: Listing, sums: Mapping[str, Any]) -> DealRow:
    names = ("scored", "stale", "best", "tier_a", "tier_b")
    return DealRow(listing=listing, **{name: sums[name] for name in names})


def sum_up(universe: Universe) -> Totals:
    """Count a universe's deals, buyers and scores, and find what runs in it; four queries."""
    buyers = Buyer.objects.unarchived().filter(universe=universe)
    alignment = buyers.aggregate(
        buyers=Count("pk"),
        aligned=Count("alignment_score"),
        alignment_stale=Count("pk", filter=Q(alignment_is_stale=True)),
    )
    deals = find_links(universe, {}).order_by()
    at_work = Q(listing__in=deals.values("listing_id"))
    scores = (
        current_scores(universe)
        .filter(at_work)
        .order_by()
        .aggregate(scored=Count("pk"), stale=Count("pk", filter=Q(is_stale=True)))
    )
    running = Batch.objects.filter(
        state=BatchState.RUNNING, options__universe_ids__contains=universe.pk
    ).order_by("-pk")[:_MOST_SHOWN]
    return Totals(deals=deals.count(), running=[Progress(batch) for batch in running], **alignment, **scores)


def find_universes_of(kind: str, ids: Sequence[int]) -> list[Universe]:
    """Find the universes that some buyers or listings belong to, the first few; one query."""
    mine = Q(buyers__in=ids) if kind == "buyers" else Q(listing_links__listing__in=ids)
    universes = Universe.objects.unarchived().filter(mine).distinct()
    return list(universes.order_by("name")[:_MOST_SHOWN])


# -- buyers by alignment --------------------------------------------------------------------------


@dataclass(frozen=True)
class BuyerRow:
    """A buyer with the badge of its alignment."""

    buyer: Buyer

    @property
    def badge(self) -> str:
        """Return the badge's key, "none" for a buyer that was never scored."""
        score = self.buyer.alignment_score
        if score is None:
            return "none"
        return next(key for key, (least, _) in BADGES.items() if score >= least)

    @property
    def badge_words(self) -> str:
        """Return what staff read on the badge."""
        return BADGES[self.badge][1] if self.badge in BADGES else "Not scored"

    @property
    def scorer(self) -> str:
        """Name who scored."""
        buyer = self.buyer
        if buyer.alignment_scored_by == "rules":
            return "Rules"
        return f"AI: {buyer.alignment_model}, prompt {buyer.alignment_prompt_version}"


def rank_by_alignment(universe: Universe, filters: Mapping[str, Any]) -> BuyerQuerySet:
    """Name a universe's buyers, best aligned first, those never scored last."""
    buyers = Buyer.objects.unarchived().filter(universe=universe)
    if words := filters.get("q"):
        buyers = buyers.filter(company_name__icontains=words)
    if filters.get("stale"):
        buyers = buyers.filter(alignment_is_stale=True)
    if badge := filters.get("badge"):
        buyers = buyers.filter(_in_badge(badge))
    return buyers.order_by(F("alignment_score").desc(nulls_last=True), "company_name", "pk")


def _in_badge(badge: str) -> Q:
    if badge == "none":
        return Q(alignment_score=None)
    least = BADGES[badge][0]
    above = [floor for floor, _ in BADGES.values() if floor > least]
    return Q(alignment_score__gte=least, alignment_score__lt=min(above, default=101))


def count_badges(universe: Universe) -> dict[str, int]:
    """Count a universe's buyers by badge; one query."""
    buyers = Buyer.objects.unarchived().filter(universe=universe)
    counts: dict[str, int] = buyers.aggregate(
        **{badge: Count("pk", filter=_in_badge(badge)) for badge in (*BADGES, "none")}
    )
    return counts
