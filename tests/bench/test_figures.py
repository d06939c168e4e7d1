"""Figures: what holds, what only tells, and how they are printed."""

import json

import pytest

from tests.bench.figures import Figure, percentile, print_json, print_table


@pytest.mark.parametrize(
    ("value", "at_most", "holds"),
    [(12, False, True), (11, False, False), (12, True, True), (13, True, False)],
)
def test_a_figure_holds_on_the_right_side_of_its_bar(value: float, at_most: bool, holds: bool) -> None:
    assert Figure("drain", value, "jobs/s", 10, bar=1.2, at_most=at_most).holds is holds


def test_a_figure_without_a_bar_only_tells() -> None:
    assert Figure("p99", 900, "ms", 1).holds


def test_a_percentile_is_the_nearest_rank() -> None:
    values = [float(n) for n in range(1, 101)]
    assert [percentile(values, each) for each in (50, 95, 99, 100)] == [50, 95, 99, 100]
    assert percentile([7.0], 50) == 7


def test_json_has_one_object_a_line_with_every_key(capsys: pytest.CaptureFixture[str]) -> None:
    print_json([Figure("io", 2.0, "s", 1.875, bar=1.15, at_most=True), Figure("p99", 2.0, "s", 1.0)])
    rows = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert [set(row) for row in rows] == [{"name", "value", "unit", "reference", "ratio", "bar", "holds"}] * 2
    assert (rows[0]["ratio"], rows[0]["holds"], rows[1]["bar"]) == (1.067, True, None)


def test_a_table_says_what_does_not_hold(capsys: pytest.CaptureFixture[str]) -> None:
    print_table([Figure("io", 3.0, "s", 1.875, bar=1.15, at_most=True)])
    printed = capsys.readouterr().out
    assert "≤ 1.15" in printed
    assert "no" in printed
