"""Made-up universes with buyers and deals at work, and drains that do their work in the test's thread."""

import threading
from typing import Any

from django.db import connection

from queueproject.queue import providers
from queueproject.queue.drain import Drain
from scoring.remarketing.models import Buyer, Listing, Universe, UniverseListing
from scoring.remarketing.services.content import save_content


def make_universe(name: str = "Roofing", *, buyers: int = 0, listings: int = 0, **values: Any) -> Universe:
    """Store a universe that can be scored in, with so many buyers and deals at work."""
    providers.sync_providers()
    facts: dict[str, Any] = {
        "name": name,
        "guide_text": "Companies that repair and replace roofs.",
        "keywords": ["roof", "repair", "gutter"],
        "primary_focus": ["roof repair"],
    }
    universe = Universe.objects.create(**{**facts, **values})
    for number in range(buyers):
        make_buyer(universe, f"Buyer {number:02}")
    for number in range(listings):
        make_listing(universe, f"Deal {number:02}")
    return universe


def make_buyer(universe: Universe | None, name: str = "Steady Roofs", **values: Any) -> Buyer:
    """Store a buyer that has enough data for every dimension."""
    facts: dict[str, Any] = {
        "company_name": name,
        "buyer_type": "platform",
        "hq_city": "Austin",
        "hq_state": "TX",
        "business_summary": "roof repair across the state",
        "thesis_summary": "Buys roof repair companies in Texas and keeps their staff and their names.",
        "target_services": ["roof repair", "gutter cleaning"],
        "target_geographies": ["TX"],
        "target_revenue_min": 1_000_000,
        "target_revenue_max": 9_000_000,
    }
    buyer = Buyer(universe=universe, **{**facts, **values})
    save_content(buyer)
    return buyer


def make_listing(universe: Universe | None, title: str = "Roofer in Austin", **values: Any) -> Listing:
    """Store a deal, at work in the universe when one is given."""
    facts: dict[str, Any] = {
        "title": title,
        "revenue": 5_000_000,
        "ebitda": 800_000,
        "services": ["roof repair"],
        "location": "Austin, TX",
        "owner_goals": "retire and see the employees well kept",
    }
    listing = Listing(**{**facts, **values})
    save_content(listing)
    if universe is not None:
        UniverseListing.objects.create(universe=universe, listing=listing)
    return listing


def drain() -> str:
    """Work until nothing is left, as a slot of a cluster would; needs a test that commits."""
    connection.ensure_connection()
    return Drain(stop=threading.Event(), linger_seconds=0.2).run()
