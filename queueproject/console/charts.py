"""Charts as SVG: figures in, boxes out; pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from queueproject.queue.selectors.lanes import Hour

WIDTH, HEIGHT, STEP, BAR = 720, 120, 30, 22


@dataclass(frozen=True)
class Bar:
    """One hour: where its boxes stand, in the chart's units."""

    hour: datetime
    spent: int
    refused: int
    allowed: int | None
    x: int
    y: int
    height: int
    allowed_y: int | None
    shows_label: bool

    @property
    def middle(self) -> int:
        return self.x + BAR // 2


@dataclass(frozen=True)
class Chart:
    """A day of one currency in 24 bars."""

    currency: str
    bars: list[Bar]
    top: int
    spent: int
    refused: int
    width: int = WIDTH
    height: int = HEIGHT
    bar_width: int = BAR

    @property
    def is_empty(self) -> bool:
        return self.spent == 0 and self.refused == 0

    @property
    def sentence(self) -> str:
        """Return what the chart shows, in words."""
        return (
            f"{self.spent:,} {self.currency} in the last 24 hours, {self.refused:,} refused; "
            f"the busiest hour had {max((bar.spent for bar in self.bars), default=0):,}."
        )


def draw_day(hours: Sequence[Hour], *, currency: str, now: datetime) -> Chart:
    """Lay out the 24 hours up to now; hours without a row are empty bars."""
    found = {hour.hour: hour for hour in hours}
    last = now.replace(minute=0, second=0, microsecond=0)
    moments = [last - timedelta(hours=23 - index) for index in range(24)]
    top = _top(hours)
    bars = [_bar(index, moment, found.get(moment), top) for index, moment in enumerate(moments)]
    return Chart(
        currency=currency,
        bars=bars,
        top=top,
        spent=sum(bar.spent for bar in bars),
        refused=sum(bar.refused for bar in bars),
    )


def _top(hours: Sequence[Hour]) -> int:
    """Return the figure at the top edge: the limit while it is in reach, so that low bars stay readable."""
    most = max((hour.spent for hour in hours), default=0)
    limits = [hour.allowed for hour in hours if hour.allowed and hour.allowed <= most * 4]
    return max([most, 1, *limits])


def _bar(index: int, moment: datetime, hour: Hour | None, top: int) -> Bar:
    spent = hour.spent if hour else 0
    height = max(1 if spent else 0, spent * HEIGHT // top)
    allowed = hour.allowed if hour else None
    return Bar(
        hour=moment,
        spent=spent,
        refused=hour.refused if hour else 0,
        allowed=allowed,
        x=index * STEP + (STEP - BAR) // 2,
        y=HEIGHT - height,
        height=height,
        allowed_y=HEIGHT - allowed * HEIGHT // top if allowed and allowed <= top else None,
        shows_label=moment.hour % 4 == 0,
    )
