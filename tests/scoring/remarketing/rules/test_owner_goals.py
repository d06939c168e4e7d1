from typing import Any

import pytest

from scoring.remarketing.answers import OwnerGoalsAnswer
from scoring.remarketing.facts import BuyerFacts, ListingFacts
from scoring.remarketing.rules.owner_goals import (
    find_category,
    find_refused_types,
    judge_owner_goals,
    score_owner_goals,
)

GOALS = {
    "cash exit": "to retire",
    "growth partner": "a second bite",
    "quick exit": "asap",
    "stay on": "wants to stay",
    "retain staff": "for the team",
    "autonomy": "keep the brand",
}
NORMS = {
    "pe_firm": (55, 40, 75, 50, 60, 65, 50),
    "platform": (65, 50, 80, 40, 85, 75, 60),
    "strategic": (50, 70, 50, 65, 45, 45, 30),
    "family_office": (60, 60, 65, 55, 70, 70, 80),
    "independent_sponsor": (58, 55, 70, 60, 55, 60, 55),
    "other": (65, 50, 80, 40, 85, 75, 60),
    "": (65, 50, 80, 40, 85, 75, 60),
}


def judge(goals: str, *, requirements: str = "", **buyer: Any) -> OwnerGoalsAnswer:
    listing = ListingFacts(owner_goals=goals, special_requirements=requirements)
    return judge_owner_goals(listing, BuyerFacts.model_validate(buyer))


@pytest.mark.parametrize("buyer_type", sorted(NORMS))
def test_the_norms_of_a_type_answer_each_category(buyer_type: str) -> None:
    base, *figures = NORMS[buyer_type]
    assert judge("", buyer_type=buyer_type).score == base
    assert judge("something else", buyer_type=buyer_type).score == base
    assert [judge(goals, buyer_type=buyer_type).score for goals in GOALS.values()] == figures


@pytest.mark.parametrize(
    ("goals", "category"),
    [
        ("Retirement next year", "cash exit"),
        ("sell 100% of it", "cash exit"),
        ("CASH OUT", "cash exit"),
        ("a growth partner, then retire", "cash exit"),
        ("rollover equity, quickly", "growth partner"),
        ("quick, but stays fair to staff", "quick exit"),
        ("a transition period", "stay on"),
        ("key people", "retain staff"),
        ("independent", "autonomy"),
        ("a steamy brandy on independently scaled stays", None),
        ("", None),
    ],
)
def test_the_first_category_named_by_whole_words_wins(goals: str, category: str | None) -> None:
    assert find_category(goals) == category


@pytest.mark.parametrize(
    ("buyer", "score"),
    [
        ({}, 65),
        ({"thesis_summary": "x" * 50}, 65),
        ({"thesis_summary": "x" * 51}, 70),
        ({"deal_preferences": "x" * 10}, 65),
        ({"deal_preferences": "x" * 11}, 68),
        ({"deal_breakers": ["x"]}, 60),
        ({"thesis_summary": "x" * 51, "deal_preferences": "x" * 11, "deal_breakers": ["x"]}, 68),
    ],
)
def test_without_goals_what_is_known_of_the_buyer_decides(buyer: dict[str, Any], score: int) -> None:
    answer = judge("", **buyer)
    assert (answer.score, answer.confidence) == (score, "low")


def test_stated_goals_give_medium_confidence() -> None:
    assert judge("to retire").confidence == "medium"


def test_the_sellers_motivation_stands_in_for_goals() -> None:
    assert judge_owner_goals(ListingFacts(seller_motivation="retirement"), BuyerFacts()).score == 50


def test_a_goal_word_in_the_thesis_adds_eight() -> None:
    assert judge("to retire", thesis_summary="For owners who retire.").score == 58
    assert judge("to retire", thesis_summary="For retirees.").score == 50


def test_a_refused_type_costs_twenty_five() -> None:
    assert judge("to retire", requirements="No private equity.", buyer_type="pe_firm").score == 15
    assert judge("to retire", requirements="No private equity.", buyer_type="strategic").score == 70
    assert judge("asap", requirements="no PE", buyer_type="pe_firm", thesis_summary="asap").score == 33


PE = {"pe_firm", "independent_sponsor"}


@pytest.mark.parametrize(
    ("requirements", "types"),
    [
        ("No PE", PE),
        ("No private equity firms, please", PE),
        ("Not to a competitor", {"strategic"}),
        ("does not want any strategic buyer", {"strategic"}),
        ("NO FAMILY OFFICES", {"family_office"}),
        ("No PE, strategic or family office buyers", PE | {"strategic", "family_office"}),
        ("Prefers private equity", set()),
        ("Private equity, no earn-out", set()),
        ("No earn-out, prefers private equity", set()),
        ("Not only PE", set()),
        ("No hope, no people", set()),
        ("", set()),
    ],
)
def test_a_requirement_refuses_a_type_by_no_or_not_before_its_name(
    requirements: str, types: set[str]
) -> None:
    assert find_refused_types(requirements) == types


def test_owner_goals_always_count_and_take_an_answer_where_there_is_one() -> None:
    answer = OwnerGoalsAnswer(score=12, confidence="high", reasoning="No.")
    goals = score_owner_goals(ListingFacts(), BuyerFacts(), answer=answer)
    assert (goals.score, goals.reason, goals.counts) == (12, "No.", True)
    assert score_owner_goals(ListingFacts(), BuyerFacts(), answer=None).score == 65
