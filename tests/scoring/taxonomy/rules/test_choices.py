"""Choices come checked, with field and reason, or not at all."""

from typing import Any

import pytest

from scoring.taxonomy.rules.choices import DEFAULT_CURVE, DEFAULT_WEIGHTS, ChoiceRefused, Choices

WEIGHTS = dict(DEFAULT_WEIGHTS)


def test_nothing_chosen_means_the_published_curve_and_weights() -> None:
    choices = Choices.parse({})
    assert choices == Choices()
    assert choices.curve[:3] == (0.285, 0.157, 0.094)
    assert choices.weights == {
        "volume": 0.25,
        "ctr_gap": 0.30,
        "position": 0.20,
        "competition": 0.10,
        "revenue": 0.15,
    }
    assert (choices.target_position, choices.timeframe, choices.seasonality) == (3, "moderate", 1.0)


def test_choices_survive_being_written_and_read() -> None:
    choices = Choices.parse({"curve": [0.3] * 10, "timeframe": "aggressive", "seasonality": 2})
    assert Choices.parse(choices.as_dict()) == choices


def test_a_weight_may_be_nothing_and_one_may_be_all() -> None:
    only = dict.fromkeys(WEIGHTS, 0.0) | {"revenue": 1}
    assert Choices.parse({"weights": only}).weights == only


@pytest.mark.parametrize(
    ("choice", "value", "reason"),
    [
        ("curve", "0.285", "must be a list of ten rates"),
        ("curve", None, "must be a list of ten rates"),
        ("curve", DEFAULT_CURVE[:9], "must be a list of ten rates"),
        ("curve", [0.3, 0.31, *DEFAULT_CURVE[2:]], "at position 2 is above that at position 1"),
        ("curve", [*DEFAULT_CURVE[:9], 0], "at position 10 must be above 0"),
        ("curve", [1.01, *DEFAULT_CURVE[1:]], "at position 1 must be above 0 and at most 1"),
        ("curve", [True, *DEFAULT_CURVE[1:]], "at position 1"),
        ("curve", [float("nan"), *DEFAULT_CURVE[1:]], "at position 1"),
        ("weights", [0.25], "must name exactly volume, ctr_gap"),
        ("weights", {"volume": 1}, "must name exactly"),
        ("weights", WEIGHTS | {"luck": 0}, "must name exactly"),
        ("weights", WEIGHTS | {"volume": 0.26}, "must sum to 1, not 1.01"),
        ("weights", WEIGHTS | {"volume": -0.1}, "volume must be a number from 0 to 1"),
        ("weights", WEIGHTS | {"volume": "0.25"}, "volume must be a number"),
        ("target_position", 0, "must be a whole number from 1 to 10"),
        ("target_position", 11, "must be a whole number from 1 to 10"),
        ("target_position", 2.5, "must be a whole number"),
        ("target_position", True, "must be a whole number"),
        ("timeframe", "reckless", "must be one of conservative, moderate, aggressive"),
        ("timeframe", ["moderate"], "must be one of"),
        ("seasonality", 0, "must be a number above 0"),
        ("seasonality", 10.1, "at most 10"),
        ("seasonality", float("inf"), "must be a number"),
        ("seasonality", "1", "must be a number"),
        ("season", 1, "is no choice; known are curve, seasonality"),
    ],
)
def test_a_choice_is_refused_by_name_and_reason(choice: str, value: Any, reason: str) -> None:
    with pytest.raises(ChoiceRefused) as refused:
        Choices.parse({choice: value})
    assert refused.value.field == choice
    assert reason in refused.value.reason
