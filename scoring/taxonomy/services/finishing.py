"""Sum an analysis up: counts per node, the mean, the spread, and the hundred best."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, Final

from django.db.models import Avg, Count, F, Q, QuerySet, Sum
from django.utils import timezone

from queueproject.queue.models import Batch, Job
from queueproject.queue.states import BatchState, State
from scoring.taxonomy import kinds
from scoring.taxonomy.models import Analysis, Node, NodeResult
from scoring.taxonomy.models.words import AnalysisState, AnalysisType
from scoring.taxonomy.services.saving import save_results
from scoring.taxonomy.services.working import Failure

CANCELLED: Final = "Job cancelled by user"
ALL_FAILED: Final = "Every node failed"
MOST_TOP: Final = 100
BANDS: Final = ((0, 19), (20, 39), (40, 59), (60, 79), (80, 100))
_RANKED_BY: Final = {
    AnalysisType.SCORING: "score",
    AnalysisType.REVENUE: "projected_lift",
    AnalysisType.FULL_ANALYSIS: "combined_value",
}
OPEN: Final = (AnalysisState.PENDING, AnalysisState.PROCESSING)


def finish_analysis(batch_id: int) -> None:
    """Write state and result of the analysis of a batch that ended; one that is over is left as it is."""
    analysis = Analysis.objects.select_for_update(no_key=True).get(batch_number=batch_id)
    if analysis.state not in OPEN:
        return
    now = timezone.now()
    batch = Batch.objects.get(pk=batch_id)
    if batch.state == BatchState.CANCELLED:
        close(analysis, state=AnalysisState.CANCELLED, error=CANCELLED, now=now)
        return
    _record_lost_nodes(analysis, batch_id, now=now)
    result = make_result(analysis)
    all_failed = bool(analysis.total_nodes) and not result["successful"]
    close(
        analysis,
        state=AnalysisState.FAILED if all_failed else AnalysisState.COMPLETED,
        error=ALL_FAILED if all_failed else "",
        now=now,
        result=result,
    )


def close(
    analysis: Analysis, *, state: str, error: str, now: datetime, result: dict[str, Any] | None = None
) -> None:
    """End an open analysis; what became of its nodes until then is its result."""
    Analysis.objects.filter(pk=analysis.pk, state__in=OPEN).update(
        state=state,
        error=error,
        finished_at=now,
        result=make_result(analysis, is_cut_short=state == AnalysisState.CANCELLED)
        if result is None
        else result,
    )


def _record_lost_nodes(analysis: Analysis, batch_id: int, *, now: datetime) -> None:
    """Give the nodes of jobs that failed or were cancelled their failure, so that it is seen and retried."""
    lost = Job.objects.filter(
        batch=batch_id, kind=kinds.ANALYSE_CHUNK, state__in=[State.FAILED, State.CANCELLED]
    )
    for job in lost.only("payload", "last_error", "attempts"):
        node_ids = job.payload["node_ids"]
        there = Node.objects.filter(pk__in=node_ids).values_list("pk", flat=True)
        settled = analysis.node_results.filter(node__in=node_ids).values_list("node_id", flat=True)
        words = job.last_error.strip() or "its job failed"
        failures = [
            Failure(pk, words, "JobFailed", job.payload.get("tries", 0))
            for pk in sorted(set(there) - set(settled))
        ]
        save_results(analysis.pk, [], failures, now=now)


def make_result(analysis: Analysis, *, is_cut_short: bool = False) -> dict[str, Any]:
    """Return an analysis's result under the API's names.

    A node that was deleted counts as failed, one that a cancelled analysis did not come to does not.
    """
    done = analysis.node_results.filter(succeeded=True)
    sums = done.aggregate(
        successful=Count("pk"),
        average=Avg("score", filter=Q(has_data=True)),
        potential=Sum("projected_lift"),
        no_data=Count("pk", filter=Q(has_data=False)),
        **{
            f"band{low}": Count("pk", filter=Q(has_data=True, score__range=(low, high)))
            for low, high in BANDS
        },
    )
    total, successful = analysis.total_nodes, sums["successful"]
    failed = total - successful
    if is_cut_short:
        failed = analysis.node_results.filter(succeeded=False).count()
    return {
        "total": total,
        "successful": successful,
        "failed": failed,
        "successRate": successful * 100 / total if total else 100.0,
        "averageScore": None if sums["average"] is None else float(sums["average"]),
        "distribution": {
            **{f"{low}-{high}": sums[f"band{low}"] for low, high in BANDS},
            "noData": sums["no_data"],
        },
        "topOpportunities": [show_result(row) for row in rank_results(analysis)[:MOST_TOP]],
        "totalPotential": float(sums["potential"] or 0),
    }


def rank_results(analysis: Analysis) -> "QuerySet[NodeResult]":
    """Return what was found, the best by the analysis's type first; nodes without data never lead."""
    ranked_by = _RANKED_BY[AnalysisType(analysis.type)]
    found = analysis.node_results.filter(succeeded=True, has_data=True).select_related("node")
    return found.order_by(F(ranked_by).desc(nulls_last=True), "node_id")


def show_result(row: NodeResult) -> dict[str, Any]:
    """Return a node's result under the API's names."""
    return {
        "nodeId": str(row.node_id),
        "externalId": row.node.external_id,
        "path": row.node.path,
        "status": "fulfilled" if row.succeeded else "rejected",
        "hasData": row.has_data,
        "score": row.score,
        "confidence": row.confidence,
        "priority": row.priority,
        "factors": row.factors,
        **_show_money(row, ("revenue_potential", "projected_lift", "projected_revenue")),
        "combinedValue": row.combined_value,
        "error": row.error or None,
        "retryCount": row.retry_count,
    }


def _show_money(row: NodeResult, names: Iterable[str]) -> dict[str, float | None]:
    shown = {}
    for name in names:
        first, rest = name.split("_")
        value = getattr(row, name)
        shown[first + rest.capitalize()] = None if value is None else float(value)
    return shown
