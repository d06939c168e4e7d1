"""Read what a group of jobs needs, in few queries, before any of them calls out."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import get_args

from django.db.models import Prefetch

from queueproject.queue.outcomes import Cancel, Outcome
from queueproject.queue.registry import JobContext
from scoring.remarketing import selectors
from scoring.remarketing.facts import (
    AdjustmentFacts,
    BuyerFacts,
    DecisionFacts,
    GeographyMode,
    ListingFacts,
    UniverseFacts,
)
from scoring.remarketing.models import Buyer, Decision, Listing, Universe, UniverseListing
from scoring.remarketing.models.words import LinkStatus, Trigger
from scoring.remarketing.services.results import Origin, Pair, Stamps


@dataclass(frozen=True)
class FitWork:
    """One fit job with the facts it is about."""

    job_id: int
    pair: Pair
    universe: UniverseFacts
    listing: ListingFacts
    buyer: BuyerFacts
    adjustments: tuple[AdjustmentFacts, ...]
    decisions: tuple[DecisionFacts, ...]
    geography_mode: GeographyMode | None
    origin: Origin

    @property
    def question(self) -> tuple[int, int, str]:
        """Return what jobs must have in common to be asked about in one call."""
        return (self.pair.universe_id, self.pair.listing_id, self.origin.instructions)


@dataclass
class FitGroup:
    """Jobs that are claimed together: those to be done, and those already decided."""

    works: list[FitWork] = field(default_factory=list)
    outcomes: dict[int, Outcome] = field(default_factory=dict)


@dataclass(frozen=True)
class AlignmentWork:
    """One alignment job with the facts it is about."""

    universe_id: int
    buyer_id: int
    universe: UniverseFacts
    buyer: BuyerFacts
    stamps: Stamps
    facts_hash: str
    origin: Origin


def read_origin(job: JobContext) -> Origin:
    """Return which job asked, for whom and why."""
    trigger = job.options.get("trigger")
    user_id = job.options.get("user_id")
    return Origin(
        job_id=job.id,
        batch_id=job.batch_id,
        trigger=trigger if trigger in Trigger.values else Trigger.AUTO,
        user_id=user_id if isinstance(user_id, int) else None,
        instructions=str(job.options.get("instructions") or ""),
    )


def read_fits(jobs: Sequence[JobContext]) -> FitGroup:
    """Read universes, listings, links, adjustments, buyers and decisions: six queries for any group."""
    payloads = [job.payload for job in jobs]
    universes = Universe.objects.in_bulk({one.universe_id for one in payloads})
    listings = Listing.objects.prefetch_related("adjustments").in_bulk({one.listing_id for one in payloads})
    buyers = Buyer.objects.prefetch_related(
        Prefetch("decisions", queryset=Decision.objects.standing())
    ).in_bulk({one.buyer_id for one in payloads})
    links = UniverseListing.objects.filter(
        universe__in=universes, listing__in=listings, status=LinkStatus.ACTIVE
    )
    active = set(links.values_list("universe_id", "listing_id"))
    group = FitGroup()
    facts_of_universe = {pk: selectors.universe_facts(row) for pk, row in universes.items()}
    for job in jobs:
        one = job.payload
        universe, listing = universes.get(one.universe_id), listings.get(one.listing_id)
        buyer = buyers.get(one.buyer_id)
        why_not = (
            find_absence("universe", one.universe_id, universe)
            or find_absence("deal", one.listing_id, listing)
            or find_absence("buyer", one.buyer_id, buyer)
        )
        if not why_not and (one.universe_id, one.listing_id) not in active:
            why_not = f"deal {one.listing_id} is not at work in universe {one.universe_id} any more"
        if not why_not and buyer and buyer.universe_id != one.universe_id:
            why_not = f"buyer {one.buyer_id} is not in universe {one.universe_id} any more"
        if why_not or universe is None or listing is None or buyer is None:
            group.outcomes[job.id] = Cancel(why_not)
        else:
            group.works.append(_make_work(job, facts_of_universe[universe.pk], universe, listing, buyer))
    return group


def find_absence(word: str, number: int, row: Universe | Listing | Buyer | None) -> str:
    """Say that a row is gone or put away, or "" when it is there."""
    if row is None:
        return f"{word} {number} was deleted"
    return f"{word} {number} was archived" if row.is_archived else ""


def _make_work(
    job: JobContext, universe_facts: UniverseFacts, universe: Universe, listing: Listing, buyer: Buyer
) -> FitWork:
    listing_facts, buyer_facts = selectors.listing_facts(listing), selectors.buyer_facts(buyer)
    pair = Pair(
        universe_id=universe.pk,
        listing_id=listing.pk,
        buyer_id=buyer.pk,
        stamps=Stamps(
            universe=universe.content_changed_at,
            buyer=buyer.content_changed_at,
            listing=listing.content_changed_at,
        ),
        facts_hash=selectors.facts_hash(universe_facts, listing_facts, buyer_facts),
        listing=listing_facts,
    )
    return FitWork(
        job_id=job.id,
        pair=pair,
        universe=universe_facts,
        listing=listing_facts,
        buyer=buyer_facts,
        adjustments=selectors.adjustment_facts(listing),
        decisions=selectors.decision_facts(buyer),
        geography_mode=_read_mode(job),
        origin=read_origin(job),
    )


def _read_mode(job: JobContext) -> GeographyMode | None:
    """Return the mode that this scoring asked for, None for the universe's own."""
    return next((mode for mode in get_args(GeographyMode) if mode == job.options.get("geography_mode")), None)


def read_alignment(jobs: Sequence[JobContext]) -> AlignmentWork | Cancel:
    """Read the buyer and the universe of one job: two queries."""
    [job] = jobs
    universe = Universe.objects.filter(pk=job.payload.universe_id).first()
    buyer = Buyer.objects.filter(pk=job.payload.buyer_id).first()
    why_not = find_absence("universe", job.payload.universe_id, universe) or find_absence(
        "buyer", job.payload.buyer_id, buyer
    )
    if universe is None or buyer is None or why_not:
        return Cancel(why_not)
    if buyer.universe_id != universe.pk:
        return Cancel(f"buyer {buyer.pk} is not in universe {universe.pk} any more")
    universe_facts, buyer_facts = selectors.universe_facts(universe), selectors.buyer_facts(buyer)
    return AlignmentWork(
        universe_id=universe.pk,
        buyer_id=buyer.pk,
        universe=universe_facts,
        buyer=buyer_facts,
        stamps=Stamps(universe=universe.content_changed_at, buyer=buyer.content_changed_at),
        facts_hash=selectors.facts_hash(universe_facts, buyer_facts),
        origin=read_origin(job),
    )
