"""The database refuses nonsense, whoever writes it."""

from collections.abc import Callable
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, models
from django.utils import timezone

from scoring.remarketing import facts
from scoring.remarketing.models import (
    Adjustment,
    AlignmentSnapshot,
    Buyer,
    Decision,
    Listing,
    Score,
    ScoreSnapshot,
    Universe,
    UniverseListing,
    words,
)
from tests.scoring.remarketing.makers import make_buyer, make_listing, make_score, make_universe

pytestmark = pytest.mark.django_db

NOW = timezone.now()

REFUSED_UNIVERSES: dict[str, dict[str, Any]] = {
    "name_not_blank": {"name": " \t"},
    "source_ref_not_blank": {"source_ref": ""},
    "currency_code": {"currency": "usd"},
    "revenue_min_in_range": {"revenue_min": -1},
    "ebitda_max_in_range": {"ebitda_max": 10**15 + 1},
    "revenue_min_below_max": {"revenue_min": 5, "revenue_max": 4},
    "locations_min_below_max": {"locations_min": 3, "locations_max": 2},
    "target_states_codes": {"target_states": ["CA", "Texas"]},
    "exclude_states_codes": {"exclude_states": ["ca"]},
    "keywords_items": {"keywords": ["water", ""]},
    "coverage_known": {"coverage": "worldwide"},
    "preferred_buyer_types_known": {"preferred_buyer_types": ["pe_firm", "bank"]},
    "service_weight_in_range": {"service_weight": -1},
    "size_weight_in_range": {"size_weight": 101},
    "below_minimum_handling_known": {"below_minimum_handling": "shrug"},
    "service_matching_mode_known": {"service_matching_mode": ""},
    "geography_mode_known": {"geography_mode": "strict"},
    "adjacency_object": {"service_adjacency_map": ["roofing"]},
    "documents_list": {"documents": {"type": "ma_guide"}},
}
REFUSED_BUYERS: dict[str, dict[str, Any]] = {
    "company_name_not_blank": {"company_name": ""},
    "hq_state_code": {"hq_state": "fl"},
    "buyer_type_known": {"buyer_type": "bank"},
    "thesis_confidence_known": {"thesis_confidence": "sure"},
    "data_completeness_known": {"data_completeness": "some"},
    "target_revenue_min_in_range": {"target_revenue_min": -1},
    "target_revenue_min_below_max": {"target_revenue_min": 2, "target_revenue_max": 1},
    "target_ebitda_min_below_max": {"target_ebitda_min": 2, "target_ebitda_max": 1},
    "target_geographies_items": {"target_geographies": [""]},
    "alignment_score_in_range": {
        "alignment_score": 140,
        "alignment_checked_at": NOW,
        "alignment_scored_by": "ai",
    },
    "alignment_scored": {"alignment_score": 80},
    "alignment_confidence_known": {"alignment_confidence": "sure"},
}
REFUSED_LISTINGS: dict[str, dict[str, Any]] = {
    "title_not_blank": {"title": ""},
    "revenue_in_range": {"revenue": -5},
    "asking_price_in_range": {"asking_price": 10**16},
    "ebitda_in_range": {"ebitda": -(10**16)},
    "location_count_in_range": {"location_count": -1},
    "services_items": {"services": [""]},
}
REFUSED_SCORES: dict[str, dict[str, Any]] = {
    "composite_score_in_range": {"composite_score": 101, "tier": "A"},
    "service_score_in_range": {"service_score": -1},
    "size_multiplier_in_range": {"size_multiplier": "1.5"},
    "thesis_alignment_bonus_in_range": {"thesis_alignment_bonus": 21},
    "custom_bonus_in_range": {"custom_bonus": -26},
    "learning_penalty_in_range": {"learning_penalty": 26},
    "tier_known": {"tier": "E"},
    "tier_of_score": {"composite_score": 79, "tier": "A"},
    "disqualified_is_zero": {"is_disqualified": True},
    "geography_tier_known": {"geography_tier": "near"},
    "confidence_level_known": {"confidence_level": "sure"},
    "scored_by_known": {"scored_by": "luck"},
    "status_known": {"status": "liked"},
    "pass_category_known": {"status": "passed", "pass_category": "weather"},
    "pass_words_of_passed": {"status": "approved", "pass_category": "size"},
    "human_override_score_in_range": {
        "human_override_score": 101,
        "override_reason": "seen it",
        "overridden_at": NOW,
    },
    "override_has_reason": {"human_override_score": 90, "override_reason": " ", "overridden_at": NOW},
}


def name_refusal(write: Callable[[], object]) -> str:
    """Return the constraint that refused, without its table's prefix."""
    with pytest.raises(IntegrityError) as caught:
        write()
    cause = caught.value.__cause__
    return str(cause.diag.constraint_name)  # type: ignore[union-attr]


@pytest.mark.parametrize("constraint", REFUSED_UNIVERSES)
def test_a_universe_refuses_nonsense(constraint: str) -> None:
    values = {"name": "U", **REFUSED_UNIVERSES[constraint]}
    assert name_refusal(lambda: Universe.objects.create(**values)) == f"remarketing_universe_{constraint}"


@pytest.mark.parametrize("constraint", REFUSED_BUYERS)
def test_a_buyer_refuses_nonsense(constraint: str) -> None:
    values = {"company_name": "B", **REFUSED_BUYERS[constraint]}
    assert name_refusal(lambda: Buyer.objects.create(**values)) == f"remarketing_buyer_{constraint}"


@pytest.mark.parametrize("constraint", REFUSED_LISTINGS)
def test_a_listing_refuses_nonsense(constraint: str) -> None:
    values = {"title": "L", **REFUSED_LISTINGS[constraint]}
    assert name_refusal(lambda: Listing.objects.create(**values)) == f"remarketing_listing_{constraint}"


@pytest.mark.parametrize("constraint", REFUSED_SCORES)
def test_a_score_refuses_nonsense(constraint: str) -> None:
    row = (make_universe(), make_listing(), make_buyer())
    found = name_refusal(lambda: make_score(*row, **REFUSED_SCORES[constraint]))
    assert found == f"remarketing_score_{constraint}"


def test_a_history_row_refuses_an_unknown_trigger_and_a_wrong_tier() -> None:
    shared: dict[str, Any] = {"universe": make_universe(), "listing": make_listing(), "buyer": make_buyer()}
    shared |= {"scored_by": "rules", "scored_at": NOW, "trigger": "manual"}
    wrong = shared | {"composite_score": 10, "tier": "A"}
    assert (
        name_refusal(lambda: ScoreSnapshot.objects.create(**wrong))
        == "remarketing_scoresnapshot_tier_of_score"
    )


@pytest.mark.parametrize(
    "values", [{"score": 101}, {"confidence": ""}, {"scored_by": ""}, {"trigger": "cron"}]
)
def test_an_alignment_history_row_refuses_nonsense(values: dict[str, Any]) -> None:
    fields = {"score": 80, "confidence": "high", "scored_by": "ai", "scored_at": NOW, **values}
    with pytest.raises(IntegrityError):
        AlignmentSnapshot.objects.create(universe=make_universe(), buyer=make_buyer(), **fields)


@pytest.mark.parametrize(
    ("values", "constraint"),
    [
        ({"type": "praise", "value": 1}, "type_known"),
        ({"type": "boost", "value": 0}, "value_of_type"),
        ({"type": "boost", "value": -5}, "value_in_range"),
        ({"type": "disqualify", "value": 5}, "value_of_type"),
        ({"type": "boost", "value": 5, "reason": " "}, "reason_not_blank"),
    ],
)
def test_an_adjustment_refuses_nonsense(values: dict[str, Any], constraint: str) -> None:
    row = {"listing": make_listing(), "reason": "seen on site", **values}
    found = name_refusal(lambda: Adjustment.objects.create(**row))
    assert found.startswith("remarketing_adjustment_")
    assert constraint in found or (constraint == "type_known" and found.endswith("value_of_type"))


def test_only_a_refusal_has_a_category() -> None:
    row = {"buyer": make_buyer(), "listing": make_listing(), "decided_at": NOW}
    found = name_refusal(lambda: Decision.objects.create(action="approved", pass_category="size", **row))
    assert found == "remarketing_decision_category_of_refusal"


def test_unknown_figures_are_not_zero_and_losses_are_allowed() -> None:
    listing = Listing.objects.get(pk=make_listing(ebitda=-120_000, revenue=0).pk)
    assert (listing.ebitda, listing.revenue, listing.asking_price) == (-120_000, 0, None)


def test_universe_names_are_unique_whatever_their_case_until_archived() -> None:
    first = make_universe("Restoration")
    first.archived_at = NOW
    first.save()
    make_universe("restoration")
    assert name_refusal(lambda: make_universe("RESTORATION")) == "remarketing_universe_name_unique"


def test_buyer_names_are_unique_in_their_universe_and_outside_of_all() -> None:
    universe = make_universe()
    make_buyer("Acme", universe=universe)
    make_buyer("Acme", universe=make_universe("Other"))
    make_buyer("Acme")
    assert name_refusal(lambda: make_buyer("ACME")) == "remarketing_buyer_name_unique"


def test_a_deal_is_linked_to_a_universe_once() -> None:
    pair = {"universe": make_universe(), "listing": make_listing()}
    UniverseListing.objects.create(**pair)
    assert name_refusal(lambda: UniverseListing.objects.create(**pair)) == "remarketing_link_unique"


def test_a_pair_has_one_score_in_a_universe() -> None:
    row = (make_universe(), make_listing(), make_buyer())
    make_score(*row)
    assert name_refusal(lambda: make_score(*row)) == "remarketing_score_unique"


def test_an_external_id_is_given_once_and_made_when_missing() -> None:
    make_listing(source_ref="x1")
    assert make_listing().source_ref != make_listing().source_ref
    with pytest.raises(IntegrityError):
        make_listing(source_ref="x1")


def test_a_form_is_told_in_words_what_the_table_would_refuse() -> None:
    with pytest.raises(ValidationError) as caught:
        Universe(name="U", revenue_min=5, revenue_max=4, target_states=["Texas"]).full_clean()
    assert caught.value.messages == [
        "revenue_min must not exceed revenue_max.",
        "target_states must hold two-letter states only.",
    ]


def test_scores_are_ranked_by_what_people_said_before_what_was_computed() -> None:
    universe, listing = make_universe(), make_listing()
    override = {"human_override_score": 95, "override_reason": "met them", "overridden_at": NOW}
    make_score(universe, listing, make_buyer("Low"), composite_score=10, tier="F", **override)
    make_score(universe, listing, make_buyer("High"), composite_score=90, tier="A")
    make_score(universe, listing, make_buyer("None"), composite_score=None, tier="", needs_review=True)
    assert [score.buyer.company_name for score in Score.objects.ranked()] == ["Low", "High", "None"]


@pytest.mark.parametrize(
    ("choices", "literal"),
    [
        (words.BuyerType, facts.BuyerType),
        (words.Level, facts.Level),
        (words.Coverage, facts.Coverage),
        (words.GeographyMode, facts.GeographyMode),
        (words.BelowMinimum, facts.BelowMinimumHandling),
        (words.ServiceMatching, facts.ServiceMatchingMode),
        (words.AdjustmentKind, facts.AdjustmentType),
        (words.Action, facts.DecisionAction),
        (words.PassCategory, facts.PassCategory),
    ],
)
def test_rows_and_rules_know_the_same_words(choices: type[models.TextChoices], literal: Any) -> None:
    assert set(choices.values) == set(literal.__args__) - {""}
