"""Two analyses of one project, node by node."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import F, FilteredRelation, Q, QuerySet

from scoring.taxonomy.models import Analysis, Node, Project
from scoring.taxonomy.page_selectors.charts import Distribution, draw_distribution
from scoring.taxonomy.selectors import read_slice
from scoring.taxonomy.services.finishing import OPEN

_MOST_MOVED: Final = 5
_MOST_OFFERED: Final = 50
_ORDERS: Final = {
    "rise": F("score_change").desc(nulls_last=True),
    "fall": F("score_change").asc(nulls_last=True),
    "lift": F("lift_change").desc(nulls_last=True),
    "loss": F("lift_change").asc(nulls_last=True),
}


def find_comparable(project: Project) -> list[Analysis]:
    """List the analyses of a project that are over, newest first; one query, and one for a result used."""
    ended = project.analyses.exclude(state__in=OPEN).select_related("project").defer("node_ids", "result")
    return list(ended.order_by("-created_at")[:_MOST_OFFERED])


def join_nodes(project: Project, *, before: Analysis, after: Analysis) -> QuerySet[Any]:
    """Name the nodes that either analysis came to, each with both results and what changed."""
    nodes = Node.objects.filter(project=project).annotate(
        before=FilteredRelation("node_results", condition=Q(node_results__analysis=before)),
        after=FilteredRelation("node_results", condition=Q(node_results__analysis=after)),
    )
    return nodes.filter(Q(before__isnull=False) | Q(after__isnull=False)).annotate(
        before_score=F("before__score"),
        after_score=F("after__score"),
        score_change=F("after__score") - F("before__score"),
        before_lift=F("before__projected_lift"),
        after_lift=F("after__projected_lift"),
        lift_change=F("after__projected_lift") - F("before__projected_lift"),
        before_succeeded=F("before__succeeded"),
        after_succeeded=F("after__succeeded"),
        after_error=F("after__error"),
    )


def filter_differences(joined: QuerySet[Any], filters: Mapping[str, Any]) -> QuerySet[Any]:
    """Narrow and order joined nodes as asked."""
    show = filters.get("show")
    if show == "newly_failed":
        joined = joined.filter(_newly_failed())
    elif show == "mended":
        joined = joined.filter(before__succeeded=False, after__succeeded=True)
    elif show == "changed":
        joined = joined.exclude(score_change=0).filter(score_change__isnull=False)
    if words := filters.get("q"):
        joined = joined.filter(Q(path__icontains=words) | Q(external_id__icontains=words))
    order = _ORDERS.get(filters.get("sort", ""))
    return joined.order_by(order, "path", "pk") if order else joined.order_by("path", "pk")


def _newly_failed() -> Q:
    return Q(after__succeeded=False) & (Q(before__succeeded=True) | Q(before__isnull=True))


@dataclass(frozen=True)
class Side:
    """One of two analyses: its sums and its distribution."""

    analysis: Analysis
    distribution: Distribution
    potential: float
    successful: int
    failed: int
    average: float | None


@dataclass(frozen=True)
class Comparison:
    """What changed between two analyses as a whole."""

    before: Side
    after: Side
    risen: list[Node]
    fallen: list[Node]
    newly_failed: int

    @property
    def potential_change(self) -> float:
        """Return by how much the sum of projected lifts grew."""
        return self.after.potential - self.before.potential


def compare(joined: QuerySet[Any], *, before: Analysis, after: Analysis) -> Comparison:
    """Sum two analyses up by their results; five queries."""
    bands = [_read_bands(each) for each in (before, after)]
    most = max([0, *(count for counts, _ in bands for count in counts.values())])
    sides = [
        _make_side(analysis, counts, no_data, most)
        for analysis, (counts, no_data) in zip((before, after), bands, strict=True)
    ]
    return Comparison(
        before=sides[0],
        after=sides[1],
        risen=read_slice(joined.filter(score_change__gt=0).order_by("-score_change", "pk"), 0, _MOST_MOVED),
        fallen=read_slice(joined.filter(score_change__lt=0).order_by("score_change", "pk"), 0, _MOST_MOVED),
        newly_failed=joined.filter(_newly_failed()).count(),
    )


def _read_bands(analysis: Analysis) -> tuple[dict[str, int], int]:
    counts = dict((analysis.result or {}).get("distribution", {}))
    no_data = counts.pop("noData", 0)
    return {band.replace("-", "–"): count for band, count in counts.items()}, no_data


def _make_side(analysis: Analysis, counts: dict[str, int], no_data: int, most: int) -> Side:
    result = analysis.result or {}
    return Side(
        analysis=analysis,
        distribution=draw_distribution(counts, no_data=no_data, most=most),
        potential=result.get("totalPotential", 0.0),
        successful=result.get("successful", 0),
        failed=result.get("failed", 0),
        average=result.get("averageScore"),
    )
