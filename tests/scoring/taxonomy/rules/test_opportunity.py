"""The opportunity score: each factor at its boundaries, and what holds for every node."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.taxonomy.rules import opportunity
from scoring.taxonomy.rules.choices import DEFAULT_CURVE, Choices
from scoring.taxonomy.rules.facts import MetricWindow
from scoring.taxonomy.rules.opportunity import OpportunityScore
from tests.scoring.taxonomy.rules.windows import AS_OF, counts, make_window, windows

CHOICES = Choices()


def score(window: MetricWindow, **values: Any) -> OpportunityScore:
    return opportunity.score(window, **{"choices": CHOICES, "as_of": AS_OF, **values})


def test_the_worked_check_scores_41() -> None:
    found = score(make_window())
    rounded = {name: round(value, 3) for name, value in found.factors.items()}
    assert rounded == {
        "volume": 0.717,
        "ctr_gap": 0.348,
        "position": 0.368,
        "competition": 0.5,
        "revenue": 0.017,
    }
    assert (found.score, found.confidence, found.priority) == (41, 1.0, 4)
    assert found.revenue_potential == pytest.approx(1728.70, abs=0.005)
    assert found.has_data


def test_without_data_there_is_no_score_and_one_thing_to_do() -> None:
    found = score(make_window(impressions=10, sessions=5), content_status="missing", product_count=5)
    assert (found.score, found.confidence, found.revenue_potential, found.has_data) == (0, 0.0, 0.0, False)
    assert (found.priority, found.label) == (5, "")
    assert [one["type"] for one in found.recommendations] == ["technical"]
    assert "Connect the data sources" in found.recommendations[0]["action"]
    assert set(found.factors.values()) == {0.0}


@pytest.mark.parametrize(
    ("impressions", "volume"),
    [(0, 0), (9, 1 / 6), (999, 0.5), (999_998, 0.99999993), (999_999, 1), (10**9, 1)],
)
def test_volume_grows_by_orders_of_magnitude_to_a_million(impressions: int, volume: float) -> None:
    assert opportunity.rate_volume(impressions) == pytest.approx(volume, abs=1e-7)


@pytest.mark.parametrize(
    ("actual", "expected", "gap"),
    [(0.0, 0.1, 1.0), (0.05, 0.1, 0.5), (0.1, 0.1, 0.0), (0.2, 0.1, 0.0), (0.0, 0.0, 0.0), (0.3, 0.0, 0.0)],
)
def test_the_gap_is_the_part_of_the_expected_clicks_that_is_missing(
    actual: float, expected: float, gap: float
) -> None:
    assert opportunity.rate_gap(actual, expected=expected) == pytest.approx(gap)


@pytest.mark.parametrize(
    ("position", "factor"), [(0.5, 0), (1, 0), (1.19, 0.01), (10.5, 0.5), (20, 1), (20.01, 1), (500, 1)]
)
def test_the_room_above_grows_from_the_top_to_position_twenty(position: float, factor: float) -> None:
    assert opportunity.rate_position(position) == pytest.approx(factor)


@pytest.mark.parametrize(
    ("actual", "ease"), [(0.0, 0.2), (0.0499, 0.2), (0.05, 0.5), (0.0749, 0.5), (0.075, 0.8), (0.2, 0.8)]
)
def test_the_field_is_easier_the_more_of_its_clicks_a_node_gets(actual: float, ease: float) -> None:
    assert opportunity.rate_competition(actual, expected=0.1) == ease


def test_above_the_first_position_nothing_is_expected() -> None:
    found = score(make_window(position=0.5))
    assert (found.factors["ctr_gap"], found.factors["competition"]) == (0, 0.8)
    assert (found.factors["position"], found.revenue_potential) == (0, 0)


@pytest.mark.parametrize(
    ("position", "potential"),
    [(1, 0), (3, 0), (4, 560 * (0.094 / 0.064 - 1)), (10, 560 * (0.094 / 0.016 - 1))],
)
def test_potential_is_what_position_three_would_add(position: float, potential: float) -> None:
    assert score(make_window(position=position)).revenue_potential == pytest.approx(potential)


@pytest.mark.parametrize(("revenue", "factor"), [(0, 0), (32_394.36, 1.0), (16_197.18, 0.5), (10**9, 1)])
def test_the_revenue_factor_is_full_at_a_hundred_thousand_a_month(revenue: float, factor: float) -> None:
    assert score(make_window(revenue=revenue)).factors["revenue"] == pytest.approx(factor, abs=1e-6)


def test_potential_far_down_the_curve_still_fits_its_column() -> None:
    found = score(make_window(position=1_000, revenue=1e12))
    assert found.revenue_potential == 999_999_999_999.99
    assert score(make_window(position=9_999, revenue=1)).revenue_potential == 0


@pytest.mark.parametrize(
    ("changed", "confidence"),
    [
        ({}, 1.0),
        ({"impressions": 1_000}, 1.0),
        ({"impressions": 999}, 0.75),
        ({"impressions": 100}, 0.75),
        ({"impressions": 99}, 0.5),
        ({"sessions": 100}, 1.0),
        ({"sessions": 99}, 0.75),
        ({"sessions": 10}, 0.75),
        ({"sessions": 9}, 0.5),
        ({"newest": AS_OF - timedelta(days=7)}, 1.0),
        ({"newest": AS_OF - timedelta(days=8)}, 0.75),
        ({"newest": AS_OF - timedelta(days=30)}, 0.75),
        ({"newest": AS_OF - timedelta(days=31)}, 0.5),
        ({"newest": None}, 0.5),
        ({"impressions": 50, "sessions": 5, "newest": None}, 0.125),
    ],
)
def test_confidence_falls_with_few_or_old_figures(changed: dict[str, Any], confidence: float) -> None:
    assert score(make_window(**changed)).confidence == confidence


@pytest.mark.parametrize(
    ("points", "potential", "priority"),
    [
        (100, 100_000, 1),
        (100, 45.41, 2),
        (100, 45.42, 1),
        (80, 9_998, 2),
        (80, 9_999, 1),
        (93, 0, 2),
        (92, 0, 3),
        (72, 0, 3),
        (71, 0, 4),
        (43, 0, 4),
        (42, 0, 5),
        (0, 0, 5),
        (0, 99_999, 4),
    ],
)
def test_priority_weighs_the_score_and_what_is_to_be_won(
    points: int, potential: float, priority: int
) -> None:
    assert opportunity.rank_priority(points, revenue_potential=potential) == priority


@pytest.mark.parametrize(
    ("products", "effort"),
    [(None, None), (0, 0), (1, 6), (9, 20), (30, 30), (99, 40), (99_999, 100), (10**9, 100)],
)
def test_effort_grows_with_the_products(products: int | None, effort: int | None) -> None:
    assert opportunity.rate_effort(products) == effort


@pytest.mark.parametrize(
    ("points", "effort", "label"),
    [
        (71, 29, "quick-win"),
        (71, 30, "strategic"),
        (71, None, "strategic"),
        (70, 29, "incremental"),
        (70, 30, "long-term"),
        (40, 29, "incremental"),
        (40, None, "long-term"),
        (39, 0, "maintain"),
    ],
)
def test_the_label_follows_score_and_effort(points: int, effort: int | None, label: str) -> None:
    assert opportunity.name_label(points, effort=effort) == label


@pytest.mark.parametrize(
    ("points", "status"),
    [
        (None, "no_data"),
        (0, "optimized"),
        (19, "optimized"),
        (20, "needs_work"),
        (50, "needs_work"),
        (51, "critical"),
        (100, "critical"),
    ],
)
def test_the_status_is_the_health_that_a_score_leaves(points: int | None, status: str) -> None:
    assert opportunity.name_status(points) == status


def test_a_half_point_is_rounded_up() -> None:
    # 0.25 × 0.5 + 0.1 × 0.8 + 0.2 × 1 is 0.405, which floats make 0.40499…
    window = MetricWindow(impressions=999, clicks=999, position=20.5, newest=AS_OF)
    assert score(window).score == 41


def test_nothing_but_gap_leaves_the_hardest_field_as_the_only_thing_missing() -> None:
    window = MetricWindow(impressions=10**9, position=25, revenue=10**9, newest=AS_OF)
    assert score(window).score == 92


def test_other_weights_and_another_curve_give_another_score() -> None:
    only_position = Choices.parse(
        {"weights": {"volume": 0, "ctr_gap": 0, "position": 1, "competition": 0, "revenue": 0}}
    )
    assert score(make_window(), choices=only_position).score == 37
    steeper = Choices.parse({"curve": [0.5, 0.4, 0.3, 0.25, 0.2, 0.19, 0.18, 0.17, 0.16, 0.15]})
    assert score(make_window(), choices=steeper).factors["ctr_gap"] == pytest.approx(1 - 0.015 / 0.17)


@given(windows())
def test_scores_stay_within_their_bounds(window: MetricWindow) -> None:
    found = score(window)
    assert 0 <= found.score <= 100
    assert all(0 <= factor <= 1 for factor in found.factors.values())
    assert 0.1 <= found.confidence <= 1 if found.has_data else found.confidence == 0
    assert 1 <= found.priority <= 5
    assert 0 <= found.revenue_potential <= 999_999_999_999.99
    assert 1 <= len(found.recommendations) <= 5 or found.recommendations == []


@given(counts(), counts())
def test_volume_never_falls_with_more_impressions(one: int, other: int) -> None:
    fewer, more = sorted((one, other))
    assert opportunity.rate_volume(fewer) <= opportunity.rate_volume(more)


@given(windows(), st.floats(0, 1e12), st.floats(0, 1e12))
def test_more_revenue_never_lowers_a_score(window: MetricWindow, one: float, other: float) -> None:
    less, more = sorted((one, other))
    figures = {name: getattr(window, name) for name in MetricWindow.__slots__}
    poor, rich = (score(MetricWindow(**{**figures, "revenue": revenue})) for revenue in (less, more))
    assert poor.score <= rich.score
    assert poor.priority >= rich.priority


@given(counts(), st.integers(0, 1_000_000), st.integers(0, 1_000_000))
def test_more_clicks_never_widen_the_gap_nor_harden_the_field(impressions: int, one: int, other: int) -> None:
    fewer, more = (
        score(make_window(impressions=impressions, clicks=clicks)).factors for clicks in sorted((one, other))
    )
    assert fewer["ctr_gap"] >= more["ctr_gap"]
    assert fewer["competition"] <= more["competition"]


@given(st.floats(0, 100), st.floats(0, 100))
def test_a_worse_position_never_leaves_less_room(one: float, other: float) -> None:
    better, worse = sorted((one, other))
    assert opportunity.rate_position(better) <= opportunity.rate_position(worse)


@given(st.integers(0, 100), st.integers(0, 100), st.floats(0, 1e9))
def test_a_higher_score_is_never_less_urgent(one: int, other: int, potential: float) -> None:
    lower, higher = sorted((one, other))
    urgent = opportunity.rank_priority(higher, revenue_potential=potential)
    assert urgent <= opportunity.rank_priority(lower, revenue_potential=potential)


def test_the_default_curve_has_ten_places() -> None:
    assert len(DEFAULT_CURVE) == 10
