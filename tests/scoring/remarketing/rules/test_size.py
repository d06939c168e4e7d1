from decimal import Decimal
from typing import Any

import pytest

from scoring.remarketing.facts import BuyerFacts
from scoring.remarketing.rules.dimension import Dimension
from scoring.remarketing.rules.size import score_size
from tests.scoring.remarketing.rules.builders import make_listing, make_universe

RANGE = {"target_revenue_min": 1_000_000, "target_revenue_max": 2_000_000}


def size_of(
    revenue: int | None,
    buyer: dict[str, Any],
    *,
    ebitda: int | None = None,
    behavior: dict[str, Any] | None = None,
    **listing: Any,
) -> Dimension:
    universe = make_universe(scoring_behavior=behavior or {})
    facts = make_listing(revenue=revenue, ebitda=ebitda, **listing)
    return score_size(universe, facts, BuyerFacts.model_validate(buyer))


@pytest.mark.parametrize(
    ("revenue", "buyer", "score", "multiplier"),
    [
        (1_100, {"revenue_sweet_spot": 1_000}, 97, "1"),
        (900, {"revenue_sweet_spot": 1_000}, 97, "1"),
        (1_101, {"revenue_sweet_spot": 1_000}, 90, "0.95"),
        (899, {"revenue_sweet_spot": 1_000}, 90, "0.95"),
        (1_200, {"revenue_sweet_spot": 1_000}, 90, "0.95"),
        (800, {"revenue_sweet_spot": 1_000}, 90, "0.95"),
        (1_201, {"revenue_sweet_spot": 1_000}, 60, "1"),
        (1_201, {"revenue_sweet_spot": 1_000, "target_revenue_max": 1_200}, 50, "0.7"),
        (1_000_000, RANGE, 80, "1"),
        (2_000_000, RANGE, 80, "1"),
        (1_000_000, {"target_revenue_min": 1_000_000}, 80, "1"),
        (9_000_000, {"target_revenue_min": 1_000_000}, 80, "1"),
        (2_000_000, {"target_revenue_max": 2_000_000}, 75, "1"),
        (0, {"target_revenue_max": 2_000_000}, 75, "1"),
        (999_999, RANGE, 62, "0.7"),
        (900_000, RANGE, 62, "0.7"),
        (899_999, RANGE, 45, "0.5"),
        (700_000, RANGE, 45, "0.5"),
        (699_999, RANGE, 15, "0.3"),
        (0, RANGE, 15, "0.3"),
        (2_000_001, RANGE, 50, "0.7"),
        (3_000_000, RANGE, 50, "0.7"),
        (3_000_001, RANGE, 0, "0"),
        (1_000_000, RANGE | {"revenue_sweet_spot": 1_000_000}, 97, "1"),
        (3_300_000, RANGE | {"revenue_sweet_spot": 3_000_000}, 97, "1"),
    ],
)
def test_revenue_takes_the_first_row_that_applies(
    revenue: int, buyer: dict[str, int], score: int, multiplier: str
) -> None:
    size = size_of(revenue, buyer)
    assert (size.score, size.multiplier) == (score, Decimal(multiplier))
    assert size.counts


@pytest.mark.parametrize(
    ("handling", "score", "multiplier", "ruled_out"),
    [("disqualify", 0, "0", True), ("penalize", 15, "0.3", False), ("allow", 30, "0.5", False)],
)
def test_far_below_the_minimum_the_universe_decides(
    handling: str, score: int, multiplier: str, ruled_out: bool
) -> None:
    size = size_of(699_999, RANGE, behavior={"below_minimum_handling": handling})
    assert (size.score, size.multiplier, bool(size.disqualification)) == (
        score,
        Decimal(multiplier),
        ruled_out,
    )


@pytest.mark.parametrize("handling", ["disqualify", "penalize", "allow"])
def test_a_third_below_the_minimum_is_the_same_whatever_the_universe_says(handling: str) -> None:
    assert size_of(700_000, RANGE, behavior={"below_minimum_handling": handling}).score == 45


def test_more_than_half_above_the_maximum_disqualifies() -> None:
    assert "more than 50% above" in size_of(3_000_001, RANGE).disqualification
    assert not size_of(3_000_000, RANGE).disqualification


@pytest.mark.parametrize(
    ("buyer", "score"),
    [
        ({}, 60),
        ({"target_revenue_min": 1, "target_revenue_max": 3}, 60),
        ({"target_revenue_min": 1_000, "target_revenue_max": 2_999}, 55),
        ({"target_revenue_min": 1_000}, 60),
        ({"target_revenue_max": 1_000}, 60),
        ({"target_ebitda_min": 1_000, "target_ebitda_max": 2_000}, 55),
        ({"revenue_sweet_spot": 1_000}, 55),
    ],
)
def test_without_financials_size_is_shown_and_does_not_count(buyer: dict[str, int], score: int) -> None:
    size = size_of(None, buyer)
    assert (size.score, size.multiplier, size.left_out) == (score, Decimal(1), "the listing has no revenue")


def test_a_listing_with_ebitda_and_no_revenue_is_scored_without_size() -> None:
    size = size_of(None, {"ebitda_sweet_spot": 100}, ebitda=100)
    assert (size.score, size.left_out) == (95, "the listing has no revenue")


def test_a_buyer_without_criteria_leaves_size_out() -> None:
    size = size_of(1_000, {})
    assert (size.score, size.multiplier, size.left_out) == (60, Decimal(1), "the buyer names no size")


def test_a_buyer_of_ebitda_only_needs_a_listing_with_ebitda() -> None:
    buyer = {"target_ebitda_min": 100}
    assert size_of(1_000, buyer, ebitda=100).counts
    assert not size_of(1_000, buyer).counts
    assert not size_of(1_000, buyer, ebitda=-5).counts


def test_different_currencies_are_not_compared() -> None:
    size = size_of(99_000_000, RANGE | {"currency": "EUR"}, currency="USD")
    assert size.left_out == "the listing is in USD, the buyer's figures are in EUR"
    assert not size.disqualification
    assert size_of(1_500_000, RANGE | {"currency": "USD"}, currency="USD").counts


@pytest.mark.parametrize(
    ("ebitda", "buyer", "score", "multiplier"),
    [
        (110, {"ebitda_sweet_spot": 100}, 95, "1"),
        (111, {"ebitda_sweet_spot": 100}, 88, "1"),
        (120, {"ebitda_sweet_spot": 100}, 88, "1"),
        (121, {"ebitda_sweet_spot": 100}, 80, "1"),
        (100, {"target_ebitda_min": 100}, 80, "1"),
        (99, {"target_ebitda_min": 100}, 40, "0.6"),
        (50, {"target_ebitda_min": 100}, 40, "0.6"),
        (49, {"target_ebitda_min": 100}, 20, "0.25"),
        (0, {"target_ebitda_min": 100}, 80, "1"),
        (-10, {"target_ebitda_min": 100}, 80, "1"),
        (None, {"target_ebitda_min": 100}, 80, "1"),
    ],
)
def test_ebitda_lifts_and_caps_what_revenue_gave(
    ebitda: int | None, buyer: dict[str, int], score: int, multiplier: str
) -> None:
    size = size_of(1_500_000, RANGE | buyer, ebitda=ebitda)
    assert (size.score, size.multiplier) == (score, Decimal(multiplier))


def test_ebitda_lifts_the_gate_of_a_small_revenue() -> None:
    near = size_of(700_000, RANGE | {"ebitda_sweet_spot": 100}, ebitda=120)
    assert (near.score, near.multiplier) == (88, Decimal("0.95"))
    exact = size_of(700_000, RANGE | {"ebitda_sweet_spot": 100}, ebitda=100)
    assert (exact.score, exact.multiplier) == (95, Decimal(1))


def test_ebitda_does_not_lift_a_score_of_ninety() -> None:
    size = size_of(1_200, {"revenue_sweet_spot": 1_000, "ebitda_sweet_spot": 100}, ebitda=100)
    assert (size.score, size.multiplier) == (90, Decimal("0.95"))


def test_ebitda_does_not_lift_what_is_disqualified() -> None:
    size = size_of(3_000_001, RANGE | {"ebitda_sweet_spot": 100}, ebitda=100)
    assert (size.score, size.multiplier) == (0, Decimal(0))


@pytest.mark.parametrize(("count", "score"), [(1, 68), (None, 68), (2, 80)])
def test_a_single_location_costs_where_the_universe_says_so(count: int | None, score: int) -> None:
    behavior = {"penalize_single_location": True}
    assert size_of(1_500_000, RANGE, behavior=behavior, location_count=count).score == score
    assert size_of(1_500_000, RANGE, location_count=count).score == 80


def test_the_single_location_product_is_rounded_half_up() -> None:
    size = size_of(2_500_000, RANGE, behavior={"penalize_single_location": True}, location_count=1)
    assert size.score == 43  # 50 x 0.85 = 42.5
