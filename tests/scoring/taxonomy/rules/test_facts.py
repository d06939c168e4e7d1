"""The month of a node: which rows count, what is taken from which source, how it is scaled."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.taxonomy.rules.facts import MISSING_POSITION, MetricRow, MetricWindow, gather
from tests.scoring.taxonomy.rules.windows import AS_OF


def on(days_before: int, source: str = "gsc", **values: Any) -> MetricRow:
    return MetricRow(date=AS_OF - timedelta(days=days_before), source=source, **values)


def week(days_before: int, source: str = "shopify", **values: Any) -> MetricRow:
    return on(days_before, source, days_covered=7, **values)


def test_a_full_month_is_taken_as_it_is() -> None:
    window = gather([on(day, impressions=10, clicks=1, position=4.0) for day in range(30)], as_of=AS_OF)
    assert (window.impressions, window.clicks, window.position) == (300, 30, 4.0)
    assert (window.ctr, window.days_covered, window.newest) == (0.1, 30, AS_OF)


def test_fewer_days_are_scaled_to_thirty() -> None:
    window = gather([on(day, "ga4", sessions=4, transactions=2, revenue=6) for day in range(10)], as_of=AS_OF)
    assert (window.sessions, window.transactions, window.revenue) == (120, 60, 180)
    assert (window.conversion_rate, window.average_order_value) == (0.5, 3)


def test_four_weeks_are_scaled_from_28_days() -> None:
    window = gather([week(6 + 7 * back, revenue=Decimal("7.00")) for back in range(4)], as_of=AS_OF)
    assert window.revenue == pytest.approx(30)
    assert (window.days_covered, window.newest) == (28, AS_OF)


@pytest.mark.parametrize(
    ("row", "counts"),
    [
        (on(0, impressions=1), True),
        (on(29, impressions=1), True),
        (on(30, impressions=1), False),
        (on(-1, impressions=1), False),
        (week(6, "gsc", impressions=1), True),
        (week(5, "gsc", impressions=1), False),
        (week(29, "gsc", impressions=1), True),
        (week(30, "gsc", impressions=1), False),
    ],
)
def test_a_row_counts_when_all_its_days_lie_in_the_window(row: MetricRow, counts: bool) -> None:
    assert bool(gather([row], as_of=AS_OF).impressions) is counts


def test_a_day_that_a_week_covers_does_not_count_again() -> None:
    rows = [
        on(3, "shopify", revenue=100),
        week(6, revenue=7),
        week(9, revenue=50),
        on(7, "shopify", revenue=2),
    ]
    # The earlier week runs from nine to three days ago; every other row has a day in it.
    window = gather(rows, as_of=AS_OF)
    assert window.days_covered == 7
    assert window.revenue == pytest.approx(50 * 30 / 7)


def test_sources_are_scaled_each_by_its_own_days() -> None:
    rows = [
        *(on(day, impressions=10) for day in range(15)),
        *(on(day, "ga4", sessions=10) for day in range(3)),
    ]
    window = gather(rows, as_of=AS_OF)
    assert (window.impressions, window.sessions, window.days_covered) == (300, 300, 15)


def test_the_position_is_weighted_by_impressions() -> None:
    rows = [on(0, impressions=900, position=2.0), on(1, impressions=100, position=12.0), on(2, position=99.0)]
    assert gather(rows, as_of=AS_OF).position == 3.0


def test_impressions_without_a_position_do_not_weigh_the_others_down() -> None:
    assert gather([on(0, impressions=10, position=4.0), on(1, impressions=90)], as_of=AS_OF).position == 4.0


@pytest.mark.parametrize("rows", [[], [on(0, impressions=5)], [on(0, position=3.0)]])
def test_a_missing_position_counts_as_twenty(rows: list[MetricRow]) -> None:
    assert gather(rows, as_of=AS_OF).position == MISSING_POSITION == 20


def test_the_bounce_rate_is_weighted_by_sessions_and_may_be_unknown() -> None:
    rows = [on(0, "ga4", sessions=30, bounce_rate=0.2), on(1, "ga4", sessions=10, bounce_rate=0.6)]
    assert gather(rows, as_of=AS_OF).bounce_rate == pytest.approx(0.3)
    assert gather([on(0, "ga4", sessions=30)], as_of=AS_OF).bounce_rate is None


def test_sales_come_from_the_shop_and_are_never_added() -> None:
    rows = [
        on(0, "ga4", sessions=9, revenue=50, transactions=5),
        on(0, "shopify", revenue=60, transactions=6),
    ]
    window = gather(rows, as_of=AS_OF)
    assert (window.revenue, window.transactions) == (1_800, 180)


def test_what_the_shop_does_not_give_comes_from_ga4() -> None:
    rows = [on(0, "ga4", revenue=50, transactions=5), on(0, "shopify", revenue=60)]
    window = gather(rows, as_of=AS_OF)
    assert (window.revenue, window.transactions) == (1_800, 150)


def test_a_shop_that_sold_nothing_says_so() -> None:
    rows = [on(0, "ga4", revenue=50, transactions=5), on(0, "shopify", revenue=0, transactions=0)]
    window = gather(rows, as_of=AS_OF)
    assert (window.revenue, window.transactions, window.average_order_value) == (0, 0, 0)


def test_search_figures_of_another_source_are_not_taken() -> None:
    rows = [on(0, "ga4", impressions=500, clicks=5), on(0, sessions=70), on(0, "shopify", sessions=70)]
    window = gather(rows, as_of=AS_OF)
    assert (window.impressions, window.clicks, window.sessions) == (0, 0, 0)


def test_ratios_without_a_denominator_are_nothing() -> None:
    window = MetricWindow()
    assert (window.ctr, window.conversion_rate, window.average_order_value) == (0, 0, 0)


def test_a_month_says_whether_any_of_it_was_made_up() -> None:
    real = [on(0, impressions=5), on(1, impressions=5)]
    assert not gather(real, as_of=AS_OF).is_synthetic
    assert gather([*real, on(2, impressions=5, is_synthetic=True)], as_of=AS_OF).is_synthetic


@pytest.mark.parametrize(
    ("impressions", "sessions", "enough"),
    [(10, 5, False), (10.1, 0, True), (11, 0, True), (0, 5.1, True), (0, 6, True), (0, 0, False)],
)
def test_enough_data_means_more_than_ten_impressions_or_five_sessions(
    impressions: float, sessions: float, enough: bool
) -> None:
    assert MetricWindow(impressions=impressions, sessions=sessions).has_data is enough


def test_no_rows_make_an_empty_month() -> None:
    assert gather([], as_of=AS_OF) == MetricWindow()
    assert gather([on(31, impressions=1_000)], as_of=AS_OF) == MetricWindow()


def test_a_metric_row_holds_what_the_month_needs_and_no_more() -> None:
    assert MetricRow(date(2026, 1, 1), "gsc").days_covered == 1


ROWS = st.lists(
    st.builds(
        MetricRow,
        date=st.dates(AS_OF - timedelta(days=40), AS_OF + timedelta(days=3)),
        source=st.sampled_from(["gsc", "ga4", "shopify"]),
        days_covered=st.sampled_from([1, 7]),
        impressions=st.none() | st.integers(0, 1_000),
        clicks=st.none() | st.integers(0, 1_000),
        position=st.none() | st.floats(1, 100),
        sessions=st.none() | st.integers(0, 1_000),
        revenue=st.none() | st.decimals(0, 1_000, places=2),
        transactions=st.none() | st.integers(0, 1_000),
        bounce_rate=st.none() | st.floats(0, 1),
    ),
    max_size=60,
    unique_by=lambda row: (row.date, row.source),
)


@given(ROWS, st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(rows: list[MetricRow], random: Any) -> None:
    shuffled = list(rows)
    random.shuffle(shuffled)
    assert gather(shuffled, as_of=AS_OF) == gather(rows, as_of=AS_OF)


@given(ROWS)
def test_a_month_never_leaves_its_bounds(rows: list[MetricRow]) -> None:
    window = gather(rows, as_of=AS_OF)
    assert 0 <= window.days_covered <= 30
    assert window.newest is None or AS_OF - timedelta(days=29) <= window.newest <= AS_OF
    assert min(window.impressions, window.clicks, window.sessions, window.revenue, window.transactions) >= 0
    assert 1 <= window.position <= 100
    assert window.bounce_rate is None or 0 <= window.bounce_rate <= 1 + 1e-9
