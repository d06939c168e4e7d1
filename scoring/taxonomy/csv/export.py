"""Export what an analysis found: ordered by node, without numbers of rows or times, so that runs compare."""

from collections.abc import Iterator
from typing import Any, Final, TextIO

from django.db.models.functions import Collate

from queueproject.csvimport import stream_csv
from scoring.taxonomy.models import Analysis, NodeResult

_CHUNK_ROWS: Final = 2_000
_FACTORS: Final = ("volume", "ctr_gap", "position", "competition", "revenue")
COLUMNS: Final = (
    "node_id",
    "path",
    "succeeded",
    "has_data",
    "score",
    *(f"{factor}_factor" for factor in _FACTORS),
    "priority",
    "confidence",
    "revenue_potential",
    "projected_revenue",
    "projected_lift",
    "combined_value",
    "error",
)


def export_analysis(analysis: Analysis, file: TextIO) -> int:
    """Write the results of an analysis and return how many there are; open the file with newline=""."""
    lines = 0
    for line in stream_analysis(analysis):
        file.write(line)
        lines += 1
    return lines - 1


def stream_analysis(analysis: Analysis, *, bom: bool = False) -> Iterator[str]:
    """Yield the file line by line; two analyses that found the same yield the same bytes."""
    results = (
        analysis.node_results.select_related("node")
        .only(
            "analysis",
            "succeeded",
            "has_data",
            "score",
            "factors",
            "priority",
            "confidence",
            "revenue_potential",
            "projected_revenue",
            "projected_lift",
            "combined_value",
            "error",
            "node__external_id",
            "node__path",
        )
        # The order of bytes, whatever language the database was made for.
        .order_by(Collate("node__external_id", "C"))
    )
    rows = (_list_cells(result) for result in results.iterator(chunk_size=_CHUNK_ROWS))
    return stream_csv(COLUMNS, rows, bom=bom)


def _list_cells(result: NodeResult) -> list[Any]:
    return [
        result.node.external_id,
        result.node.path,
        result.succeeded,
        result.has_data,
        result.score,
        *(_fix(result.factors.get(factor), places=6) for factor in _FACTORS),
        result.priority,
        _fix(result.confidence, places=4),
        result.revenue_potential,
        result.projected_revenue,
        result.projected_lift,
        _fix(result.combined_value, places=4),
        result.error,
    ]


def _fix(value: float | None, *, places: int) -> str:
    return "" if value is None else f"{value:.{places}f}"
