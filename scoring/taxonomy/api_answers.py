"""Tell callers of the API about jobs and opportunities."""

from typing import Any, Final

from django.urls import reverse

from scoring.taxonomy.api_schemas import (
    JobAnswer,
    JobSummary,
    NodeError,
    NodeOutcome,
    RankedOpportunity,
    Result,
)
from scoring.taxonomy.models import Analysis, Opportunity
from scoring.taxonomy.models.words import AnalysisState
from scoring.taxonomy.selectors import Progress, describe
from scoring.taxonomy.services.finishing import show_result

MOST_IN_LINE: Final = 1_000
JOB: Final = "job"


def show_job(analysis: Analysis) -> JobAnswer:
    """Return a job with errors and result."""
    progress = describe(analysis)
    errors = _list_errors(analysis, progress)
    return JobAnswer(
        **_show_facts(analysis, progress),
        errors=errors,
        error_count=max(progress.failed, len(errors)),
        result=_show_result(analysis),
        options=analysis.options,
        as_of=analysis.as_of,
        choices=analysis.choices,
        rate_per_second=progress.rate_per_second,
        eta_seconds=progress.eta_seconds,
    )


def show_summary(analysis: Analysis) -> JobSummary:
    """Return a job as lists show it."""
    return JobSummary(**_show_facts(analysis, describe(analysis, with_errors=False)))


def _show_facts(analysis: Analysis, progress: Progress) -> dict[str, Any]:
    return {
        "id": analysis.pk,
        "type": analysis.type,
        "project_id": str(analysis.project_id),
        "status": progress.status,
        "progress": progress.progress,
        "total_items": progress.total,
        "processed_items": progress.processed,
        "created_at": analysis.created_at,
        "started_at": progress.started_at,
        "completed_at": progress.ended_at,
        "parent_job_id": analysis.parent_id,
    }


def _list_errors(analysis: Analysis, progress: Progress) -> list[NodeError]:
    """Return the first of the failed nodes, and what ended the job itself."""
    errors: list[NodeError] = []
    if analysis.error and analysis.state == AnalysisState.CANCELLED:
        errors.append(
            NodeError(node_id=JOB, error=analysis.error, timestamp=analysis.finished_at, retry_count=0)
        )
    if progress.failed:
        failed = analysis.node_results.filter(succeeded=False).order_by("node_id")
        errors += [
            NodeError(node_id=str(row[0]), error=row[1], timestamp=row[2], retry_count=row[3])
            for row in failed.values_list("node_id", "error", "settled_at", "retry_count")[:MOST_IN_LINE]
        ]
    return errors


def _show_result(analysis: Analysis) -> Result | None:
    """Return the result, with the nodes where they are few enough."""
    if analysis.result is None:
        return None
    result = Result.model_validate(analysis.result)
    if analysis.total_nodes > MOST_IN_LINE:
        result.data_url = reverse("api:list_nodes", args=[analysis.pk])
    else:
        rows = analysis.node_results.select_related("node").order_by("node_id")
        result.data = [NodeOutcome.model_validate(show_result(row)) for row in rows]
    return result


def show_opportunity(found: Opportunity, *, rank: int) -> RankedOpportunity:
    """Return an opportunity with its place in the ranking."""
    node = found.node
    return RankedOpportunity(
        rank=rank,
        node_id=str(node.pk),
        external_id=node.external_id,
        path=node.path,
        title=node.title,
        score=found.score,
        priority=found.priority,
        confidence=found.confidence,
        revenue_potential=float(found.revenue_potential),
        factors=found.factors,
        recommendations=found.recommendations,
        effort=found.effort,
        label=found.label,
        status=node.optimization_status,
        computed_at=found.computed_at,
        valid_until=found.valid_until,
        as_of=found.as_of,
    )
