"""What pages, API and command read of analyses and opportunities."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar

from django.db.models import Count, F, Min, Model, Q, QuerySet
from django.utils import timezone

from queueproject.queue.models import Batch
from scoring.taxonomy.models import Analysis, Opportunity, Project
from scoring.taxonomy.models.words import AnalysisState

# The API knows four words: a cancelled job is a failed one that says so in its errors.
STATUS_WORDS: Final = {
    AnalysisState.PENDING: "pending",
    AnalysisState.PROCESSING: "processing",
    AnalysisState.COMPLETED: "completed",
    AnalysisState.FAILED: "failed",
    AnalysisState.CANCELLED: "failed",
}
ORDERS: Final = {
    "score": "score",
    "revenue_potential": "revenue_potential",
    "priority": "priority",
    "confidence": "confidence",
    "effort": "effort",
    "path": "node__path",
    "computed_at": "computed_at",
}
Row = TypeVar("Row", bound=Model)


@dataclass(frozen=True)
class Progress:
    """How far an analysis is; nodes that failed count as processed."""

    status: str
    state: str
    total: int
    processed: int
    successful: int
    failed: int
    progress: int
    rate_per_second: float | None
    eta_seconds: float | None
    errors_by_kind: list[tuple[str, int, str]]
    started_at: datetime | None
    ended_at: datetime | None

    @property
    def is_over(self) -> bool:
        """Say whether nothing more will happen."""
        return self.ended_at is not None


def describe(analysis: Analysis, *, now: datetime | None = None, with_errors: bool = True) -> Progress:
    """Return how far an analysis is, by its batch's exact counters, or its result once it is over."""
    now = now or timezone.now()
    successful, failed = _count(analysis)
    processed = successful + failed
    is_over = analysis.finished_at is not None
    seconds = ((analysis.finished_at or now) - (analysis.started_at or now)).total_seconds()
    rate = processed / seconds if processed and seconds > 0 else None
    left = analysis.total_nodes - processed
    return Progress(
        status=STATUS_WORDS[AnalysisState(analysis.state)],
        state=analysis.state,
        total=analysis.total_nodes,
        processed=processed,
        successful=successful,
        failed=failed,
        progress=_measure(analysis, processed),
        rate_per_second=rate,
        eta_seconds=None if is_over or rate is None else left / rate,
        errors_by_kind=_group_errors(analysis) if failed and with_errors else [],
        started_at=analysis.started_at,
        ended_at=analysis.finished_at,
    )


def _count(analysis: Analysis) -> tuple[int, int]:
    """Return how many nodes succeeded and failed."""
    if analysis.finished_at is not None and analysis.result is not None:
        return analysis.result["successful"], analysis.result["failed"]
    counters = Batch.objects.filter(pk=analysis.batch_number or 0).values_list(
        "completed_units", "failed_units"
    )
    found = counters.first()
    if found is None:
        return 0, 0
    return found[0], found[1]


def _measure(analysis: Analysis, processed: int) -> int:
    """Return 0 to 100, and 100 only at the end."""
    if analysis.state == AnalysisState.COMPLETED:
        return 100
    percent = processed * 100 // analysis.total_nodes if analysis.total_nodes else 0
    return percent if analysis.finished_at else min(percent, 99)


def _group_errors(analysis: Analysis) -> list[tuple[str, int, str]]:
    """Return (kind, how many, an example) of the failed nodes, the most frequent first; one query."""
    failed = analysis.node_results.filter(succeeded=False)
    groups = failed.values("error_kind").annotate(count=Count("pk"), example=Min("error"))
    return [
        (row["error_kind"], row["count"], row["example"]) for row in groups.order_by("-count", "error_kind")
    ]


def rank_opportunities(
    project: Project,
    *,
    min_score: int | None = None,
    priority: int | None = None,
    status: str | None = None,
    search: str = "",
    order: str = "-score",
) -> QuerySet[Opportunity]:
    """Return a project's opportunities, by default the highest score first; one query with their nodes.

    `status` is the node's optimization status, `search` looks into path, title and external id, `order` is
    one of ORDERS, with a minus for descending.
    """
    found = Opportunity.objects.filter(node__project=project).select_related("node")
    if min_score is not None:
        found = found.filter(score__gte=min_score)
    if priority is not None:
        found = found.filter(priority=priority)
    if status:
        found = found.filter(node__optimization_status=status)
    if words := search.strip():
        found = found.filter(
            Q(node__path__icontains=words)
            | Q(node__title__icontains=words)
            | Q(node__external_id__icontains=words)
        )
    column = F(ORDERS[order.removeprefix("-")])
    ranked = column.desc(nulls_last=True) if order.startswith("-") else column.asc(nulls_last=True)
    return found.order_by(ranked, F("revenue_potential").desc(), "node_id")


def read_slice(found: QuerySet[Row, Any], begin: int, end: int) -> list[Row]:
    """Return some rows of an ordered query; two queries.

    Their numbers are read first: of a project of 100,000 nodes, whole rows would be sorted on disk.
    """
    keys = list(found.values_list("pk", flat=True)[begin:end])
    rows = {row.pk: row for row in found.order_by().filter(pk__in=keys)}
    return [rows[key] for key in keys if key in rows]
