from decimal import Decimal
from typing import Any

import pytest

from scoring.remarketing.facts import BuyerFacts, GeographyMode
from scoring.remarketing.rules.dimension import Dimension
from scoring.remarketing.rules.geography import MODE_FACTORS, Tier, get_territory, score_geography
from scoring.remarketing.rules.tables import REGIONS
from tests.scoring.remarketing.rules.builders import make_listing


def geography_of(
    location: str, buyer: dict[str, Any], *, mode: GeographyMode = "critical"
) -> tuple[Dimension, Tier]:
    return score_geography(make_listing(location=location), BuyerFacts.model_validate(buyer), mode=mode)


@pytest.mark.parametrize(
    ("states", "score", "tier"),
    [
        (["TN"], 95, "exact"),
        (["Tennessee", "WA"], 95, "exact"),
        (["GA"], 75, "adjacent"),
        (["GA", "KY"], 80, "adjacent"),
        (["GA", "KY", "AL"], 85, "adjacent"),
        (["GA", "KY", "AL", "VA"], 85, "adjacent"),
        (["FL"], 48, "regional"),
        (["FL", "LA"], 51, "regional"),
        (["FL", "LA", "MD", "DE", "DC"], 60, "regional"),
        (["FL", "LA", "MD", "DE", "DC", "WV"], 60, "regional"),
        (["WA"], 20, "distant"),
    ],
)
def test_nearness_is_scored_by_tier_and_number_of_matches(states: list[str], score: int, tier: Tier) -> None:
    geography, found = geography_of("Nashville, TN", {"target_geographies": states})
    assert (geography.score, found, geography.counts) == (score, tier, True)


@pytest.mark.parametrize(
    ("mode", "score", "factor"), [("critical", 20, "1.0"), ("preferred", 30, "0.6"), ("minimal", 50, "0.25")]
)
def test_a_mode_has_a_floor_and_a_factor(mode: GeographyMode, score: int, factor: str) -> None:
    geography, _ = geography_of("Nashville, TN", {"target_geographies": ["WA"]}, mode=mode)
    assert geography.score == score
    assert MODE_FACTORS[mode] == Decimal(factor)


def test_a_floor_lowers_nothing() -> None:
    assert geography_of("Nashville, TN", {"hq_state": "TN"}, mode="minimal")[0].score == 95


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("target_geographies", ["TX"]),
        ("geographic_footprint", ["Texas"]),
        ("operating_locations", ["Austin, TX 78701"]),
        ("service_regions", ["TX"]),
        ("customer_geographic_reach", "Customers across Texas"),
        ("hq_state", "TX"),
    ],
)
def test_each_source_of_a_buyers_states_comes_before_the_next(field: str, value: Any) -> None:
    order = (
        "target_geographies",
        "geographic_footprint",
        "operating_locations",
        "service_regions",
        "customer_geographic_reach",
        "hq_state",
    )
    later = order[order.index(field) + 1 :]
    others = {name: "ME" if name in ("customer_geographic_reach", "hq_state") else ["ME"] for name in later}
    buyer = BuyerFacts.model_validate({field: value} | others)
    assert get_territory(buyer).states == {"TX"}


def test_a_national_reach_is_skipped() -> None:
    buyer = BuyerFacts(customer_geographic_reach="Nationwide", hq_state="TX")
    assert get_territory(buyer).states == {"TX"}


def test_a_buyer_that_wants_the_whole_nation_is_not_measured_by_its_office() -> None:
    geography, tier = geography_of("Nashville, TN", {"target_geographies": ["Nationwide"], "hq_state": "ME"})
    assert (geography.score, tier, geography.counts) == (70, "", False)


def test_a_region_stands_for_its_states() -> None:
    buyer = BuyerFacts(target_geographies=("Southwest",))
    assert get_territory(buyer).states == REGIONS["Southwest"]


@pytest.mark.parametrize(
    ("buyer", "score"),
    [
        ({}, 50),
        ({"buyer_type": "strategic"}, 50),
        ({"buyer_type": "pe_firm"}, 60),
        ({"buyer_type": "family_office"}, 60),
        ({"buyer_type": "pe_firm", "customer_geographic_reach": "national"}, 70),
        ({"thesis_summary": "A nationwide platform"}, 70),
    ],
)
def test_missing_data_is_shown_and_does_not_count(buyer: dict[str, Any], score: int) -> None:
    geography, tier = geography_of("Nashville, TN", buyer)
    assert (geography.score, tier, geography.left_out) == (score, "", "no state is known of the buyer")


@pytest.mark.parametrize("location", ["", "Somewhere nice"])
def test_a_listing_without_a_state_leaves_geography_out(location: str) -> None:
    geography, _ = geography_of(location, {"hq_state": "TN", "geographic_exclusions": ["TN"]})
    assert geography.left_out
    assert not geography.disqualification


@pytest.mark.parametrize("excluded", ["TN", "Tennessee", "Southeast"])
@pytest.mark.parametrize("mode", ["critical", "preferred", "minimal"])
def test_an_excluded_state_disqualifies_below_every_floor(excluded: str, mode: GeographyMode) -> None:
    buyer = {"target_geographies": ["TN"], "geographic_exclusions": [excluded]}
    geography, tier = geography_of("Nashville, TN", buyer, mode=mode)
    assert (geography.score, tier) == (0, "distant")
    assert geography.disqualification == "The buyer excludes Tennessee."


@pytest.mark.parametrize(
    ("thesis", "ruled_out"),
    [
        ("We buy exclusively in the Midwest.", True),
        ("We buy only in the Northeast", True),
        ("Our interest is limited to the Pacific Northwest; nothing else.", True),
        ("We buy exclusively in the Southeast.", False),
        ("Exclusively the Midwest and Tennessee.", False),
        ("Exclusively the Midwest and the Southeast.", False),
        ("We focus on the Midwest.", False),
        ("Not limited to the Midwest.", False),
        ("Strong in the Midwest. Exclusively residential work.", False),
        ("We buy exclusively in Northeast Ohio.", False),
    ],
)
def test_an_exclusive_thesis_disqualifies_what_lies_outside(thesis: str, ruled_out: bool) -> None:
    geography, _ = geography_of("Nashville, TN", {"hq_state": "TN", "thesis_summary": thesis})
    assert bool(geography.disqualification) is ruled_out
    assert geography.score == (0 if ruled_out else 95)
