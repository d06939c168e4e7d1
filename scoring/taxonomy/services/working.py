"""Work out a chunk's nodes: what each is worth, or why it cannot be said. Reads before, writes nothing."""

import math
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final
from uuid import UUID

from scoring.taxonomy.models import Analysis, Node
from scoring.taxonomy.models.words import AnalysisType
from scoring.taxonomy.rules.choices import Choices
from scoring.taxonomy.rules.combined import combine
from scoring.taxonomy.rules.facts import MetricWindow
from scoring.taxonomy.rules.opportunity import OpportunityScore
from scoring.taxonomy.rules.opportunity import score as score_window
from scoring.taxonomy.rules.revenue import RevenueProjection
from scoring.taxonomy.rules.revenue import project as project_window
from scoring.taxonomy.services.options import AnalysisOptions
from scoring.taxonomy.windows import read_windows

# A chunk that takes longer hands its rest to a job of its own, so that settles and progress are never late.
SLICE_SECONDS: Final = 0.5
TIMED_OUT: Final = "Batch timeout"
_LONGEST_ERROR: Final = 500


class NotFinite(ValueError):
    """A figure of a node is no number: its metrics cannot be right."""


@dataclass(frozen=True, slots=True)
class NodeFacts:
    """What is read of one node."""

    id: int
    content_status: str
    product_count: int | None
    window: MetricWindow


@dataclass(frozen=True)
class Chunk:
    """Nodes of one job, with everything needed to work on them; `missing` were deleted meanwhile."""

    analysis_id: UUID
    type: str
    options: AnalysisOptions
    choices: Choices
    as_of: date
    nodes: list[NodeFacts]
    missing: int
    tries: int
    spent_seconds: float
    began: float


@dataclass(frozen=True, slots=True)
class Finding:
    """What was found for a node; what the type leaves out is None."""

    node_id: int
    score: OpportunityScore | None
    projection: RevenueProjection | None
    combined_value: float | None


@dataclass(frozen=True, slots=True)
class Failure:
    """Why nothing was found for a node, and after how many retries."""

    node_id: int
    error: str
    kind: str
    retry_count: int


@dataclass
class Worked:
    """What became of a chunk: nodes done, failed for good, to be tried again, and not come to."""

    findings: list[Finding] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)
    again: list[int] = field(default_factory=list)
    left: list[int] = field(default_factory=list)
    spent_seconds: float = 0.0


def read_chunk(analysis: Analysis, *, node_ids: list[int], tries: int, spent_seconds: float) -> Chunk:
    """Read what a chunk needs, in two queries; its clock starts here."""
    began = time.monotonic()
    as_of = analysis.as_of or analysis.created_at.date()
    windows = read_windows(node_ids, as_of=as_of)
    rows = Node.objects.filter(pk__in=node_ids).values_list("pk", "content_status", "product_count")
    found = {row[0]: row for row in rows}
    nodes = [NodeFacts(*found[pk], window=windows[pk]) for pk in node_ids if pk in found]
    return Chunk(
        analysis_id=analysis.pk,
        type=analysis.type,
        options=AnalysisOptions.parse(analysis.options),
        choices=Choices.parse(analysis.choices),
        as_of=as_of,
        nodes=nodes,
        missing=len(node_ids) - len(found),
        tries=tries,
        spent_seconds=spent_seconds,
        began=began,
    )


def work(chunk: Chunk, *, clock: Callable[[], float] = time.monotonic) -> Worked:
    """Work on a chunk's nodes one after the other; one that raises never stops the others."""
    worked = Worked()
    timeout_seconds = chunk.options.timeout_ms / 1_000
    for number, node in enumerate(chunk.nodes):
        elapsed = clock() - chunk.began
        if chunk.spent_seconds + elapsed >= timeout_seconds:
            rest = chunk.nodes[number:]
            worked.failures += [Failure(each.id, TIMED_OUT, "Timeout", chunk.tries) for each in rest]
            break
        if number and elapsed >= SLICE_SECONDS:
            worked.left = [each.id for each in chunk.nodes[number:]]
            break
        _work_on(node, chunk, worked)
    worked.spent_seconds = chunk.spent_seconds + clock() - chunk.began
    return worked


def _work_on(node: NodeFacts, chunk: Chunk, worked: Worked) -> None:
    try:
        worked.findings.append(find(node, chunk))
    except Exception as error:  # noqa: BLE001  whatever a node's figures lead to is that node's error alone
        if chunk.tries < chunk.options.max_retries:
            worked.again.append(node.id)
            return
        words = (str(error).strip() or type(error).__name__)[:_LONGEST_ERROR]
        worked.failures.append(Failure(node.id, words, type(error).__name__, chunk.tries))


def find(node: NodeFacts, chunk: Chunk) -> Finding:
    """Return what a node is worth by the analysis's type; raise NotFinite when a figure is no number."""
    scored: OpportunityScore | None = None
    projected: RevenueProjection | None = None
    if chunk.type != AnalysisType.REVENUE:
        scored = score_window(
            node.window,
            choices=chunk.choices,
            as_of=chunk.as_of,
            content_status=node.content_status,
            product_count=node.product_count,
        )
        _require_finite(
            [*scored.factors.items(), ("revenue_potential", scored.revenue_potential)], what="opportunity"
        )
    if chunk.type != AnalysisType.SCORING:
        projected = project_window(node.window, choices=chunk.choices)
        figures = [(name, getattr(projected, name)) for name in _PROJECTED]
        _require_finite([*figures, *projected.assumptions.items()], what="projection")
    combined = combine(scored, projected) if scored and projected else None
    return Finding(node.id, scored, projected, combined)


_PROJECTED: Final = ("current_revenue", "projected_revenue", "projected_lift", "roi", "confidence")


def _require_finite(figures: Iterable[tuple[str, Any]], *, what: str) -> None:
    for name, value in figures:
        if isinstance(value, float) and not math.isfinite(value):
            raise NotFinite(f"the {what}'s {name} is no number; look at the node's metrics")
