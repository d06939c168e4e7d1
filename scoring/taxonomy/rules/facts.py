"""Facts: the month that ends on a day, from what each source measured on its days and weeks."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Final, NamedTuple

from scoring.taxonomy.rules.choices import Choices

__all__ = ["MISSING_POSITION", "WINDOW_DAYS", "Choices", "MetricRow", "MetricWindow", "gather"]

WINDOW_DAYS: Final = 30
MISSING_POSITION: Final = 20.0
_FEWEST_IMPRESSIONS: Final = 10
_FEWEST_SESSIONS: Final = 5
_SEARCH, _VISITS, _SHOP = "gsc", "ga4", "shopify"


class MetricRow(NamedTuple):
    """One row of metrics, as `NodeMetric.objects.values_list(*MetricRow._fields)` reads it."""

    date: date
    source: str
    days_covered: int = 1
    is_synthetic: bool = False
    impressions: int | None = None
    clicks: int | None = None
    position: float | None = None
    sessions: int | None = None
    revenue: Decimal | float | None = None
    transactions: int | None = None
    bounce_rate: float | None = None


@dataclass(frozen=True, slots=True)
class MetricWindow:
    """A month of one node. Counts and money are per 30 days; `newest` is the last day that was measured."""

    impressions: float = 0.0
    clicks: float = 0.0
    position: float = MISSING_POSITION
    sessions: float = 0.0
    transactions: float = 0.0
    revenue: float = 0.0
    bounce_rate: float | None = None
    newest: date | None = None
    days_covered: int = 0
    is_synthetic: bool = False

    @property
    def ctr(self) -> float:
        """Return clicks per impression, 0 without impressions."""
        return self.clicks / self.impressions if self.impressions else 0.0

    @property
    def conversion_rate(self) -> float:
        """Return transactions per session, 0 without sessions."""
        return self.transactions / self.sessions if self.sessions else 0.0

    @property
    def average_order_value(self) -> float:
        """Return revenue per transaction, 0 without transactions."""
        return self.revenue / self.transactions if self.transactions else 0.0

    @property
    def has_data(self) -> bool:
        """Say whether there is enough to judge by: more than 10 impressions or 5 sessions a month."""
        return self.impressions > _FEWEST_IMPRESSIONS or self.sessions > _FEWEST_SESSIONS


class _Tally:
    """The sums of one source over the rows taken. A ratio is weighted by its own rows' count alone."""

    __slots__ = (
        "bounces",
        "clicks",
        "days",
        "impressions",
        "placed",
        "places",
        "revenue",
        "sessions",
        "transactions",
        "visited",
    )

    def __init__(self) -> None:
        self.days = 0
        self.impressions = self.clicks = self.sessions = 0
        self.revenue: float | None = None
        self.transactions: int | None = None
        self.places = self.bounces = 0.0
        self.placed = self.visited = 0

    def add(self, row: MetricRow) -> None:
        """Add the figures of a row; a figure not given adds nothing."""
        self.impressions += row.impressions or 0
        self.clicks += row.clicks or 0
        self.sessions += row.sessions or 0
        if row.position is not None and row.impressions:
            self.places += row.position * row.impressions
            self.placed += row.impressions
        if row.bounce_rate is not None and row.sessions:
            self.bounces += row.bounce_rate * row.sessions
            self.visited += row.sessions
        if row.revenue is not None:
            self.revenue = (self.revenue or 0.0) + float(row.revenue)
        if row.transactions is not None:
            self.transactions = (self.transactions or 0) + row.transactions

    @property
    def scale(self) -> float:
        """Return what makes a month of the days covered."""
        days = self.days.bit_count()
        return WINDOW_DAYS / days if days else 0.0


def gather(metrics: Iterable[MetricRow], *, as_of: date) -> MetricWindow:
    """Return the month of one node that ends on `as_of`, from its rows in any order.

    A row counts when all its days lie in the 30 days, and none of them was covered by a longer or earlier row
    of its source. Each source is scaled by its own days.
    """
    tallies: dict[str, _Tally] = {}
    newest = first = as_of.toordinal() - WINDOW_DAYS + 1
    is_synthetic = False
    for row in sorted(metrics, key=_get_order):
        start = row.date.toordinal() - first
        if start < 0 or start + row.days_covered > WINDOW_DAYS:
            continue
        days = ((1 << row.days_covered) - 1) << start
        tally = tallies.get(row.source)
        if tally is None:
            tally = tallies[row.source] = _Tally()
        if tally.days & days:
            continue
        tally.days |= days
        tally.add(row)
        newest = max(newest, first + start + row.days_covered - 1)
        is_synthetic = is_synthetic or row.is_synthetic
    if not tallies:
        return MetricWindow()
    return _combine(tallies, newest=date.fromordinal(newest), is_synthetic=is_synthetic)


def _get_order(row: MetricRow) -> tuple[int, date]:
    return -row.days_covered, row.date


def _combine(tallies: dict[str, _Tally], *, newest: date, is_synthetic: bool) -> MetricWindow:
    """Take search figures from gsc, visits from ga4, sales from the shop where it has them, else from ga4."""
    nothing = _Tally()
    search, visits = tallies.get(_SEARCH, nothing), tallies.get(_VISITS, nothing)
    shop = tallies.get(_SHOP, nothing)
    sales = shop if shop.revenue is not None else visits
    orders = shop if shop.transactions is not None else visits
    days = 0
    for tally in tallies.values():
        days |= tally.days
    return MetricWindow(
        impressions=search.impressions * search.scale,
        clicks=search.clicks * search.scale,
        position=search.places / search.placed if search.placed else MISSING_POSITION,
        sessions=visits.sessions * visits.scale,
        transactions=(orders.transactions or 0) * orders.scale,
        revenue=(sales.revenue or 0.0) * sales.scale,
        bounce_rate=visits.bounces / visits.visited if visits.visited else None,
        newest=newest,
        days_covered=days.bit_count(),
        is_synthetic=is_synthetic,
    )
