"""What holds of every score, whatever the facts."""

from decimal import Decimal
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from scoring.remarketing.facts import AdjustmentFacts, BuyerFacts, DecisionFacts, ListingFacts, UniverseFacts
from scoring.remarketing.rules.assembly import compose
from scoring.remarketing.rules.dimension import Dimension
from scoring.remarketing.rules.fit import answer_by_rules, score_fit
from scoring.remarketing.rules.result import DimensionName
from scoring.remarketing.rules.size import score_size

NAMES: tuple[DimensionName, ...] = ("service", "size", "geography", "owner_goals")
GATES = st.sampled_from(
    [Decimal(gate) for gate in ("0", "0.25", "0.3", "0.4", "0.5", "0.6", "0.7", "0.9", "0.95", "1")]
)

texts = st.sampled_from(
    ["", "Roofing", "commercial HVAC, siding", "tax", "buys exclusively in the Midwest roll-up platform"]
)
services = st.lists(st.sampled_from(["roofing", "gutters", "HVAC", "tax", "solar", "", "IT"]), max_size=3)
places = st.lists(
    st.sampled_from(["FL", "Georgia", "Southeast", "Nationwide", "Reno, NV", "nowhere"]), max_size=3
)
amounts = st.none() | st.integers(0, 10_000)
weights = st.integers(0, 100)


@st.composite
def universes(draw: st.DrawFn) -> UniverseFacts:
    """Draw a universe with any weights and switches."""
    criteria = {"primary_focus": services, "preferred_services": services, "excluded_services": services}
    behavior = {
        "below_minimum_handling": st.sampled_from(["disqualify", "penalize", "allow"]),
        "penalize_single_location": st.booleans(),
        "service_matching_mode": st.sampled_from(["keyword", "semantic", "hybrid"]),
    }
    fields: dict[str, Any] = {f"{name}_weight": draw(weights) for name in NAMES}
    fields["service_criteria"] = draw(st.fixed_dictionaries(criteria))
    fields["scoring_behavior"] = draw(st.fixed_dictionaries(behavior))
    fields["geography_mode"] = draw(st.sampled_from(["critical", "preferred", "minimal"]))
    return UniverseFacts.model_validate(fields)


@st.composite
def listings(draw: st.DrawFn) -> ListingFacts:
    """Draw a listing with anything missing."""
    fields = {
        "revenue": amounts,
        "ebitda": st.none() | st.integers(-1_000, 10_000),
        "location": st.sampled_from(["", "Tampa, FL", "Boise, Idaho", "somewhere"]),
        "services": services,
        "category": texts,
        "description": texts,
        "owner_goals": st.sampled_from(["", "retire", "stay with the team", "a platform"]),
        "special_requirements": st.sampled_from(["", "no PE", "not strategic"]),
        "location_count": st.none() | st.integers(0, 3),
    }
    return ListingFacts.model_validate(draw(st.fixed_dictionaries(fields)))


@st.composite
def buyers(draw: st.DrawFn) -> BuyerFacts:
    """Draw a buyer with anything missing."""
    bounds = {}
    for kind in ("revenue", "ebitda"):
        ends = sorted(draw(st.lists(st.integers(0, 10_000), min_size=2, max_size=2)))
        bounds[f"target_{kind}_min"] = draw(st.sampled_from([None, ends[0]]))
        bounds[f"target_{kind}_max"] = draw(st.sampled_from([None, ends[1]]))
        bounds[f"{kind}_sweet_spot"] = draw(amounts)
    fields = {
        "buyer_type": st.sampled_from(["", "pe_firm", "strategic", "family_office", "other"]),
        "target_services": services,
        "services_offered": texts,
        "thesis_summary": texts,
        "target_geographies": places,
        "operating_locations": places,
        "geographic_exclusions": places,
        "industry_exclusions": services,
        "hq_state": st.sampled_from(["", "FL", "WA"]),
        "deal_breakers": services,
    }
    return BuyerFacts.model_validate(draw(st.fixed_dictionaries(fields)) | bounds)


adjustments = st.lists(
    st.builds(AdjustmentFacts, type=st.sampled_from(["boost", "penalize"]), value=st.integers(0, 100)),
    max_size=3,
)
decisions = st.lists(
    st.builds(
        DecisionFacts,
        action=st.sampled_from(["approved", "passed", "not_a_fit", "hidden"]),
        pass_category=st.sampled_from(["", "size", "geography", "services", "timing", "portfolio_conflict"]),
    ),
    max_size=8,
)


@settings(deadline=None)
@given(universes(), listings(), buyers(), adjustments, decisions)
def test_every_result_keeps_its_promises(
    universe: UniverseFacts,
    listing: ListingFacts,
    buyer: BuyerFacts,
    corrections: list[AdjustmentFacts],
    past: list[DecisionFacts],
) -> None:
    result = score_fit(universe, listing, buyer, adjustments=corrections, decisions=past)
    shown = (result.service_score, result.size_score, result.geography_score, result.owner_goals_score)
    assert all(0 <= score <= 100 for score in shown)
    assert (result.composite_score is None) == (result.tier == "")
    assert result.composite_score is None or 0 <= result.composite_score <= 100
    assert -25 <= result.custom_bonus <= 25
    assert -5 <= result.learning_penalty <= 25
    assert 0 <= result.thesis_alignment_bonus <= 15
    if result.is_disqualified:
        assert (result.composite_score, result.tier) == (0, "F")
        assert result.disqualification_reason
    if result.composite_score is None:
        assert result.needs_review
    for name in set(NAMES) - set(result.counted_dimensions):
        assert "Scored without" in result.dimension_reasons[name]


@settings(deadline=None)
@given(universes(), listings(), buyers())
def test_the_answers_of_the_rules_change_nothing(
    universe: UniverseFacts, listing: ListingFacts, buyer: BuyerFacts
) -> None:
    answers = answer_by_rules(universe, listing, buyer)
    assert score_fit(universe, listing, buyer, answers=answers) == score_fit(universe, listing, buyer)


@settings(deadline=None)
@given(universes(), listings(), buyers(), weights)
def test_a_dimension_without_data_changes_no_composite_whatever_its_weight(
    universe: UniverseFacts, listing: ListingFacts, buyer: BuyerFacts, weight: int
) -> None:
    result = score_fit(universe, listing, buyer)
    for name in set(NAMES) - set(result.counted_dimensions):
        other = score_fit(universe.model_copy(update={f"{name}_weight": weight}), listing, buyer)
        assert (other.composite_score, other.gated_score) == (result.composite_score, result.gated_score)


@given(
    st.lists(st.integers(0, 99), min_size=4, max_size=4),
    st.lists(weights, min_size=4, max_size=4),
    GATES,
    GATES,
    st.integers(-50, 45),
    st.integers(0, 3),
)
def test_a_better_dimension_never_makes_a_worse_composite(
    scores: list[int], percents: list[int], size_gate: Decimal, service_gate: Decimal, bonus: int, which: int
) -> None:
    def compose_with(points: list[int]) -> int | None:
        gates = (service_gate, size_gate, Decimal(1), Decimal(1))
        dimensions = {
            name: Dimension(score, "", multiplier=gate)
            for name, score, gate in zip(NAMES, points, gates, strict=True)
        }
        given_weights = dict(zip(NAMES, percents, strict=True))
        composite = compose(dimensions, weights=given_weights, mode_factor=Decimal("0.6"), bonus=bonus)
        return composite.final if composite else None

    better = [score + (n == which) for n, score in enumerate(scores)]
    before, after = compose_with(scores), compose_with(better)
    assert (before is None) == (after is None) == (not any(percents))
    assert before is None or after is None or before <= after


@given(st.integers(0, 100), st.integers(-50, 45), GATES, GATES)
def test_gates_never_touch_bonuses(score: int, bonus: int, size_gate: Decimal, service_gate: Decimal) -> None:
    dimensions: dict[DimensionName, Dimension] = dict.fromkeys(NAMES, Dimension(score, ""))
    dimensions["size"] = Dimension(score, "", multiplier=size_gate)
    dimensions["service"] = Dimension(score, "", multiplier=service_gate)
    composite = compose(dimensions, weights=dict.fromkeys(NAMES, 25), mode_factor=Decimal(1), bonus=bonus)
    assert composite is not None
    assert composite.final == max(0, min(100, composite.gated + bonus))


@given(st.integers(0, 2_000_000), st.integers(0, 2_000_000))
def test_more_revenue_is_never_worse_up_to_the_minimum(one: int, other: int) -> None:
    buyer = BuyerFacts(target_revenue_min=2_000_000)
    less, more = sorted((one, other))
    smaller = score_size(UniverseFacts(), ListingFacts(revenue=less), buyer)
    larger = score_size(UniverseFacts(), ListingFacts(revenue=more), buyer)
    assert smaller.score <= larger.score
    assert smaller.multiplier <= larger.multiplier
