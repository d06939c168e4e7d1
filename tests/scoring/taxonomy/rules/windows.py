"""Months and strategies that the tests of the formulas share."""

from datetime import date, timedelta
from typing import Any

from hypothesis import strategies as st

from scoring.taxonomy.rules.facts import MetricWindow

AS_OF = date(2026, 6, 25)


def make_window(**values: Any) -> MetricWindow:
    """Return the month of the worked check, fresh, with what the test changes."""
    figures: dict[str, Any] = {
        "impressions": 20_000,
        "clicks": 300,
        "position": 8,
        "sessions": 280,
        "transactions": 7,
        "revenue": 560,
        "newest": AS_OF,
        "days_covered": 30,
        **values,
    }
    return MetricWindow(**figures)


def counts(largest: int = 10_000_000) -> st.SearchStrategy[int]:
    """Counts of a month, small ones often."""
    return st.one_of(st.integers(0, 50), st.integers(0, largest))


def windows() -> st.SearchStrategy[MetricWindow]:
    """Months that a database could hold, likely or not."""
    return st.builds(
        MetricWindow,
        impressions=counts(10**11),
        clicks=counts(10**11),
        position=st.floats(0, 1_000, allow_nan=False),
        sessions=counts(10**11),
        transactions=counts(10**11),
        revenue=st.floats(0, 1e12, allow_nan=False),
        bounce_rate=st.none() | st.floats(0, 1),
        newest=st.none() | st.dates(AS_OF - timedelta(days=40), AS_OF),
        days_covered=st.integers(0, 30),
    )
