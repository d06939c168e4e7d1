"""The layout of the 24 hours of a budget."""

from datetime import UTC, datetime, timedelta

from queueproject.console.charts import HEIGHT, draw_day
from queueproject.queue.selectors.lanes import Hour

NOW = datetime(2026, 3, 4, 10, 20, tzinfo=UTC)


def hour(ago: int, *, spent: int, refused: int = 0, allowed: int | None = 100) -> Hour:
    moment = NOW.replace(minute=0) - timedelta(hours=ago)
    return Hour(currency="calls", hour=moment, allowed=allowed, spent=spent, refused=refused)


def test_it_has_24_bars_that_end_with_the_current_hour() -> None:
    chart = draw_day([], currency="calls", now=NOW)
    assert len(chart.bars) == 24
    assert chart.bars[-1].hour == NOW.replace(minute=0)
    assert chart.is_empty
    assert all(bar.height == 0 for bar in chart.bars)


def test_bars_are_as_high_as_their_share_of_the_limit() -> None:
    chart = draw_day([hour(0, spent=50), hour(1, spent=100)], currency="calls", now=NOW)
    assert (chart.bars[-1].height, chart.bars[-2].height) == (HEIGHT // 2, HEIGHT)
    assert chart.bars[-1].allowed_y == 0
    assert chart.bars[-1].y == HEIGHT // 2


def test_a_limit_far_out_of_reach_does_not_flatten_the_bars() -> None:
    chart = draw_day([hour(0, spent=10, allowed=100_000)], currency="calls", now=NOW)
    assert chart.bars[-1].height == HEIGHT
    assert chart.bars[-1].allowed_y is None


def test_a_little_is_more_than_nothing() -> None:
    chart = draw_day([hour(0, spent=1), hour(1, spent=1_000_000, allowed=None)], currency="calls", now=NOW)
    assert chart.bars[-1].height == 1


def test_refusals_are_counted_even_when_nothing_was_spent() -> None:
    chart = draw_day([hour(2, spent=0, refused=7)], currency="calls", now=NOW)
    assert not chart.is_empty
    assert (chart.refused, chart.bars[-3].refused) == (7, 7)
