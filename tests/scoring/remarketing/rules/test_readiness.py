from typing import Any

import pytest

from scoring.remarketing.facts import BuyerFacts, ListingFacts
from scoring.remarketing.rules.readiness import BuyerCounts, count_buyer_data, measure_readiness
from tests.scoring.remarketing.rules.builders import make_buyer, make_listing


@pytest.mark.parametrize(
    ("fields", "level", "missing"),
    [
        ({}, "high", ()),
        ({"revenue": None}, "medium", ("revenue",)),
        ({"revenue": 0}, "high", ()),
        ({"revenue": None, "ebitda": None}, "medium", ("revenue", "EBITDA")),
        ({"location": "", "services": [], "description": ""}, "low", ("location", "services", "description")),
        ({"seller_motivation": ""}, "medium", ("seller motivation",)),
    ],
)
def test_readiness_counts_what_a_listing_lacks(
    fields: dict[str, Any], level: str, missing: tuple[str, ...]
) -> None:
    readiness = measure_readiness(make_listing(**fields))
    assert (readiness.level, readiness.missing) == (level, missing)


def test_an_empty_listing_lacks_all_six() -> None:
    assert len(measure_readiness(ListingFacts()).missing) == 6


def test_buyers_are_counted_by_the_data_they_bring() -> None:
    buyers = [make_buyer(), BuyerFacts(), BuyerFacts(hq_state="TX"), BuyerFacts(thesis_summary="x")]
    assert count_buyer_data(buyers) == BuyerCounts(
        buyers=4, services=1, geography=2, size_criteria=1, thesis=2
    )
