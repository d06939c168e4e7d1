"""Facts say what rows say; their fingerprint changes exactly when they do."""

import pytest

from scoring.remarketing import selectors
from scoring.remarketing.facts import BuyerFacts, ListingFacts, UniverseFacts
from scoring.remarketing.models import Adjustment, Buyer, Decision, Listing, Universe
from tests.scoring.remarketing.makers import NOW, make_buyer, make_listing, make_universe

GUIDE = {
    "type": "ma_guide",
    "title": "Guide",
    "text": "<h1>Restoration</h1><style>p{}</style><p>Water &amp; fire</p>",
}


def test_a_universe_becomes_facts_with_its_criteria_grouped() -> None:
    universe = Universe(
        name="U",
        revenue_min=5,
        target_states=["FL"],
        primary_focus=["water"],
        preferred_buyer_types=["pe_firm"],
    )
    found = selectors.universe_facts(universe)
    assert (found.size_criteria.revenue_min, found.geography_criteria.target_states) == (5, ("FL",))
    assert (found.service_criteria.primary_focus, found.buyer_types_criteria.preferred_types) == (
        ("water",),
        ("pe_firm",),
    )
    assert (found.weights_total, found.currency, found.guide) == (100, "USD", "")


def test_the_guide_may_stand_in_a_document_and_loses_its_markup() -> None:
    assert (
        selectors.get_guide(Universe(documents=[{"type": "note", "text": "no"}, GUIDE]))
        == "Restoration Water & fire"
    )
    assert selectors.get_guide(Universe(guide_text=" own ", documents=[GUIDE])) == "own"


@pytest.mark.parametrize(
    ("facts", "model"), [(UniverseFacts, Universe), (BuyerFacts, Buyer), (ListingFacts, Listing)]
)
def test_facts_of_an_empty_row_are_the_default_facts(facts: type, model: type) -> None:
    assert selectors.content_facts(model(currency="")) == facts()


def test_the_fingerprint_changes_with_content_and_with_nothing_else() -> None:
    buyer = Buyer(company_name="Acme", target_services=["water"], target_revenue_min=None)
    before = selectors.content_hash(buyer)
    buyer.alignment_score, buyer.extraction_sources = 80, ["site"]
    assert selectors.content_hash(buyer) == before
    buyer.target_revenue_min = 0
    assert selectors.content_hash(buyer) != before


def test_the_order_of_facts_counts_in_their_fingerprint() -> None:
    one, other = BuyerFacts(company_name="A"), BuyerFacts(company_name="B")
    assert selectors.facts_hash(one, other) != selectors.facts_hash(other, one)


@pytest.mark.django_db
def test_corrections_and_standing_decisions_become_facts() -> None:
    listing, buyer = make_listing(), make_buyer()
    Adjustment.objects.create(listing=listing, type="boost", value=5, reason="strong brand")
    Decision.objects.create(
        buyer=buyer, listing=listing, action="passed", pass_category="size", decided_at=NOW
    )
    Decision.objects.create(buyer=buyer, listing=listing, action="approved", decided_at=NOW, undone_at=NOW)
    assert [one.model_dump() for one in selectors.adjustment_facts(listing)] == [
        {"type": "boost", "value": 5, "reason": "strong brand"}
    ]
    assert [one.action for one in selectors.decision_facts(buyer)] == ["passed"]


@pytest.mark.django_db
def test_a_universe_is_found_by_name_whatever_its_case() -> None:
    universe = make_universe("Restoration")
    assert selectors.find_universe(" restoration ") == universe
    assert selectors.find_universe("Other") is None
