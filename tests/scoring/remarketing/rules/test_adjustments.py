import pytest

from scoring.remarketing.facts import (
    AdjustmentFacts,
    AdjustmentType,
    DecisionAction,
    DecisionFacts,
    PassCategory,
)
from scoring.remarketing.rules.adjustments import learn_penalty, sum_adjustments


def decide(action: DecisionAction, category: PassCategory = "", times: int = 1) -> list[DecisionFacts]:
    return [DecisionFacts(action=action, pass_category=category)] * times


@pytest.mark.parametrize(
    ("rows", "points"),
    [
        ([], 0),
        ([("boost", 10), ("penalize", 4)], 6),
        ([("boost", 25)], 25),
        ([("boost", 20), ("boost", 6)], 25),
        ([("penalize", 25)], -25),
        ([("penalize", 26)], -25),
        ([("boost", 90), ("penalize", 80)], 10),
    ],
)
def test_boosts_minus_penalties_stay_within_twenty_five(
    rows: list[tuple[AdjustmentType, int]], points: int
) -> None:
    custom = sum_adjustments([AdjustmentFacts(type=kind, value=value) for kind, value in rows])
    assert (custom.points, custom.disqualification) == (points, "")


def test_any_disqualify_row_disqualifies_with_its_reason() -> None:
    rows = [AdjustmentFacts(type="boost", value=5), AdjustmentFacts(type="disqualify", reason="sold")]
    assert sum_adjustments(rows).disqualification == "Disqualified by hand: sold."


@pytest.mark.parametrize(
    ("decisions", "points"),
    [
        ([], 0),
        (decide("passed", "size", 2), 0),
        (decide("passed", "size", 2) + decide("approved"), 10),
        (decide("passed", "size") + decide("approved", times=2), 0),
        (decide("passed", "size", 3), 13),
        (decide("not_a_fit", "geography", 2) + decide("approved"), 8),
        (decide("passed", "services", 2) + decide("approved"), 8),
        (decide("passed", "timing", 2) + decide("approved"), 0),
        (decide("passed", "timing", 3) + decide("approved", times=2), 5),
        (decide("passed", "portfolio_conflict") + decide("approved", times=2), 3),
        (decide("approved", times=3), -5),
        (decide("approved", times=7) + decide("passed", times=3), -5),
        (decide("approved", times=69) + decide("passed", times=31), 0),
        (decide("approved", times=3) + decide("passed", times=7), 0),
        (decide("approved", times=29) + decide("passed", times=71), 3),
        (decide("hidden", times=3), 3),
        (decide("hidden", "size", 2) + decide("approved"), 0),
        (
            decide("passed", "size", 2)
            + decide("passed", "geography", 2)
            + decide("passed", "services", 2)
            + decide("passed", "timing", 3),
            25,
        ),
    ],
)
def test_three_decisions_or_more_teach(decisions: list[DecisionFacts], points: int) -> None:
    assert learn_penalty(decisions).points == points
