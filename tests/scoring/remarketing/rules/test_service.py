from decimal import Decimal
from typing import Any

import pytest

from scoring.remarketing.answers import ServiceAnswer
from scoring.remarketing.facts import BuyerFacts, ListingFacts, UniverseFacts
from scoring.remarketing.rules.service import (
    get_buyer_services,
    get_listing_services,
    get_service_gate,
    judge_service,
    score_service,
)

EMPTY = UniverseFacts()


def judge(services: list[str], buyer: dict[str, Any], universe: UniverseFacts = EMPTY) -> int:
    listing = ListingFacts.model_validate({"services": services})
    return judge_service(universe, listing, BuyerFacts.model_validate(buyer)).score


@pytest.mark.parametrize(
    ("matched", "of", "score"),
    [
        (5, 5, 90),
        (4, 5, 90),
        (3, 4, 75),
        (1, 2, 75),
        (2, 5, 55),
        (1, 4, 55),
        (1, 5, 40),
        (1, 9, 40),
        (0, 3, 30),
    ],
)
def test_overlap_is_counted_over_the_listings_services(matched: int, of: int, score: int) -> None:
    services = [f"trade{n:03}" for n in range(of)]
    assert judge(services, {"target_services": [*services[:matched], "elsewhere", "nowhere"]}) == score


def test_a_buyer_that_does_more_is_not_punished_for_it() -> None:
    assert judge(["roofing"], {"target_services": ["roofing", "tax", "dental", "cloud"]}) == 90


def test_adjacent_services_score_between_some_overlap_and_none() -> None:
    assert judge(["roofing"], {"target_services": ["gutters"]}) == 45
    assert judge(["solar"], {"target_services": ["electrical"]}) == 45
    assert judge(["plumbing"], {"target_services": ["solar"]}) == 30


def test_a_universe_overrides_what_is_adjacent() -> None:
    closer = UniverseFacts.model_validate({"service_adjacency_map": {"roofing": ["solar panels"]}})
    assert judge(["roofing"], {"target_services": ["solar panels"]}, closer) == 45
    assert judge(["solar panels"], {"target_services": ["roofing"]}, closer) == 45
    assert judge(["roofing"], {"target_services": ["gutters"]}, closer) == 30
    assert judge(["termite"], {"target_services": ["mosquito"]}, closer) == 45


@pytest.mark.parametrize(
    ("services", "buyer"), [([], {}), ([], {"target_services": ["x"]}), (["roofing"], {})]
)
def test_missing_data_is_shown_and_does_not_count(services: list[str], buyer: dict[str, Any]) -> None:
    universe = UniverseFacts.model_validate({"service_criteria": {"primary_focus": ["roofing"]}})
    listing = ListingFacts.model_validate({"services": services})
    service = score_service(universe, listing, BuyerFacts.model_validate(buyer), answer=None)
    assert (service.score, service.multiplier, service.counts) == (55, Decimal(1), False)


def test_a_listings_services_come_from_the_first_field_that_has_any() -> None:
    given = {"services": ["roofing"], "categories": ["siding"], "category": "gutters"}
    for field, expected in [("services", "roofing"), ("categories", "siding"), ("category", "gutters")]:
        listing = ListingFacts.model_validate(given)
        assert [phrase.text for phrase in get_listing_services(listing)] == [expected]
        given.pop(field)
    assert get_listing_services(ListingFacts()) == ()


def test_a_buyers_services_come_from_four_fields() -> None:
    buyer = BuyerFacts(
        target_services=("roofing",),
        services_offered="siding, gutters",
        target_industries=("solar",),
        specialized_focus="slate",
    )
    assert {phrase.text for phrase in get_buyer_services(buyer)} == {
        "roofing",
        "siding",
        "gutters",
        "solar",
        "slate",
    }


@pytest.mark.parametrize(
    ("criteria", "targets", "score"),
    [
        ({"primary_focus": ["roofing"], "preferred_services": ["roofing"]}, ["roofing"], 60),
        ({"required_services": ["roofing", "siding"]}, ["slate"], 60),
        ({"required_services": ["siding", "roofing"]}, ["slate"], 50),
        ({"primary_focus": ["siding"], "required_services": ["roofing"]}, ["slate"], 50),
        ({"preferred_services": ["roofing"]}, ["roofing"], 53),
        ({}, ["roofing"], 55),
        ({}, ["slate"], 50),
    ],
)
def test_the_first_bonus_that_applies_is_added(
    criteria: dict[str, Any], targets: list[str], score: int
) -> None:
    universe = UniverseFacts.model_validate({"service_criteria": criteria})
    listing = ListingFacts(services=("roofing",))
    buyer = BuyerFacts.model_validate({"target_services": targets})
    answer = ServiceAnswer(score=50, reasoning="Half.")
    assert score_service(universe, listing, buyer, answer=answer).score == score


def test_a_bonus_stops_at_one_hundred() -> None:
    universe = UniverseFacts.model_validate({"service_criteria": {"primary_focus": ["roofing"]}})
    answer = ServiceAnswer(score=95, reasoning="Nearly all.")
    listing, buyer = ListingFacts(services=("roofing",)), BuyerFacts(target_services=("slate",))
    assert score_service(universe, listing, buyer, answer=answer).score == 100


@pytest.mark.parametrize(("mode", "score"), [("keyword", 30), ("semantic", 64), ("hybrid", 64)])
def test_keyword_mode_does_not_ask_the_model(mode: str, score: int) -> None:
    universe = UniverseFacts.model_validate({"scoring_behavior": {"service_matching_mode": mode}})
    answer = ServiceAnswer(score=64, reasoning="By meaning.")
    listing, buyer = ListingFacts(services=("roofing",)), BuyerFacts(target_services=("tax",))
    assert score_service(universe, listing, buyer, answer=answer).score == score


@pytest.mark.parametrize(
    ("score", "gate"),
    [
        (0, "0"), (1, "0.4"), (20, "0.4"), (21, "0.6"), (40, "0.6"), (41, "0.8"),
        (60, "0.8"), (61, "0.9"), (80, "0.9"), (81, "1"), (100, "1"),
    ],
)  # fmt: skip
def test_the_gate_opens_with_the_score(score: int, gate: str) -> None:
    assert get_service_gate(score) == Decimal(gate)


@pytest.mark.parametrize(
    ("services", "excluded", "ruled_out"),
    [
        (["roofing"], "roofing", True),
        (["metal roofing"], "Roofing", True),
        (["roofing"], "metal roofing", False),
        (["siding", "roofing"], "roofing", False),
    ],
)
def test_an_excluded_primary_service_disqualifies(
    services: list[str], excluded: str, ruled_out: bool
) -> None:
    listing = ListingFacts.model_validate({"services": services})
    by_universe = UniverseFacts.model_validate({"service_criteria": {"excluded_services": [excluded]}})
    buyer = BuyerFacts(target_services=("roofing",))
    by_buyer = BuyerFacts(target_services=("roofing",), industry_exclusions=(excluded,))
    answer = ServiceAnswer(score=90, reasoning="Good.")
    for service in (
        score_service(by_universe, listing, buyer, answer=answer),
        score_service(EMPTY, listing, by_buyer, answer=answer),
    ):
        assert bool(service.disqualification) is ruled_out
        assert (service.score == 0) is ruled_out
