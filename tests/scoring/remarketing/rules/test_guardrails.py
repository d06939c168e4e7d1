from dataclasses import dataclass

import pytest

from scoring.remarketing.rules.guardrails import find_guardrails


@dataclass(frozen=True)
class Row:
    composite_score: int | None
    is_disqualified: bool = False


@pytest.mark.parametrize(
    ("rows", "codes"),
    [
        ([], []),
        ([Row(0, is_disqualified=True)] * 2, ["all_disqualified"]),
        ([Row(0, is_disqualified=True), Row(70)], []),
        ([Row(60), Row(61), Row(62), Row(63), Row(64)], []),
        ([Row(60), Row(61), Row(62), Row(63), Row(64), Row(69)], ["narrow_spread"]),
        ([Row(60), Row(61), Row(62), Row(63), Row(64), Row(70)], []),
        ([Row(60)] * 6 + [Row(0, is_disqualified=True)], ["narrow_spread"]),
        ([Row(60)] * 5 + [Row(None)], []),
    ],
)
def test_signs_of_bad_data_are_named(rows: list[Row], codes: list[str]) -> None:
    assert [found.code for found in find_guardrails(rows)] == codes
