from dataclasses import replace

import pytest
from hypothesis import given

from scoring.taxonomy.rules import opportunity, revenue
from scoring.taxonomy.rules.choices import Choices
from scoring.taxonomy.rules.combined import combine
from scoring.taxonomy.rules.facts import MetricWindow
from tests.scoring.taxonomy.rules.windows import AS_OF, make_window, windows

CHOICES = Choices()


def find_both(window: MetricWindow) -> tuple[opportunity.OpportunityScore, revenue.RevenueProjection]:
    return (
        opportunity.score(window, choices=CHOICES, as_of=AS_OF),
        revenue.project(window, choices=CHOICES),
    )


def test_the_worked_check_combines_to_15_69() -> None:
    score, projection = find_both(make_window())
    assert combine(score, projection) == pytest.approx(15.694)


def test_a_lift_counts_up_to_a_hundred_thousand_a_month() -> None:
    score, projection = find_both(make_window())
    full = replace(score, score=100, confidence=1.0)
    for lift in (100_000.0, 5_000_000.0):
        assert combine(full, replace(projection, projected_lift=lift, confidence=1.0)) == pytest.approx(100)


def test_a_node_without_data_is_worth_nothing() -> None:
    assert combine(*find_both(MetricWindow())) == 0


@given(windows())
def test_the_combined_value_runs_from_nothing_to_a_hundred(window: MetricWindow) -> None:
    assert 0 <= combine(*find_both(window)) <= 100 + 1e-9
