import time
import timeit
from decimal import Decimal
from typing import Any

import pytest

from scoring.remarketing.answers import FitAnswer, OwnerGoalsAnswer, ServiceAnswer, ThesisAnswer
from scoring.remarketing.facts import AdjustmentFacts, BuyerFacts, DecisionFacts
from scoring.remarketing.rules.fit import answer_by_rules, score_fit
from tests.scoring.remarketing.rules.builders import make_buyer, make_listing, make_universe

ZERO_WEIGHTS = {"service_weight": 0, "size_weight": 0, "geography_weight": 0, "owner_goals_weight": 0}


def answer(*, service: int, owner_goals: int, thesis: int) -> FitAnswer:
    return FitAnswer(
        buyer_id=1,
        service=ServiceAnswer(score=service, reasoning="Services."),
        owner_goals=OwnerGoalsAnswer(score=owner_goals, confidence="high", reasoning="Goals."),
        thesis=ThesisAnswer(score=thesis, reasoning="Thesis."),
    )


def test_the_first_worked_check_through_the_whole_scorer() -> None:
    universe = make_universe(service_criteria={})
    buyer = make_buyer(target_services=["siding"])
    result = score_fit(universe, make_listing(), buyer, answers=answer(service=85, owner_goals=75, thesis=8))
    assert (result.size_score, result.geography_score, result.service_score) == (80, 95, 85)
    assert (result.base_score, result.gated_score, result.composite_score, result.tier) == (85, 85, 93, "A")


def test_the_second_worked_check_through_the_whole_scorer() -> None:
    result = score_fit(
        make_universe(service_criteria={}),
        make_listing(revenue=2_800_000),
        make_buyer(target_services=["siding"], target_geographies=["GA"]),
        answers=answer(service=70, owner_goals=55, thesis=0),
        geography_mode="preferred",
        decisions=[
            DecisionFacts(action="passed", pass_category="portfolio_conflict"),
            DecisionFacts(action="approved"),
            DecisionFacts(action="passed"),
        ],
    )
    assert (result.size_score, result.geography_score, result.learning_penalty) == (62, 75, 3)
    assert (result.size_multiplier, result.service_multiplier) == (Decimal("0.7"), Decimal("0.9"))
    assert (result.base_score, result.gated_score, result.composite_score, result.tier) == (67, 42, 39, "D")


def test_a_listing_without_revenue_is_scored_without_size_and_says_so() -> None:
    result = score_fit(make_universe(), make_listing(revenue=None), make_buyer())
    assert result.counted_dimensions == ("service", "geography", "owner_goals")
    assert "Scored without size: the listing has no revenue." in result.fit_reasoning
    assert "Scored without size: the listing has no revenue." in result.dimension_reasons["size"]
    assert (result.size_score, result.size_multiplier) == (60, Decimal(1))
    assert result.base_score == 85  # (services 85 x 45 + geography 95 x 20 + owner goals 50 x 5) / 70


def test_the_reasons_name_what_was_matched() -> None:
    result = score_fit(make_universe(), make_listing(), make_buyer())
    for words in ("roofing", "Revenue 5,000,000 is within 3,000,000 to 6,000,000", "Florida", "cash exit"):
        assert words in result.fit_reasoning


@pytest.mark.parametrize(
    ("universe", "buyer"),
    [
        (ZERO_WEIGHTS, make_buyer()),
        (ZERO_WEIGHTS | {"service_weight": 100}, BuyerFacts()),
        (ZERO_WEIGHTS, make_buyer(geographic_exclusions=["FL"])),
    ],
)
def test_without_counted_weights_there_is_no_score_and_a_review(
    universe: dict[str, Any], buyer: BuyerFacts
) -> None:
    result = score_fit(make_universe(**universe), make_listing(), buyer)
    assert (result.composite_score, result.base_score, result.tier, result.label) == (
        None,
        None,
        "",
        "No score",
    )
    assert result.needs_review
    assert "No score" in result.review_reason
    assert "No score" in result.fit_reasoning
    assert not result.is_disqualified


@pytest.mark.parametrize(
    ("buyer", "why"),
    [
        ({"geographic_exclusions": ["FL"]}, "excludes Florida"),
        ({"industry_exclusions": ["roofing"]}, "excludes roofing"),
        ({"target_revenue_min": 1_000_000, "target_revenue_max": 2_000_000}, "more than 50% above"),
    ],
)
def test_a_disqualified_buyer_scores_zero_whatever_the_bonuses(buyer: dict[str, Any], why: str) -> None:
    boost = [AdjustmentFacts(type="boost", value=25, reason="liked")]
    result = score_fit(make_universe(), make_listing(), make_buyer(**buyer), adjustments=boost)
    assert (result.composite_score, result.tier, result.label) == (0, "F", "Disqualified")
    assert result.is_disqualified
    assert why in result.disqualification_reason
    assert result.fit_reasoning.startswith("Disqualified. ")


def test_an_adjustment_disqualifies() -> None:
    rows = [AdjustmentFacts(type="disqualify", reason="sold")]
    result = score_fit(make_universe(), make_listing(), make_buyer(), adjustments=rows)
    assert (result.composite_score, result.disqualification_reason) == (0, "Disqualified by hand: sold.")


def test_an_exclusion_in_a_dimension_left_out_asks_for_review() -> None:
    buyer = make_buyer(hq_state="", target_geographies=[], geographic_exclusions=["FL"])
    result = score_fit(make_universe(), make_listing(), buyer)
    assert not result.is_disqualified
    assert result.review_reason == "Scored without geography, yet: The buyer excludes Florida."


def test_bonuses_are_added_after_the_gates() -> None:
    plain = score_fit(make_universe(), make_listing(revenue=1_000_000), make_buyer())
    rows = [AdjustmentFacts(type="boost", value=11, reason="liked")]
    boosted = score_fit(make_universe(), make_listing(revenue=1_000_000), make_buyer(), adjustments=rows)
    assert plain.composite_score is not None
    assert boosted.composite_score == plain.composite_score + 11
    assert boosted.gated_score == plain.gated_score
    assert "+11 by hand: +11 liked." in boosted.fit_reasoning


def test_the_mode_of_geography_is_the_universes_unless_given() -> None:
    universe = make_universe(geography_mode="minimal")
    buyer = make_buyer(target_geographies=["WA"])
    assert score_fit(universe, make_listing(), buyer).geography_score == 50
    assert score_fit(universe, make_listing(), buyer, geography_mode="critical").geography_score == 20


def test_answers_of_the_rules_give_the_figures_of_no_answers() -> None:
    universe, listing, buyer = make_universe(), make_listing(), make_buyer()
    given = answer_by_rules(universe, listing, buyer, buyer_id=7)
    assert given.buyer_id == 7
    assert score_fit(universe, listing, buyer, answers=given) == score_fit(universe, listing, buyer)


def test_a_pair_is_scored_in_less_than_a_third_of_a_millisecond() -> None:
    universe, listing = make_universe(guide="g" * 50_000), make_listing(description="Puts on roofs. " * 40)
    buyers = [make_buyer(company_name=f"Buyer {n}", business_summary="Roofing. " * 50) for n in range(100)]

    def score_all() -> None:
        for buyer in buyers:
            score_fit(universe, listing, buyer)

    # The quickest of several runs: the others measure the machine's other work.
    assert min(timeit.repeat(score_all, timer=time.process_time, number=1, repeat=5)) / len(buyers) < 0.0003
