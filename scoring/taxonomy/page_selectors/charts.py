"""Charts as SVG: figures in, shapes out; pure."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from scoring.taxonomy.rules.rounding import round_half_up

WIDTH, HEIGHT, GAP, NARROW = 360, 120, 8, 40
ROW_HEIGHT, ROW_WIDTH = 22, 400
SIDE: Final = 300


@dataclass(frozen=True)
class Column:
    """One bar of a distribution."""

    label: str
    count: int
    x: int
    y: int
    width: int
    height: int

    @property
    def middle(self) -> int:
        """Return where its labels stand."""
        return self.x + self.width // 2

    @property
    def tick(self) -> str:
        """Return what stands below it: where its band begins, when it is too narrow for the whole of it."""
        return self.label if self.width >= NARROW else self.label.partition("–")[0]


@dataclass(frozen=True)
class Distribution:
    """How many nodes lie in each band of scores."""

    columns: list[Column]
    total: int
    no_data: int
    width: int = WIDTH
    height: int = HEIGHT

    @property
    def sentence(self) -> str:
        """Return what the chart shows, in words."""
        if not self.total:
            return "No node has a score."
        fullest = max(self.columns, key=lambda column: column.count)
        lacking = f", {self.no_data:,} have no data" if self.no_data else ""
        return (
            f"{self.total:,} nodes have a score{lacking}; most of them, {fullest.count:,}, "
            f"lie at {fullest.label}."
        )


def draw_distribution(counts: Mapping[str, int], *, no_data: int = 0, most: int = 0) -> Distribution:
    """Lay out one bar per band; `most` is the count at the top edge, to draw two charts alike."""
    top = max([most, 1, *counts.values()])
    step = WIDTH // max(1, len(counts))
    columns = []
    for number, (label, count) in enumerate(counts.items()):
        height = max(1 if count else 0, count * HEIGHT // top)
        x = number * step + GAP // 2
        columns.append(Column(label, count, x, HEIGHT - height, step - GAP, height))
    return Distribution(columns, sum(counts.values()), no_data)


@dataclass(frozen=True)
class Line:
    """One bar of a ranking."""

    node_id: int
    label: str
    value: Decimal
    y: int
    length: int

    @property
    def baseline(self) -> int:
        """Return where its text stands."""
        return self.y + ROW_HEIGHT - 8


@dataclass(frozen=True)
class Ranking:
    """The largest amounts, longest bar first."""

    lines: list[Line]
    width: int = ROW_WIDTH
    bar_height: int = ROW_HEIGHT - 6

    @property
    def height(self) -> int:
        """Return the height of the chart in its own units."""
        return len(self.lines) * ROW_HEIGHT


def draw_ranking(amounts: Sequence[tuple[int, str, Decimal]]) -> Ranking:
    """Lay out one bar per (node, label, amount), given from the largest down."""
    top = float(max((amount for _, _, amount in amounts), default=Decimal(0))) or 1.0
    return Ranking(
        [
            Line(
                node_id,
                label,
                amount,
                number * ROW_HEIGHT,
                max(2, round_half_up(float(amount) * ROW_WIDTH / top)),
            )
            for number, (node_id, label, amount) in enumerate(amounts)
        ]
    )


@dataclass(frozen=True)
class Point:
    """A node by effort, to the right, and impact, upwards."""

    node_id: int
    label: str
    effort: int
    score: int
    status: str
    potential: Decimal
    radius: float

    @property
    def x(self) -> int:
        """Return the place from the left edge."""
        return self.effort * SIDE // 100

    @property
    def y(self) -> int:
        """Return the place from the top edge."""
        return SIDE - self.score * SIDE // 100


@dataclass(frozen=True)
class Scatter:
    """Effort and impact of the best opportunities whose effort is known."""

    points: list[Point]
    side: int = SIDE

    @property
    def quick_wins(self) -> int:
        """Count the points in the corner of little effort and a high score."""
        return sum(point.effort < 30 and point.score > 70 for point in self.points)

    @property
    def sentence(self) -> str:
        """Return what the chart shows, in words."""
        return (
            f"The {len(self.points):,} best opportunities whose effort is known; "
            f"{self.quick_wins:,} score above 70 with an effort below 30."
        )


def make_radius(potential: Decimal) -> float:
    """Return 3 to 9 by orders of magnitude, so that one large amount does not hide the others."""
    return min(9.0, 3 + math.log10(float(potential) + 1))
