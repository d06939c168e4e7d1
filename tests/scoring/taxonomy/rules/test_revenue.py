"""The revenue projection: each step at its boundaries, and what holds for every node."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.taxonomy.rules import revenue
from scoring.taxonomy.rules.choices import Choices
from scoring.taxonomy.rules.facts import MetricWindow
from scoring.taxonomy.rules.revenue import RevenueProjection
from tests.scoring.taxonomy.rules.windows import make_window, windows


def project(window: MetricWindow, **choices: Any) -> RevenueProjection:
    return revenue.project(window, choices=Choices.parse(choices))


def test_the_worked_check_lifts_2560_a_month() -> None:
    found = project(make_window())
    assert (found.clicks, found.sessions, found.transactions) == (1_598, 1_491, 39)
    assert (found.projected_revenue, found.projected_lift) == (3_120, 2_560)
    assert found.annual_lift == 30_720
    assert found.percent_increase == pytest.approx(457.142857)
    assert (found.confidence, found.weeks_to_impact, found.method) == (0.75, 4, "content")
    assert (found.cost, found.roi) == (1_000, 3_072)
    assert found.assumptions == {
        "target_position": 3.0,
        "timeframe": "moderate",
        "seasonality": 1.0,
        "competition_factor": 0.85,
        "conversion_improvement": 0.05,
    }


def test_without_data_nothing_is_projected() -> None:
    found = project(make_window(impressions=10, sessions=5, revenue=99))
    assert (found.projected_lift, found.confidence, found.cost, found.has_data) == (0, 0, 0, False)
    assert (found.current_revenue, found.projected_revenue) == (99, 99)
    assert (found.clicks, found.sessions, found.transactions, found.annual_lift) == (0, 0, 0, 0)
    assert (found.weeks_to_impact, found.roi, found.percent_increase) == (0, 0, 0)


@pytest.mark.parametrize(
    ("ratio", "factor"),
    [(0.0, 0.5), (0.29, 0.5), (0.3, 0.7), (0.59, 0.7), (0.6, 0.85), (0.89, 0.85), (0.9, 1.0), (2.0, 1.0)],
)
def test_a_hard_field_leaves_fewer_clicks(ratio: float, factor: float) -> None:
    assert revenue.rate_competition(ratio, expected=1.0) == factor


def test_where_no_clicks_are_expected_the_field_is_taken_for_hard() -> None:
    assert revenue.rate_competition(0.3, expected=0.0) == 0.5


@pytest.mark.parametrize(
    ("rate", "improvement"),
    [
        (0, 0.5),
        (0.0049, 0.5),
        (0.005, 0.3),
        (0.0099, 0.3),
        (0.01, 0.15),
        (0.0199, 0.15),
        (0.02, 0.05),
        (1, 0.05),
    ],
)
def test_a_low_conversion_rate_may_grow_more(rate: float, improvement: float) -> None:
    assert revenue.improve_conversion(rate) == improvement


@pytest.mark.parametrize("days", range(1, 31))
def test_a_rate_scaled_to_a_month_from_any_number_of_days_is_the_same_step(days: int) -> None:
    orders, visits = 15 * 30 / days, 3_000 * 30 / days
    assert revenue.improve_conversion(orders / visits) == 0.3


@pytest.mark.parametrize(
    ("places", "cost", "weeks", "method"),
    [
        (-1, 500, 0, "organic"),
        (0, 500, 0, "organic"),
        (0.1, 500, 2, "organic"),
        (3, 500, 2, "organic"),
        (3.01, 1_000, 4, "content"),
        (5, 1_000, 4, "content"),
        (5.01, 1_500, 4, "content"),
        (7, 1_500, 4, "content"),
        (7.01, 1_500, 8, "mixed"),
        (10, 1_500, 8, "mixed"),
        (10.01, 3_000, 8, "mixed"),
        (15, 3_000, 8, "mixed"),
        (15.01, 5_000, 12, "technical"),
    ],
)
def test_more_places_cost_more_and_take_longer(places: float, cost: int, weeks: int, method: str) -> None:
    assert revenue.estimate_cost(places, position=9) == cost
    assert revenue.estimate_weeks(places) == weeks
    assert revenue.choose_method(places) == method


def test_the_top_costs_twice_as_much() -> None:
    assert revenue.estimate_cost(2, position=3) == 1_000
    assert revenue.estimate_cost(2, position=3.01) == 500


@pytest.mark.parametrize(
    ("changed", "places", "timeframe", "confidence"),
    [
        ({"transactions": 20}, 5, "moderate", 1.0),
        ({"transactions": 20}, 5.01, "moderate", 0.85),
        ({"transactions": 20}, 10, "moderate", 0.85),
        ({"transactions": 20}, 10.01, "moderate", 0.7),
        ({"transactions": 20}, 15, "moderate", 0.7),
        ({"transactions": 20}, 15.01, "moderate", 0.5),
        ({"transactions": 19}, 0, "moderate", 0.75),
        ({"transactions": 5}, 0, "moderate", 0.75),
        ({"transactions": 4}, 0, "moderate", 0.5),
        ({"transactions": 20, "impressions": 1_000}, 0, "moderate", 1.0),
        ({"transactions": 20, "impressions": 999}, 0, "moderate", 0.75),
        ({"transactions": 20, "impressions": 100}, 0, "moderate", 0.75),
        ({"transactions": 20, "impressions": 99}, 0, "moderate", 0.5),
        ({"transactions": 20}, 0, "aggressive", 0.7),
        ({"transactions": 20}, 0, "conservative", 1.0),
        ({"transactions": 19}, 0, "conservative", 0.825),
        ({"transactions": 4, "impressions": 99}, 16, "aggressive", 0.1),
    ],
)
def test_confidence_falls_with_long_ways_few_figures_and_bold_plans(
    changed: dict[str, Any], places: float, timeframe: str, confidence: float
) -> None:
    found = revenue.rate_confidence(make_window(**changed), places=places, timeframe=timeframe)
    assert found == pytest.approx(confidence)


def test_nodes_without_clicks_are_taken_to_turn_nine_clicks_in_ten_into_sessions() -> None:
    found = project(make_window(clicks=0, position=4))
    assert found.clicks == 20_000 * 0.094 * 0.5
    assert found.sessions == 846


def test_a_target_is_never_worse_than_where_the_node_is() -> None:
    found = project(make_window(position=2), target_position=5)
    assert found.assumptions["target_position"] == 2
    assert (found.weeks_to_impact, found.method, found.cost) == (0, "organic", 1_000)


def test_another_target_brings_another_lift() -> None:
    assert project(make_window(), target_position=1).projected_lift > 2_560
    assert project(make_window(), target_position=5).projected_lift < 2_560


def test_the_season_multiplies_the_lift_and_leaves_the_projection() -> None:
    found = project(make_window(), seasonality=1.5)
    assert (found.projected_revenue, found.projected_lift, found.annual_lift) == (3_120, 3_840, 46_080)
    assert found.percent_increase == pytest.approx(457.142857)


def test_the_timeframe_changes_how_far_the_projection_is_trusted() -> None:
    assert project(make_window(), timeframe="aggressive").confidence == pytest.approx(0.525)
    assert project(make_window(), timeframe="conservative").confidence == pytest.approx(0.825)


def test_a_node_above_the_curve_shows_no_loss() -> None:
    found = project(make_window(position=3, clicks=9_000))
    assert (found.projected_lift, found.percent_increase, found.roi) == (0, 0, 0)
    assert found.projected_revenue == found.current_revenue == 560


def test_revenue_without_transactions_projects_nothing_more() -> None:
    found = project(make_window(transactions=0))
    assert (found.projected_revenue, found.projected_lift, found.percent_increase) == (560, 0, 0)


@pytest.mark.parametrize(
    ("projected", "current", "percent"), [(150, 100, 50), (100, 100, 0), (5, 0, 100), (0, 0, 0)]
)
def test_an_increase_from_nothing_is_a_hundred_percent(
    projected: float, current: float, percent: float
) -> None:
    assert revenue.compare(projected, current=current) == percent


@given(windows(), st.integers(1, 10), st.floats(0.01, 10), st.sampled_from(["conservative", "aggressive"]))
def test_projections_stay_within_their_bounds(
    window: MetricWindow, target: int, season: float, timeframe: str
) -> None:
    found = project(window, target_position=target, seasonality=season, timeframe=timeframe)
    assert found.projected_lift >= 0
    assert found.projected_revenue >= found.current_revenue
    assert 0.1 <= found.confidence <= 1 if found.has_data else found.confidence == 0
    assert found.weeks_to_impact in (0, 2, 4, 8, 12)
    assert 0 <= found.roi < 1e15


@given(windows(), st.integers(1, 10), st.integers(1, 10))
def test_a_better_target_never_brings_less(window: MetricWindow, one: int, other: int) -> None:
    # Above the first position the curve ends: there a target is the place itself.
    better, worse = sorted((one, other))
    best = project(window, target_position=better).projected_lift
    assert best >= project(window, target_position=worse).projected_lift


@given(windows(), st.floats(0.01, 10), st.floats(0.01, 10))
def test_a_stronger_season_never_brings_less(window: MetricWindow, one: float, other: float) -> None:
    weaker, stronger = sorted((one, other))
    weak = project(window, seasonality=weaker).projected_lift
    assert weak <= project(window, seasonality=stronger).projected_lift
