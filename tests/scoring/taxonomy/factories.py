"""Make rows for tests; every argument that matters to a test is given by the test."""

from datetime import date, timedelta
from typing import Any

from django.utils import timezone

from scoring.taxonomy.models import Analysis, Node, NodeMetric, NodeResult, Opportunity, Project, Projection
from scoring.taxonomy.models.node import PATH_SEPARATOR

AS_OF = date(2026, 6, 25)


def make_project(name: str = "Corner shop", **values: Any) -> Project:
    """Store a project with the default choices."""
    return Project.objects.create(name=name, **values)


def make_node(project: Project, title: str = "Tea", *, parent: Node | None = None, **values: Any) -> Node:
    """Store a node, a root unless a parent is given; path and depth follow from the parent."""
    facts: dict[str, Any] = {
        "external_id": title.lower().replace(" ", "-"),
        "path": f"{parent.path}{PATH_SEPARATOR}{title}" if parent else title,
        "depth": parent.depth + 1 if parent else 1,
        **values,
    }
    return Node.objects.create(project=project, parent=parent, title=title, **facts)


def make_metric(node: Node, *, on: date = AS_OF, source: str = "gsc", **values: Any) -> NodeMetric:
    """Store what a source measured on one day; only the figures given are known."""
    return NodeMetric.objects.create(node=node, date=on, source=source, **values)


def make_measured_node(project: Project, title: str = "Tea", **values: Any) -> Node:
    """Store a node with the figures of the worked check: score 41, lift 2560, combined 15.69.

    Its days cover the whole window, so that nothing is scaled.
    """
    node = make_node(project, title, **values)
    days = [AS_OF.toordinal() - back for back in range(30)]
    NodeMetric.objects.bulk_create(
        NodeMetric(
            node=node, date=date.fromordinal(day), source=source, **(figures if day == days[0] else {})
        )
        for day in days
        for source, figures in (
            ("gsc", {"impressions": 20_000, "clicks": 300, "position": 8.0}),
            ("ga4", {"sessions": 280, "transactions": 7, "revenue": 560}),
        )
    )
    return node


def make_tree(project: Project, *, nodes: int, prefix: str = "n") -> list[Node]:
    """Store so many nodes in few statements: a root for every hundred, the others below it."""
    roots = Node.objects.bulk_create(
        Node(
            project=project, external_id=f"{prefix}{number:06}", title=f"Root {number}", path=f"Root {number}"
        )
        for number in range(0, nodes, 100)
    )
    leaves = Node.objects.bulk_create(
        Node(
            project=project,
            parent=roots[number // 100],
            external_id=f"{prefix}{number:06}",
            title=f"Leaf {number}",
            path=f"Root {number // 100 * 100}{PATH_SEPARATOR}Leaf {number}",
            depth=2,
            position=number % 100,
        )
        for number in range(nodes)
        if number % 100
    )
    return sorted([*roots, *leaves], key=lambda node: node.external_id)


def make_analysis(project: Project, **values: Any) -> Analysis:
    """Store an analysis that nothing works on; one that is over has ended now."""
    facts: dict[str, Any] = {"type": "full_analysis", "as_of": AS_OF, **values}
    if facts.get("state") in ("completed", "failed", "cancelled"):
        facts.setdefault("finished_at", timezone.now())
    return Analysis.objects.create(project=project, **facts)


def make_result(analysis: Analysis, node: Node, **values: Any) -> NodeResult:
    """Store that a node succeeded, or with an `error` that it failed."""
    facts: dict[str, Any] = {"succeeded": not values.get("error"), "settled_at": timezone.now(), **values}
    if facts.get("error"):
        facts.setdefault("error_kind", "ValueError")
    return NodeResult.objects.create(analysis=analysis, node=node, **facts)


def make_opportunity(node: Node, **values: Any) -> Opportunity:
    """Store what is known of a node now, and its score on the node."""
    now = timezone.now()
    facts: dict[str, Any] = {
        "score": 41,
        "priority": 4,
        "confidence": 1.0,
        "computed_at": now,
        "valid_until": now + timedelta(days=7),
        **values,
    }
    opportunity = Opportunity.objects.create(node=node, **facts)
    Node.objects.filter(pk=node.pk).update(opportunity_score=opportunity.score)
    return opportunity


def make_projection(node: Node, **values: Any) -> Projection:
    """Store a projection of the worked check."""
    facts: dict[str, Any] = {
        "current_revenue": 560,
        "projected_revenue": 3120,
        "projected_lift": 2560,
        "confidence": 0.75,
        "weeks_to_impact": 4,
        "method": "content",
        "cost": 2000,
        "roi": 1536.0,
        "calculated_at": timezone.now(),
        **values,
    }
    return Projection.objects.create(node=node, **facts)
