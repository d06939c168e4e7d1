"""How much is known of a buyer."""

from scoring.remarketing.facts import BuyerFacts, Level
from scoring.remarketing.rules.size import has_ebitda_criteria, has_revenue_criteria

_LONGEST_SHORT_THESIS = 50


def measure_completeness(buyer: BuyerFacts) -> Level:
    """Say how complete a buyer's record is."""
    has_targets = bool(buyer.target_services or buyer.target_industries or buyer.target_geographies)
    has_financials = has_revenue_criteria(buyer) or has_ebitda_criteria(buyer)
    has_history = bool(buyer.recent_acquisitions or buyer.portfolio_companies)
    if len(buyer.thesis_summary) > _LONGEST_SHORT_THESIS and has_targets and has_financials and has_history:
        return "high"
    if buyer.thesis_summary or (has_targets and has_financials):
        return "medium"
    return "low"


def find_missing_fields(buyer: BuyerFacts) -> tuple[str, ...]:
    """Name what should be asked of the buyer, in words for staff."""
    known = {
        "thesis": bool(buyer.thesis_summary),
        "target services": bool(buyer.target_services),
        "geographies": bool(buyer.target_geographies),
        "revenue range": has_revenue_criteria(buyer),
        "EBITDA range": has_ebitda_criteria(buyer),
        "HQ": bool(buyer.hq_state or buyer.hq_city),
        "buyer type": bool(buyer.buyer_type),
    }
    return tuple(name for name, is_known in known.items() if not is_known)
