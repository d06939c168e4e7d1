from decimal import Decimal

import pytest

from scoring.remarketing.facts import Level
from scoring.remarketing.rules.assembly import (
    Composite,
    compose,
    find_disqualification,
    find_review_reason,
    get_label,
    get_tier,
    rate_confidence,
)
from scoring.remarketing.rules.dimension import Dimension
from scoring.remarketing.rules.result import DimensionName, FitConfidence

WEIGHTS: dict[DimensionName, int] = {"service": 45, "size": 30, "geography": 20, "owner_goals": 5}


def make_dimensions(
    service: Dimension, size: Dimension, geography: Dimension, owner_goals: Dimension
) -> dict[DimensionName, Dimension]:
    return {"service": service, "size": size, "geography": geography, "owner_goals": owner_goals}


def left_out(score: int = 0) -> Dimension:
    return Dimension(score, "", left_out="unknown", multiplier=Decimal(0), disqualification="Ruled out.")


def test_the_first_worked_check_is_93_and_tier_a() -> None:
    dimensions = make_dimensions(Dimension(85, ""), Dimension(80, ""), Dimension(95, ""), Dimension(75, ""))
    composite = compose(dimensions, weights=WEIGHTS, mode_factor=Decimal(1), bonus=8)
    assert composite == Composite(base=85, gated=85, final=93)
    assert get_tier(93, is_disqualified=False) == "A"


def test_the_second_worked_check_is_39_and_tier_d() -> None:
    dimensions = make_dimensions(
        Dimension(70, "", multiplier=Decimal("0.9")),
        Dimension(62, "", multiplier=Decimal("0.7")),
        Dimension(75, ""),
        Dimension(55, ""),
    )
    composite = compose(dimensions, weights=WEIGHTS, mode_factor=Decimal("0.6"), bonus=-3)
    assert composite == Composite(base=67, gated=42, final=39)
    assert get_tier(39, is_disqualified=False) == "D"


def test_the_weight_of_a_dimension_left_out_is_spread_over_the_rest() -> None:
    dimensions = make_dimensions(left_out(), Dimension(80, ""), Dimension(20, ""), left_out())
    composite = compose(dimensions, weights=WEIGHTS, mode_factor=Decimal(1), bonus=0)
    assert composite == Composite(base=56, gated=56, final=56)  # (80 x 30 + 20 x 20) / 50


def test_a_zero_weight_means_zero() -> None:
    dimensions = make_dimensions(
        Dimension(100, ""), Dimension(40, ""), Dimension(100, ""), Dimension(100, "")
    )
    weights: dict[DimensionName, int] = {"service": 0, "size": 10, "geography": 0, "owner_goals": 0}
    composite = compose(dimensions, weights=weights, mode_factor=Decimal(1), bonus=0)
    assert composite == Composite(base=40, gated=40, final=40)


def test_without_a_counted_weight_there_is_no_score() -> None:
    dimensions = make_dimensions(left_out(), left_out(), left_out(), Dimension(60, ""))
    weights = WEIGHTS | {"owner_goals": 0}
    assert compose(dimensions, weights=weights, mode_factor=Decimal(1), bonus=20) is None
    reason = find_review_reason(None, dimensions, confidence="very_low", completeness="low")
    assert "the weights of all that could be compared (owner goals) are 0" in reason


def test_gates_never_touch_bonuses() -> None:
    shut = Dimension(50, "", multiplier=Decimal(0))
    dimensions = make_dimensions(shut, Dimension(50, ""), Dimension(50, ""), Dimension(50, ""))
    composite = compose(dimensions, weights=WEIGHTS, mode_factor=Decimal(1), bonus=13)
    assert composite == Composite(base=50, gated=0, final=13)


def test_a_product_of_gates_is_rounded_half_up() -> None:
    half = Dimension(50, "", multiplier=Decimal("0.7"))
    dimensions = make_dimensions(
        half, Dimension(50, "", multiplier=Decimal("0.9")), Dimension(50, ""), Dimension(50, "")
    )
    composite = compose(dimensions, weights=WEIGHTS, mode_factor=Decimal(1), bonus=0)
    assert composite == Composite(base=50, gated=32, final=32)  # 31.5


@pytest.mark.parametrize(("bonus", "final"), [(-60, 0), (60, 100)])
def test_the_composite_stays_within_its_scale(bonus: int, final: int) -> None:
    dimensions = dict.fromkeys(WEIGHTS, Dimension(50, ""))
    composite = compose(dimensions, weights=WEIGHTS, mode_factor=Decimal(1), bonus=bonus)
    assert composite == Composite(base=50, gated=50, final=final)


@pytest.mark.parametrize(
    ("score", "tier", "label"),
    [
        (100, "A", "Strong"), (80, "A", "Strong"), (79, "B", "Good"), (65, "B", "Good"), (64, "C", "Fair"),
        (50, "C", "Fair"), (49, "D", "Poor"), (35, "D", "Poor"), (34, "F", "Poor"), (0, "F", "Poor"),
        (None, "", "No score"),
    ],
)  # fmt: skip
def test_tiers_and_labels_begin_at_their_least_score(score: int | None, tier: str, label: str) -> None:
    assert (get_tier(score, is_disqualified=False), get_label(score, is_disqualified=False)) == (tier, label)


def test_a_disqualified_buyer_is_an_f() -> None:
    assert (get_tier(0, is_disqualified=True), get_label(0, is_disqualified=True)) == ("F", "Disqualified")


def test_only_a_dimension_that_counts_disqualifies_and_the_other_asks_for_review() -> None:
    dimensions = make_dimensions(left_out(), Dimension(1, ""), Dimension(1, ""), Dimension(1, ""))
    assert find_disqualification(dimensions) == ""
    reason = find_review_reason(90, dimensions, confidence="medium", completeness="high")
    assert reason == "Scored without service, yet: Ruled out."
    ruled_out = dimensions | {"size": Dimension(0, "", disqualification="Too big.")}
    assert find_disqualification(ruled_out) == "Too big."


@pytest.mark.parametrize(
    ("counted", "completeness", "thesis_confidence", "confidence"),
    [
        (4, "high", "high", "high"),
        (4, "high", "", "high"),
        (4, "high", "low", "medium"),
        (4, "medium", "high", "medium"),
        (3, "high", "high", "medium"),
        (2, "high", "high", "low"),
        (1, "high", "high", "very_low"),
    ],
)
def test_confidence_counts_dimensions_and_completeness(
    counted: int, completeness: Level, thesis_confidence: str, confidence: str
) -> None:
    dimensions: dict[DimensionName, Dimension] = {
        name: Dimension(50, "", left_out="" if n < counted else "unknown") for n, name in enumerate(WEIGHTS)
    }
    assert (
        rate_confidence(dimensions, completeness=completeness, thesis_confidence=thesis_confidence)
        == confidence
    )


@pytest.mark.parametrize(
    ("score", "confidence", "completeness", "needed"),
    [
        (50, "low", "high", True),
        (65, "very_low", "high", True),
        (49, "low", "low", False),
        (66, "low", "low", False),
        (57, "medium", "high", False),
        (57, "medium", "low", True),
    ],
)
def test_middling_scores_with_little_behind_them_need_review(
    score: int, confidence: FitConfidence, completeness: Level, needed: bool
) -> None:
    dimensions = dict.fromkeys(WEIGHTS, Dimension(score, ""))
    reason = find_review_reason(score, dimensions, confidence=confidence, completeness=completeness)
    assert bool(reason) is needed
