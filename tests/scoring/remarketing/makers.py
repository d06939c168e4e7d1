"""Make rows for tests; every argument that matters to a test is given by the test."""

from typing import Any

from django.utils import timezone

from scoring.remarketing.models import Buyer, Listing, Score, Universe
from scoring.remarketing.models.words import Scorer


def make_universe(name: str = "Restoration", **values: Any) -> Universe:
    return Universe.objects.create(name=name, **values)


def make_buyer(company_name: str = "Acme", **values: Any) -> Buyer:
    return Buyer.objects.create(company_name=company_name, **values)


def make_listing(title: str = "Bay Restoration", **values: Any) -> Listing:
    return Listing.objects.create(title=title, **values)


def make_score(universe: Universe, listing: Listing, buyer: Buyer, **values: Any) -> Score:
    figures = {
        "composite_score": 66,
        "tier": "B",
        "scored_by": Scorer.RULES,
        "scored_at": timezone.now(),
        **values,
    }
    return Score.objects.create(universe=universe, listing=listing, buyer=buyer, **figures)


NOW = timezone.now()
