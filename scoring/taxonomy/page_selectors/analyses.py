"""One analysis: how far it is, why it waits, what failed in it."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import Q, QuerySet

from queueproject.queue.models import Batch
from queueproject.queue.why import Reason, why_batch_waits
from scoring.taxonomy.forms.starting import LABELS
from scoring.taxonomy.models import Analysis, NodeResult
from scoring.taxonomy.page_selectors.charts import Distribution, draw_distribution
from scoring.taxonomy.rules.choices import DEFAULT_WEIGHTS
from scoring.taxonomy.selectors import Progress, describe
from scoring.taxonomy.services import AnalysisOptions

LEAST_SEEN: Final = 0.8
_MOST_TOP: Final = 10


@dataclass(frozen=True)
class Overview:
    """What the page of an analysis shows of it."""

    analysis: Analysis
    progress: Progress
    why: Reason | None
    batch_kept: bool
    distribution: Distribution | None
    top: list[dict[str, Any]]

    @property
    def segments(self) -> list[tuple[str, str, str]]:
        """Return (state, x, width) of the bar's parts in 100 steps; one failure in a million is seen too."""
        parts, x = [], 0.0
        for word, nodes in (("completed", self.progress.successful), ("failed", self.progress.failed)):
            if nodes and self.progress.total:
                width = max(nodes * 100 / self.progress.total, LEAST_SEEN)
                x = min(x, 100 - width)
                parts.append((word, f"{x:.2f}", f"{width:.2f}"))
                x += width
        return parts

    @property
    def weights(self) -> list[tuple[str, float]]:
        """Return (factor, weight) in the formulas' order; the database keeps no order of its own."""
        given = self.analysis.choices.get("weights", {})
        return [(factor, given[factor]) for factor in DEFAULT_WEIGHTS if factor in given]

    @property
    def options(self) -> list[tuple[str, int]]:
        """Return (what it is called on the form, value), in the form's order."""
        given = self.analysis.options
        names = {option.alias: name for name, option in AnalysisOptions.model_fields.items()}
        return [(LABELS[name], given[alias]) for alias, name in names.items() if alias in given]

    @property
    def open(self) -> int:
        """Count the nodes that nothing became of yet."""
        return self.progress.total - self.progress.processed


def look_at(analysis: Analysis) -> Overview:
    """Describe an analysis for its page; at most a handful of queries."""
    progress = describe(analysis)
    batch = Batch.objects.filter(pk=analysis.batch_number).first() if analysis.batch_number else None
    result = analysis.result or {}
    bands = dict(result.get("distribution", {}))
    no_data = bands.pop("noData", 0)
    return Overview(
        analysis=analysis,
        progress=progress,
        why=why_batch_waits(batch) if batch and batch.is_running and not progress.is_over else None,
        batch_kept=batch is not None,
        distribution=draw_distribution(
            {name.replace("-", "–"): nodes for name, nodes in bands.items()}, no_data=no_data
        )
        if bands
        else None,
        top=result.get("topOpportunities", [])[:_MOST_TOP],
    )


def find_failed(analysis: Analysis, filters: Mapping[str, Any]) -> QuerySet[NodeResult]:
    """Name the nodes that failed in an analysis, by path."""
    failed = analysis.node_results.filter(succeeded=False).select_related("node")
    if kind := filters.get("kind"):
        failed = failed.filter(error_kind=kind)
    if words := filters.get("q"):
        failed = failed.filter(Q(node__path__icontains=words) | Q(node__external_id__icontains=words))
    return failed.order_by("node__path", "node_id")
