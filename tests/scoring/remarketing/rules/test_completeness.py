from typing import Any

import pytest

from scoring.remarketing.facts import BuyerFacts
from scoring.remarketing.rules.completeness import find_missing_fields, measure_completeness
from tests.scoring.remarketing.rules.builders import make_buyer


@pytest.mark.parametrize(
    ("fields", "level"),
    [
        ({}, "high"),
        ({"thesis_summary": "x" * 51}, "high"),
        ({"thesis_summary": "x" * 50}, "medium"),
        ({"thesis_summary": ""}, "medium"),
        ({"portfolio_companies": []}, "medium"),
        ({"portfolio_companies": [], "recent_acquisitions": ["x"]}, "high"),
        ({"target_services": []}, "high"),
        ({"target_services": [], "target_geographies": []}, "medium"),
        ({"target_services": [], "target_geographies": [], "target_industries": ["x"]}, "high"),
        ({"thesis_summary": "", "target_services": [], "target_geographies": []}, "low"),
    ],
)
def test_completeness_follows_thesis_targets_financials_and_history(
    fields: dict[str, Any], level: str
) -> None:
    assert measure_completeness(make_buyer(**fields)) == level


FINANCIALS = (
    "target_revenue_min", "target_revenue_max", "revenue_sweet_spot",
    "target_ebitda_min", "target_ebitda_max", "ebitda_sweet_spot",
)  # fmt: skip


@pytest.mark.parametrize("field", FINANCIALS)
def test_any_bound_or_sweet_spot_is_financials(field: str) -> None:
    none = dict.fromkeys(FINANCIALS)
    assert measure_completeness(make_buyer(**none)) == "medium"
    assert measure_completeness(make_buyer(**none | {field: 1})) == "high"


def test_an_empty_buyer_misses_everything() -> None:
    assert measure_completeness(BuyerFacts()) == "low"
    assert find_missing_fields(BuyerFacts()) == (
        "thesis",
        "target services",
        "geographies",
        "revenue range",
        "EBITDA range",
        "HQ",
        "buyer type",
    )


def test_a_complete_buyer_misses_nothing() -> None:
    assert find_missing_fields(make_buyer()) == ()
