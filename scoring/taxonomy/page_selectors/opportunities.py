"""The ranked opportunities of a project, as filters let them through, and the charts above them."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from django.db.models import Count, Exists, OuterRef, Q, QuerySet, Sum

from scoring.taxonomy.models import Node, NodeMetric, Opportunity, Project
from scoring.taxonomy.models.node import DEEPEST
from scoring.taxonomy.models.words import OptimizationStatus
from scoring.taxonomy.page_selectors.charts import (
    Distribution,
    Point,
    Ranking,
    Scatter,
    draw_distribution,
    draw_ranking,
    make_radius,
)
from scoring.taxonomy.selectors import rank_opportunities, read_slice

_BANDS: Final = tuple((low, 100 if low == 90 else low + 9) for low in range(0, 100, 10))
_MOST_TOP: Final = 10
_MOST_POINTS: Final = 300


def find_subtree(node: Node) -> list[int]:
    """Return the numbers of a node and of all below it; one query for each level."""
    found, level = [node.pk], [node.pk]
    for _ in range(DEEPEST):
        level = list(Node.objects.filter(parent__in=level).values_list("pk", flat=True))
        if not level:
            break
        found += level
    return found


def filter_opportunities(project: Project, filters: Mapping[str, Any]) -> QuerySet[Opportunity]:
    """Name the opportunities that filters let through, in the order asked for; each says what it rests on."""
    found = rank_opportunities(
        project,
        min_score=filters.get("min_score"),
        priority=filters.get("priority"),
        status=filters.get("status"),
        search=filters.get("q", ""),
        order=filters.get("sort", "-score"),
    )
    if label := filters.get("label"):
        found = found.filter(label=label)
    if under := filters.get("under"):
        root = Node.objects.filter(project=project, pk=under).first()
        found = found.filter(node__in=find_subtree(root)) if root else found.none()
    made_up = NodeMetric.objects.filter(node=OuterRef("node"), is_synthetic=True)
    return found.annotate(is_synthetic=Exists(made_up))


@dataclass(frozen=True)
class Overview:
    """What the filtered opportunities are as a whole."""

    count: int
    potential: Decimal
    distribution: Distribution
    top: Ranking
    scatter: Scatter


def sum_up(found: QuerySet[Opportunity]) -> Overview:
    """Sum filtered opportunities up and draw their charts; five queries."""
    measured = ~Q(node__optimization_status=OptimizationStatus.NO_DATA)
    sums = found.order_by().aggregate(
        count=Count("pk"),
        potential=Sum("revenue_potential"),
        measured=Count("pk", filter=measured),
        **{f"band{low}": Count("pk", filter=measured & Q(score__range=(low, high))) for low, high in _BANDS},
    )
    best = found.filter(revenue_potential__gt=0).order_by("-revenue_potential", "node_id")
    known = found.filter(measured, effort__isnull=False).order_by("-score", "-revenue_potential", "node_id")
    return Overview(
        count=sums["count"],
        potential=sums["potential"] or Decimal(0),
        distribution=draw_distribution(
            {f"{low}–{high}": sums[f"band{low}"] for low, high in _BANDS},
            no_data=sums["count"] - sums["measured"],
        ),
        top=draw_ranking(
            [
                (one.node_id, name_node(one.node), one.revenue_potential)
                for one in read_slice(best, 0, _MOST_TOP)
            ]
        ),
        scatter=Scatter([_make_point(one) for one in read_slice(known, 0, _MOST_POINTS)]),
    )


def _make_point(one: Opportunity) -> Point:
    return Point(
        node_id=one.node_id,
        label=name_node(one.node),
        effort=one.effort or 0,
        score=one.score,
        status=one.node.optimization_status,
        potential=one.revenue_potential,
        radius=make_radius(one.revenue_potential),
    )


def name_node(node: Node) -> str:
    """Return what a node is called where there is little room; real shops have some without a title."""
    return node.title or node.external_id
