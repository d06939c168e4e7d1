"""How ready a listing is to be scored, and what its buyers bring."""

from collections.abc import Iterable
from dataclasses import dataclass

from scoring.remarketing.facts import BuyerFacts, Level, ListingFacts
from scoring.remarketing.rules.geography import get_territory
from scoring.remarketing.rules.service import get_buyer_services, get_listing_services
from scoring.remarketing.rules.size import has_ebitda_criteria, has_revenue_criteria


@dataclass(frozen=True, slots=True)
class DealReadiness:
    """How complete a listing is, and which of its fields are missing, in words for staff."""

    level: Level
    missing: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class BuyerCounts:
    """Of how many buyers each kind of data is known."""

    buyers: int
    services: int
    geography: int
    size_criteria: int
    thesis: int


def measure_readiness(listing: ListingFacts) -> DealReadiness:
    """Name what a listing lacks: nothing is high, one or two are medium, three or more are low."""
    known = {
        "revenue": listing.revenue is not None,
        "EBITDA": listing.ebitda is not None,
        "location": bool(listing.location),
        "services": bool(get_listing_services(listing)),
        "description": bool(listing.description),
        "seller motivation": bool(listing.seller_motivation),
    }
    missing = tuple(name for name, is_known in known.items() if not is_known)
    return DealReadiness(
        level="low" if len(missing) >= 3 else "medium" if missing else "high", missing=missing
    )


def count_buyer_data(buyers: Iterable[BuyerFacts]) -> BuyerCounts:
    """Count the buyers that have services, a geography, size criteria and a thesis."""
    rows = [
        (
            bool(get_buyer_services(buyer)),
            bool(get_territory(buyer).states),
            has_revenue_criteria(buyer) or has_ebitda_criteria(buyer),
            bool(buyer.thesis_summary),
        )
        for buyer in buyers
    ]
    services, geography, size_criteria, thesis = (sum(row[n] for row in rows) for n in range(4))
    return BuyerCounts(len(rows), services, geography, size_criteria, thesis)
