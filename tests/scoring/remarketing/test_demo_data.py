"""The shipped companies are made up, say so, load twice without change and spread over all tiers."""

from collections import Counter

import pytest

from scoring.remarketing import selectors
from scoring.remarketing.models import Buyer, Listing, UniverseListing
from scoring.remarketing.rules.fit import score_fit
from scoring.remarketing.services.demo import load_demo

pytestmark = pytest.mark.django_db


def test_loading_twice_changes_nothing() -> None:
    load_demo()
    before = set(Buyer.objects.values_list("pk", "updated_at"))
    load_demo()
    assert set(Buyer.objects.values_list("pk", "updated_at")) == before
    assert (len(before), Listing.objects.count(), UniverseListing.objects.count()) == (48, 10, 10)


def test_every_name_says_that_it_is_made_up() -> None:
    universe = load_demo()
    names = [universe.name, *Buyer.objects.values_list("company_name", flat=True)]
    names += Listing.objects.values_list("title", flat=True)
    assert [name for name in names if "(made up)" not in name] == []


def test_scores_spread_over_all_tiers_with_every_special_case() -> None:
    universe = load_demo()
    facts = selectors.universe_facts(universe)
    buyers = [selectors.buyer_facts(buyer) for buyer in universe.buyers.all()]
    results = [
        score_fit(
            facts,
            selectors.listing_facts(listing),
            buyer,
            answers=None,
            geography_mode="critical",
            adjustments=(),
            decisions=(),
        )
        for listing in Listing.objects.all()
        for buyer in buyers
    ]
    tiers = Counter(result.tier for result in results)
    assert set(tiers) == {"A", "B", "C", "D", "F"}
    assert min(tiers.values()) >= 20
    reasons = {result.disqualification_reason.split()[0] for result in results if result.is_disqualified}
    assert len(reasons) >= 2
    assert any("size" not in result.counted_dimensions for result in results)
