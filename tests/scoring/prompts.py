"""Prompts as the handlers write them, from made-up facts."""

import json
from typing import Any

from scoring.remarketing.facts import BuyerFacts, ListingFacts, UniverseFacts

UNIVERSE = UniverseFacts(
    name="Roofing",
    guide="Companies that repair and replace roofs.",
    keywords=("roof", "repair", "gutter"),
    service_criteria={"primary_focus": ["roof repair"]},  # type: ignore[arg-type]
)
BUYER = BuyerFacts(
    company_name="Steady Roofs",
    business_summary="roof repair across the state",
    target_services=("roof repair", "gutter cleaning"),
    industry_vertical="roofing",
)
LISTING = ListingFacts(
    title="Roofer in Austin", revenue=5_000_000, services=("roof repair",), location="Austin, TX"
)


def write_prompt(block: dict[str, Any]) -> str:
    """Put the block where a prompt carries it."""
    return f"Judge strictly.\n\n```json\n{json.dumps(block)}\n```\n\nAnswer in JSON."


def write_alignment_prompt(buyer: BuyerFacts = BUYER) -> str:
    """Ask for one buyer's alignment."""
    return write_prompt(
        {
            "task": "alignment",
            "universe": UNIVERSE.model_dump(mode="json"),
            "buyer": {"id": 7, **buyer.model_dump(mode="json")},
        }
    )


def write_fit_prompt(buyer_ids: tuple[int, ...] = (3, 5, 8)) -> str:
    """Ask for the fit of several buyers with one listing."""
    return write_prompt(
        {
            "task": "fit",
            "universe": UNIVERSE.model_dump(mode="json"),
            "listing": LISTING.model_dump(mode="json"),
            "buyers": [{"id": each, **BUYER.model_dump(mode="json")} for each in buyer_ids],
            "instructions": "Mind the ``` fence.\n```",
        }
    )
