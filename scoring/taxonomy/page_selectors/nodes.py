"""The tree level by level, and one node with how its score came about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from django.db.models import Count, IntegerField, OuterRef, Subquery
from django.db.models.functions import Coalesce

from scoring.taxonomy.models import Analysis, Node, NodeMetric, NodeResult, Opportunity, Project, Projection
from scoring.taxonomy.models.node import DEEPEST
from scoring.taxonomy.rules.choices import ChoiceRefused, Choices
from scoring.taxonomy.rules.ctr import expected_ctr
from scoring.taxonomy.rules.facts import MetricWindow
from scoring.taxonomy.windows import read_windows

PAGE_SIZE: Final = 200
MOST_SHOWN: Final = 20
_FULL_POTENTIAL: Final = 100_000
_WORDS: Final = {
    "volume": "Volume",
    "ctr_gap": "Clicks missed",
    "position": "Position",
    "competition": "Competition",
    "revenue": "Revenue",
}


@dataclass(frozen=True)
class Level:
    """Some siblings of a tree, and where the next ones start."""

    nodes: Sequence[Node]
    next_offset: int | None


def read_level(project: Project, *, parent: Node | None = None, offset: int = 0) -> Level:
    """List the children of a node, or the roots, each with the count of its own; one query."""
    below = Node.objects.filter(parent=OuterRef("pk")).order_by().values("parent")
    children = Coalesce(
        Subquery(below.annotate(found=Count("pk")).values("found"), output_field=IntegerField()), 0
    )
    siblings = Node.objects.filter(project=project, parent=parent).order_by("position", "pk")
    found = list(siblings.annotate(children_count=children)[offset : offset + PAGE_SIZE + 1])
    more = offset + PAGE_SIZE if len(found) > PAGE_SIZE else None
    return Level(found[:PAGE_SIZE], more)


def find_ancestors(node: Node) -> list[Node]:
    """Return the nodes above one, the root first; one query for each."""
    found: list[Node] = []
    above = node.parent
    while above is not None and len(found) < DEEPEST:
        found.insert(0, above)
        above = above.parent
    return found


@dataclass(frozen=True)
class Factor:
    """One part of a score: what it is, from which figures, and how many points it brings."""

    key: str
    label: str
    value: float
    weight: float | None
    explanation: str

    @property
    def points(self) -> float | None:
        """Return its share of the score."""
        return None if self.weight is None else 100 * self.weight * self.value


@dataclass(frozen=True)
class NodePage:
    """All that is known of a node."""

    node: Node
    window: MetricWindow | None
    as_of: date | None
    sources: list[tuple[str, int, bool]]
    opportunity: Opportunity | None
    factors: list[Factor]
    choices: Choices | None
    projections: list[Projection]
    results: list[NodeResult]

    @property
    def health(self) -> int | None:
        """Return 100 less the score; None without data."""
        score = self.node.opportunity_score
        return None if score is None else 100 - score


def describe_node(node: Node) -> NodePage:
    """Read a node's month, its score with its reasons, and its history; six queries at most."""
    opportunity = Opportunity.objects.select_related("analysis").filter(node=node).first()
    as_of = opportunity.as_of if opportunity else None
    as_of = as_of or node.project.as_of or NodeMetric.objects.find_newest_day(node.project)
    window = read_windows([node.pk], as_of=as_of)[node.pk] if as_of else None
    choices = _find_choices(node.project, opportunity.analysis if opportunity else None)
    rows = node.metrics.values_list("source", "is_synthetic").annotate(Count("pk"))
    sources = [(source, count, made_up) for source, made_up, count in rows.order_by("source", "is_synthetic")]
    projections = node.projections.select_related("analysis").order_by("-calculated_at")
    results = node.node_results.select_related("analysis").order_by("-settled_at", "-pk")
    return NodePage(
        node=node,
        window=window,
        as_of=as_of,
        sources=sources,
        opportunity=opportunity,
        factors=explain(opportunity.factors, window=window, choices=choices) if opportunity else [],
        choices=choices,
        projections=list(projections[:MOST_SHOWN]),
        results=list(results[:MOST_SHOWN]),
    )


def _find_choices(project: Project, analysis: Analysis | None) -> Choices | None:
    """Return what a score was made with: the choices of its analysis, else those of the project now."""
    try:
        return Choices.parse(analysis.choices) if analysis else project.choices
    except ChoiceRefused:
        return None


def explain(
    factors: Mapping[str, float], *, window: MetricWindow | None, choices: Choices | None
) -> list[Factor]:
    """Say of each factor which figures made it; empty words where the month is not known."""
    words = _explain(window, choices) if window and choices and window.has_data else {}
    return [
        Factor(
            key=key,
            label=label,
            value=float(factors[key]),
            weight=choices.weights[key] if choices else None,
            explanation=words.get(key, "No figures to judge by."),
        )
        for key, label in _WORDS.items()
        if key in factors
    ]


def _explain(window: MetricWindow, choices: Choices) -> dict[str, str]:
    place = f"{window.position:.1f}"
    expected = expected_ctr(window.position, choices.curve)
    share = f"{window.ctr / expected * 100:.0f} %" if expected else "none"
    target = expected_ctr(3, choices.curve)
    return {
        "volume": f"{window.impressions:,.0f} impressions a month; a million count in full.",
        "ctr_gap": (
            f"{window.ctr * 100:.2f} % of impressions bring a click; "
            f"{expected * 100:.2f} % are expected at position {place}."
        ),
        "position": f"Position {place}; nothing is to be won at 1, all of it from 20 on.",
        "competition": f"It gets {share} of the clicks its position should bring; more is easier.",
        "revenue": (
            f"{window.revenue:,.2f} a month now, by {target / expected:.2f} times as many clicks at 3; "
            f"{_FULL_POTENTIAL:,} more count in full."
            if expected and window.position > 3
            else f"{window.revenue:,.2f} a month now; at position {place} nothing more is counted on."
        ),
    }
