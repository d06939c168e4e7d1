from typing import Any

import pytest
from pydantic import ValidationError

from scoring.remarketing.facts import BuyerFacts, ListingFacts, UniverseFacts
from tests.scoring.remarketing.rules.builders import make_buyer, make_listing, make_universe


@pytest.mark.parametrize(
    "facts", [make_universe(service_adjacency_map={"a": ["b", "c"]}), make_listing(), make_buyer()]
)
def test_facts_survive_the_json_of_a_prompt(facts: UniverseFacts | ListingFacts | BuyerFacts) -> None:
    assert type(facts).model_validate(facts.model_dump(mode="json")) == facts
    assert type(facts).model_validate_json(facts.model_dump_json()) == facts
    assert hash(type(facts).model_validate_json(facts.model_dump_json())) == hash(facts)


@pytest.mark.parametrize("value", ["abc", -5, float("nan"), float("inf"), 1.5, True])
def test_a_revenue_that_is_no_amount_is_refused(value: Any) -> None:
    with pytest.raises(ValidationError, match="revenue"):
        ListingFacts.model_validate({"revenue": value})


def test_ebitda_may_be_a_loss() -> None:
    assert ListingFacts(ebitda=-5).ebitda == -5


@pytest.mark.parametrize("fields", [{"title": "a\x00b"}, {"services": ["a\x00"]}, {"colour": "red"}])
def test_nul_characters_and_unknown_fields_are_refused(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        ListingFacts.model_validate(fields)


@pytest.mark.parametrize("weight", [-1, 101, None])
def test_a_weight_is_a_percentage(weight: Any) -> None:
    with pytest.raises(ValidationError):
        UniverseFacts.model_validate({"size_weight": weight})


def test_the_default_weights_sum_to_one_hundred() -> None:
    universe = UniverseFacts()
    assert (universe.service_weight, universe.size_weight) == (45, 30)
    assert (universe.geography_weight, universe.owner_goals_weight) == (20, 5)
    assert universe.weights_total == 100


@pytest.mark.parametrize("kind", ["revenue", "ebitda"])
def test_a_minimum_above_its_maximum_is_refused(kind: str) -> None:
    with pytest.raises(ValidationError, match="above the maximum"):
        BuyerFacts.model_validate({f"target_{kind}_min": 2, f"target_{kind}_max": 1})
    with pytest.raises(ValidationError, match="above the maximum"):
        UniverseFacts.model_validate({"size_criteria": {f"{kind}_min": 2, f"{kind}_max": 1}})


def test_text_is_stripped_and_blank_entries_are_dropped() -> None:
    buyer = BuyerFacts.model_validate({"company_name": " A ", "target_services": [" b ", " ", ""]})
    assert (buyer.company_name, buyer.target_services) == ("A", ("b",))
