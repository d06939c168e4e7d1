"""What an analysis would mean, before it is started."""

import math
from dataclasses import dataclass

from scoring.taxonomy.models import Project
from scoring.taxonomy.models.words import AnalysisState
from scoring.taxonomy.services import AnalysisOptions


@dataclass(frozen=True)
class Forecast:
    """How many nodes an analysis would take, in how many chunks; how long, when the last one tells."""

    nodes: int
    chunks: int
    at_once: int
    seconds: float | None


def forecast(project: Project, options: AnalysisOptions) -> Forecast:
    """Count what would be started; two queries."""
    nodes = project.nodes.count()
    chunks = math.ceil(nodes / options.batch_size)
    ended = project.analyses.filter(
        state=AnalysisState.COMPLETED, started_at__isnull=False, total_nodes__gt=0, parent=None
    )
    last = ended.order_by("-created_at").first()
    seconds = None
    if last and last.started_at and last.finished_at:
        took = (last.finished_at - last.started_at).total_seconds()
        seconds = took * nodes / last.total_nodes
    return Forecast(nodes, chunks, min(chunks, options.concurrency), seconds)
