"""Recommendations appear at their thresholds, the urgent first, never more than five."""

from typing import Any

import pytest

from scoring.taxonomy.rules.recommendations import recommend
from tests.scoring.taxonomy.rules.windows import make_window


def list_types(*, ctr_gap: float = 0, position: float = 0, content: str = "", **values: Any) -> list[str]:
    window = make_window(**values)
    found = recommend(window, ctr_gap=ctr_gap, position=position, content_status=content)
    return [f"{one['type']} {one['priority']} {one['effort']}" for one in found]


@pytest.mark.parametrize(
    ("situation", "types"),
    [
        ({}, []),
        ({"ctr_gap": 0.3}, []),
        ({"ctr_gap": 0.301}, ["ctr high low"]),
        ({"position": 0.5}, []),
        ({"position": 0.501}, ["position high medium"]),
        ({"bounce_rate": 0.7}, []),
        ({"bounce_rate": 0.701}, ["content medium medium"]),
        ({"impressions": 0}, ["technical high low"]),
        ({"impressions": 1}, []),
        ({"content": "missing"}, ["content high medium"]),
        ({"content": "outdated"}, ["content high medium"]),
        ({"content": "optimized"}, []),
        ({"content": "none"}, []),
    ],
)
def test_each_recommendation_has_its_threshold(situation: dict[str, Any], types: list[str]) -> None:
    assert list_types(**situation) == types


def test_all_five_come_with_the_urgent_first() -> None:
    types = list_types(ctr_gap=1.0, position=1.0, content="missing", impressions=0, bounce_rate=0.9)
    assert types == [
        "ctr high low",
        "position high medium",
        "technical high low",
        "content high medium",
        "content medium medium",
    ]


def test_recommendations_say_what_is_at_stake() -> None:
    window = make_window(position=14.4, bounce_rate=0.805)
    found = recommend(window, ctr_gap=0.345, position=0.7, content_status="outdated")
    assert [one["impact"] for one in found] == [
        "the click-through rate lies 35 % below that of its position",
        "position 14 is beyond the first page of results",
        "the content is outdated",
        "81 % of the visits end on this page",
    ]


@pytest.mark.parametrize(
    ("content_status", "action"),
    [("missing", "Write the missing content"), ("outdated", "Write the content anew")],
)
def test_content_is_written_or_written_anew(content_status: str, action: str) -> None:
    (found,) = recommend(make_window(), ctr_gap=0, position=0, content_status=content_status)
    assert found["action"] == action
