"""People with just the rights of their group, and a world to look at."""

from collections.abc import Callable
from dataclasses import dataclass

import pytest
from django.contrib.auth.models import User
from django.test import Client

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


@pytest.fixture
def client_of(make_user: Callable[..., User]) -> Callable[..., Client]:
    """Log in a member of staff of some groups."""

    def make(*groups: str) -> Client:
        user = make_user("-".join(groups) or "nobody", groups=groups)
        client = Client()
        client.force_login(user, backend="django.contrib.auth.backends.ModelBackend")
        return client

    return make


@pytest.fixture
def viewer(client_of: Callable[..., Client]) -> Client:
    """Log in somebody who may look and press nothing."""
    return client_of("viewer")


@pytest.fixture
def operator(client_of: Callable[..., Client]) -> Client:
    """Log in somebody who may score and decide."""
    return client_of("operator")
