import pytest

from scoring.remarketing.answers import ThesisAnswer
from scoring.remarketing.facts import BuyerFacts, ListingFacts, UniverseFacts
from scoring.remarketing.rules.thesis import judge_thesis, score_thesis

UNIVERSE = UniverseFacts.model_validate({"service_criteria": {"primary_focus": ["roofing"]}})
PAD = " and whatever else one may say of it"


@pytest.mark.parametrize(
    ("thesis", "listing", "points"),
    [
        ("a roll-up", "a rollup", 3),
        ("buy and build", "consolidation", 3),
        ("platform", "a platform", 3),
        ("add-on", "tuck-in", 3),
        ("bolt-on", "add-on", 3),
        ("recurring income", "subscription", 2),
        ("maintenance contract", "recurring", 2),
        ("multi-location", "branches", 2),
        ("multi-site", "multi-location", 2),
        ("roofing", "Roofing", 2),
        ("platform", "nothing", 0),
        ("nothing", "platform", 0),
        ("platformer", "platform", 0),
        (
            "roll-up platform add-on recurring branches roofing",
            "rollup platform bolt-on subscription multi-site roofing",
            15,
        ),
    ],
)
def test_a_cue_counts_once_and_only_on_both_sides(thesis: str, listing: str, points: int) -> None:
    answer = judge_thesis(
        UNIVERSE, ListingFacts(description=listing), BuyerFacts(thesis_summary=thesis + PAD)
    )
    assert answer.score == points


@pytest.mark.parametrize(
    "listing",
    [
        ListingFacts(title="A platform"),
        ListingFacts(description="A platform"),
        ListingFacts(executive_summary="A platform"),
        ListingFacts(services=("platform",)),
        ListingFacts(categories=("platform",)),
    ],
)
def test_cues_are_looked_for_in_all_that_describes_a_listing(listing: ListingFacts) -> None:
    assert judge_thesis(UNIVERSE, listing, BuyerFacts(thesis_summary="platform" + PAD)).score == 3


@pytest.mark.parametrize(("length", "points"), [(30, 0), (31, 17)])
def test_a_thesis_of_thirty_characters_is_none(length: int, points: int) -> None:
    buyer = BuyerFacts(thesis_summary="platform".ljust(length, "x"))
    answer = ThesisAnswer(score=17, reasoning="Exact.")
    assert score_thesis(UNIVERSE, ListingFacts(), buyer, answer=answer).score == points
    assert judge_thesis(UNIVERSE, ListingFacts(title="platform"), buyer).score == 0
