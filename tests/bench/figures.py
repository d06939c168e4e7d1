"""A figure: a number, what it was held against in the same run, and whether that holds."""

import json
import math
import sys
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass

from rich.console import Console
from rich.table import Column, Table

WIDTH = 120


@dataclass(frozen=True)
class Figure:
    """One measured figure. `bar` is the least (or, with `at_most`, the greatest) ratio that will do.

    Without a bar it only tells, and holds.
    """

    name: str
    value: float
    unit: str
    reference: float
    bar: float | None = None
    at_most: bool = False

    @property
    def ratio(self) -> float:
        return self.value / self.reference

    @property
    def holds(self) -> bool:
        if self.bar is None:
            return True
        return self.ratio <= self.bar if self.at_most else self.ratio >= self.bar

    def as_json(self) -> str:
        shown = {key: value for key, value in asdict(self).items() if key != "at_most"}
        shown |= {"value": round(self.value, 2), "reference": round(self.reference, 2)}
        return json.dumps(shown | {"ratio": round(self.ratio, 3), "holds": self.holds})


def percentile(values: Sequence[float], percent: float) -> float:
    """Return the least of the values that so many percent of them do not exceed (nearest rank)."""
    ranked = sorted(values)
    return ranked[max(0, math.ceil(len(ranked) * percent / 100) - 1)]


def print_json(figures: Iterable[Figure]) -> None:
    """Print one JSON object a line, each as soon as it is measured."""
    for figure in figures:
        sys.stdout.write(figure.as_json() + "\n")
        sys.stdout.flush()


def print_table(figures: Iterable[Figure]) -> None:
    """Print a table a person can read, once everything is measured."""
    table = Table(Column("figure", no_wrap=True), "value", "unit", "held against", "ratio", "bar", "holds")
    for figure in figures:
        bar = "" if figure.bar is None else f"{'≤' if figure.at_most else '≥'} {figure.bar:g}"
        table.add_row(
            figure.name,
            f"{figure.value:,.1f}",
            figure.unit,
            f"{figure.reference:,.1f}",
            f"{figure.ratio:.3f}",
            bar,
            "" if figure.bar is None else "yes" if figure.holds else "[bold]no[/]",
        )
    Console(width=WIDTH).print(table)
