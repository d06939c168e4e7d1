"""Save what a chunk found, in few statements. Runs where the job settles, under its lease."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django.db.models import Value
from django.db.models.functions import Coalesce
from django.utils import timezone

from queueproject.queue.enqueue import enqueue
from queueproject.queue.models import Batch
from scoring.taxonomy import kinds
from scoring.taxonomy.models import Analysis, Node, NodeResult, Opportunity, Project, Projection
from scoring.taxonomy.models.words import AnalysisState
from scoring.taxonomy.rules.opportunity import name_status
from scoring.taxonomy.rules.rounding import round_money
from scoring.taxonomy.services import sql
from scoring.taxonomy.services.working import Chunk, Failure, Finding, Worked

VALID_FOR: Final = timedelta(days=7)
_KEYS: Final = frozenset({"id", "analysis", "node"})


def save_chunk(chunk: Chunk, worked: Worked, *, batch_id: int | None) -> None:
    """Write a chunk's findings and failures, and enqueue jobs for what is to be tried again or left.

    Where another analysis of the project is open, the project's row is locked first: both write the same
    opportunities, and a settle holds several chunks, so that row by row two settles could wait for each
    other.
    """
    now = timezone.now()
    analysis = Analysis.objects.only("project_id").get(pk=chunk.analysis_id)
    if _has_rival(analysis):
        Project.objects.select_for_update(no_key=True).only("pk").get(pk=analysis.project_id)
    alive = _lock_nodes([*worked.findings, *worked.failures])
    findings = [each for each in worked.findings if each.node_id in alive]
    failures = [each for each in worked.failures if each.node_id in alive]
    save_results(chunk.analysis_id, findings, failures, now=now)
    newer = _find_newer(chunk.analysis_id, alive)
    _save_opportunities(
        chunk, [each for each in findings if each.score and each.node_id not in newer], now=now
    )
    _save_projections(chunk, [each for each in findings if each.projection], now=now)
    _mark_processing(chunk.analysis_id, now=now)
    if batch_id is not None and (worked.again or worked.left):
        _pass_on(chunk, worked, batch=Batch.objects.get(pk=batch_id), now=now)


def _has_rival(analysis: Analysis) -> bool:
    """Say whether another analysis writes to the same nodes; one that begins right now yields to a lock."""
    others = Analysis.objects.filter(project_id=analysis.project_id, finished_at=None)
    return others.exclude(pk=analysis.pk).exists()


def _lock_nodes(results: Sequence[Finding | Failure]) -> set[int]:
    """Keep the nodes from being deleted until this settles; return those that are there."""
    nodes = Node.objects.select_for_update(no_key=True).filter(pk__in=[each.node_id for each in results])
    return set(nodes.order_by("pk").values_list("pk", flat=True))


def _find_newer(analysis_id: UUID, node_ids: set[int]) -> set[int]:
    """Return the nodes whose score is of a later analysis: an older one that ends now leaves them alone."""
    stored = Opportunity.objects.filter(node__in=node_ids, analysis__isnull=False).exclude(
        analysis=analysis_id
    )
    scored = dict(stored.values_list("node_id", "analysis_id"))
    if not scored:
        return set()
    begun = _begun_at(analysis_id)
    later = {each for each in set(scored.values()) if _begun_at(each) > begun}
    return {node_id for node_id, each in scored.items() if each in later}


def _begun_at(analysis_id: UUID) -> datetime:
    """Return when an analysis took its day and choices: a retry has those of the one it goes back to."""
    analysis = Analysis.objects.only("parent", "created_at").get(pk=analysis_id)
    return _begun_at(analysis.parent_id) if analysis.parent_id else analysis.created_at


def save_results(
    analysis_id: UUID, findings: Sequence[Finding], failures: Sequence[Failure], *, now: datetime
) -> None:
    """Write one row per node; what stood there of an earlier run of the same analysis is replaced."""
    rows = [_make_result(analysis_id, found, now=now) for found in findings]
    rows += [
        NodeResult(
            analysis_id=analysis_id,
            node_id=failure.node_id,
            succeeded=False,
            error=failure.error.replace("\x00", "\N{REPLACEMENT CHARACTER}"),
            error_kind=failure.kind[:100],
            retry_count=failure.retry_count,
            settled_at=now,
        )
        for failure in failures
    ]
    fields = [each.name for each in NodeResult._meta.concrete_fields if each.name not in _KEYS]
    NodeResult.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["analysis", "node"], update_fields=fields
    )


def _make_result(analysis_id: UUID, found: Finding, *, now: datetime) -> NodeResult:
    scored, projected = found.score, found.projection
    confidences = [each.confidence for each in (scored, projected) if each]
    return NodeResult(
        analysis_id=analysis_id,
        node_id=found.node_id,
        succeeded=True,
        has_data=bool((scored and scored.has_data) or (projected and projected.has_data)),
        score=scored.score if scored else None,
        confidence=sum(confidences) / len(confidences),
        factors=scored.factors if scored else {},
        priority=scored.priority if scored else None,
        revenue_potential=round_money(scored.revenue_potential) if scored else None,
        projected_lift=round_money(projected.projected_lift) if projected else None,
        projected_revenue=round_money(projected.projected_revenue) if projected else None,
        projection=asdict(projected) if projected else {},
        combined_value=found.combined_value,
        settled_at=now,
    )


def _save_opportunities(chunk: Chunk, findings: Sequence[Finding], *, now: datetime) -> None:
    """Write the newest score of each node, and what lists read of it onto the node."""
    rows = [
        Opportunity(
            node_id=found.node_id,
            score=scored.score,
            factors=scored.factors,
            recommendations=[*scored.recommendations],
            revenue_potential=round_money(scored.revenue_potential),
            priority=scored.priority,
            confidence=scored.confidence,
            effort=scored.effort,
            label=scored.label,
            computed_at=now,
            valid_until=now + VALID_FOR,
            as_of=chunk.as_of,
            analysis_id=chunk.analysis_id,
        )
        for found in findings
        if (scored := found.score)
    ]
    if not rows:
        return
    fields = [each.name for each in Opportunity._meta.concrete_fields if each.name not in {"id", "node"}]
    Opportunity.objects.bulk_create(rows, update_conflicts=True, unique_fields=["node"], update_fields=fields)
    # A node without data has a score of 0 and no health: its row says that nothing is known.
    points = [each.score.score if each.score and each.score.has_data else None for each in findings]
    sql.run(
        "score_nodes",
        ids=[row.node_id for row in rows],
        scores=points,
        potentials=[row.revenue_potential for row in rows],
        statuses=[name_status(each) for each in points],
        now=now,
    )


def _save_projections(chunk: Chunk, findings: Sequence[Finding], *, now: datetime) -> None:
    Projection.objects.bulk_create(
        Projection(
            node_id=found.node_id,
            analysis_id=chunk.analysis_id,
            current_revenue=round_money(projected.current_revenue),
            projected_revenue=round_money(projected.projected_revenue),
            projected_lift=round_money(projected.projected_lift),
            assumptions=projected.assumptions,
            confidence=projected.confidence,
            weeks_to_impact=projected.weeks_to_impact,
            method=projected.method,
            cost=round_money(projected.cost),
            roi=projected.roi,
            calculated_at=now,
        )
        for found in findings
        if (projected := found.projection)
    )


def _mark_processing(analysis_id: UUID, *, now: datetime) -> None:
    """Say that it is under way: the first chunk does, and the first after staff retried jobs of it."""
    waiting = Analysis.objects.filter(pk=analysis_id).exclude(state=AnalysisState.PROCESSING)
    waiting.update(
        state=AnalysisState.PROCESSING,
        started_at=Coalesce("started_at", Value(now)),
        finished_at=None,
        error="",
    )


def _pass_on(chunk: Chunk, worked: Worked, *, batch: Batch, now: datetime) -> None:
    """Enqueue a job for the nodes not come to, due now, and one for those that failed, due after a delay."""
    common: dict[str, Any] = {"batch": batch, "priority": batch.priority}
    facts = {"analysis_id": str(chunk.analysis_id), "spent_seconds": worked.spent_seconds}
    if worked.left:
        payload = {**facts, "node_ids": worked.left, "tries": chunk.tries}
        enqueue(kinds.ANALYSE_CHUNK, payload, units=len(worked.left), **common)
    if worked.again:
        tries = chunk.tries + 1
        payload = {**facts, "node_ids": worked.again, "tries": tries}
        due_at = now + timedelta(milliseconds=chunk.options.retry_delay_ms * tries)
        enqueue(kinds.ANALYSE_CHUNK, payload, units=len(worked.again), due_at=due_at, **common)
