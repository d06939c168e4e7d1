from typing import Any

import pytest

from scoring.remarketing.facts import BuyerFacts, UniverseFacts
from scoring.remarketing.rules.alignment import MissingGuide, NothingToMatch, check_universe, score_alignment


def make(**fields: Any) -> UniverseFacts:
    given = {
        "name": "Exteriors",
        "guide": "x",
        "keywords": ["gutters"],
        "service_criteria": {"primary_focus": ["roofing"]},
    }
    return UniverseFacts.model_validate(given | fields)


@pytest.mark.parametrize(
    ("summary", "score"),
    [
        ("", 20),
        ("roofing", 45),
        ("roofing and gutters", 70),
        ("exteriors: roofing, gutters", 95),
        ("supplier to exteriors, roofing, gutters", 65),
        ("software for roofing", 15),
        ("distributor", 0),
    ],
)
def test_the_score_follows_the_share_of_matched_terms(summary: str, score: int) -> None:
    assert score_alignment(make(), BuyerFacts(business_summary=summary)).score == score


def test_a_half_point_is_rounded_up() -> None:
    universe = make(keywords=["gutters", "slate", "copper", "tiles", "chimneys", "skylights"])
    # One of eight terms: 20 + 9.375; four of eight: 20 + 37.5.
    assert score_alignment(universe, BuyerFacts(industry_vertical="slate")).score == 29
    assert score_alignment(universe, BuyerFacts(industry_vertical="slate tiles copper chimneys")).score == 58


@pytest.mark.parametrize(
    "buyer",
    [
        BuyerFacts(target_services=("roofing",)),
        BuyerFacts(services_offered="siding, roofing"),
        BuyerFacts(target_industries=("roofing",)),
        BuyerFacts(industry_vertical="roofing"),
        BuyerFacts(business_summary="roofing"),
    ],
)
def test_terms_are_looked_for_in_services_industries_vertical_and_summary(buyer: BuyerFacts) -> None:
    assert score_alignment(make(), buyer).score == 45


def test_the_thesis_and_the_name_are_no_evidence() -> None:
    assert (
        score_alignment(make(), BuyerFacts(company_name="Roofing Inc", thesis_summary="roofing")).score == 20
    )


@pytest.mark.parametrize(
    ("buyer", "confidence"),
    [
        ({}, "low"),
        ({"target_services": ["x"], "services_offered": "y"}, "low"),
        ({"target_services": ["x"], "business_summary": "y"}, "medium"),
        ({"target_services": ["x"], "business_summary": "y", "industry_vertical": "z"}, "high"),
    ],
)
def test_confidence_counts_the_fields_present(buyer: dict[str, Any], confidence: str) -> None:
    assert score_alignment(make(), BuyerFacts.model_validate(buyer)).confidence == confidence


def test_the_reasons_name_what_matched_and_what_did_not() -> None:
    answer = score_alignment(make(), BuyerFacts(business_summary="A distributor of gutters"))
    assert "gutter" in answer.key_factors[0]
    assert "exterior, roofing" in answer.key_factors[1]
    assert "distributor" in answer.key_factors[3]
    assert "1 of the universe's 3 terms" in answer.reasoning


def test_a_universe_without_guide_is_refused() -> None:
    with pytest.raises(MissingGuide, match="no industry guide") as refusal:
        score_alignment(make(guide=" \n "), BuyerFacts())
    assert refusal.value.code == "ma_guide_missing"


def test_a_universe_without_words_is_refused() -> None:
    with pytest.raises(NothingToMatch, match="keywords"):
        check_universe(make(name="", keywords=[], service_criteria={}))
    with pytest.raises(NothingToMatch):
        check_universe(make(name="The", keywords=["-"], service_criteria={}))
    assert issubclass(NothingToMatch, ValueError)
