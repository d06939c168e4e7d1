"""A world to look at."""

from dataclasses import dataclass

import pytest

from scoring.remarketing.models import Buyer, Listing, Score, Universe
from tests.scoring.remarketing.makers import make_score
from tests.scoring.remarketing.worlds import make_universe


@dataclass(frozen=True)
class World:
    """A universe with three buyers and two deals; the first deal is scored for two of the buyers."""

    universe: Universe
    buyers: list[Buyer]
    listings: list[Listing]
    scores: list[Score]


@pytest.fixture
def world(db: None) -> World:
    """Store a small world."""
    universe = make_universe("Roofing", buyers=3, listings=2)
    buyers = list(universe.buyers.order_by("pk"))
    listings = list(Listing.objects.order_by("pk"))
    scores = [
        make_score(
            universe,
            listings[0],
            buyers[0],
            composite_score=84,
            tier="A",
            service_score=90,
            counted_dimensions=["service"],
            fit_reasoning="Roofs on both sides.",
            confidence_level="high",
        ),
        make_score(
            universe,
            listings[0],
            buyers[1],
            composite_score=52,
            tier="C",
            scored_by="ai",
            model="gemini-test",
            prompt_version="1",
            confidence_level="low",
            needs_review=True,
            is_stale=True,
        ),
    ]
    return World(universe, buyers, listings, scores)
