"""Facts for tests: made-up companies, complete unless a test takes something away."""

from typing import Any

from scoring.remarketing.facts import BuyerFacts, ListingFacts, UniverseFacts


def make_universe(**fields: Any) -> UniverseFacts:
    """Build a roofing universe."""
    given = {
        "name": "Roofing",
        "keywords": ["gutters"],
        "service_criteria": {"primary_focus": ["roofing"]},
        "guide": "Who puts roofs on buildings belongs here.",
    }
    return UniverseFacts.model_validate(given | fields)


def make_listing(**fields: Any) -> ListingFacts:
    """Build a listing in Florida with all that the rules read."""
    given = {
        "title": "Roofer",
        "revenue": 5_000_000,
        "ebitda": 800_000,
        "location": "Tampa, FL",
        "services": ["roofing", "siding"],
        "description": "Puts roofs on buildings.",
        "location_count": 3,
        "owner_goals": "To retire.",
        "seller_motivation": "Age.",
    }
    return ListingFacts.model_validate(given | fields)


def make_buyer(**fields: Any) -> BuyerFacts:
    """Build a buyer that fits the listing in every dimension."""
    given = {
        "company_name": "Buyer",
        "buyer_type": "platform",
        "hq_city": "Miami",
        "hq_state": "FL",
        "thesis_summary": "Buys companies of the trade in the states it knows, one or two a year.",
        "thesis_confidence": "high",
        "target_services": ["roofing"],
        "target_geographies": ["FL"],
        "target_revenue_min": 3_000_000,
        "target_revenue_max": 6_000_000,
        "target_ebitda_min": 500_000,
        "portfolio_companies": ["Sister"],
    }
    return BuyerFacts.model_validate(given | fields)
