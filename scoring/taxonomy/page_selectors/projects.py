"""A project and its analyses, as lists and its own page show them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from django.contrib.admin.models import LogEntry
from django.contrib.contenttypes.models import ContentType
from django.db.models import Count, Max, Q, Sum

from scoring.taxonomy.models import Analysis, Node, NodeMetric, Project
from scoring.taxonomy.models.words import OptimizationStatus
from scoring.taxonomy.rules.choices import ChoiceRefused, Choices
from scoring.taxonomy.selectors import Progress, describe
from scoring.taxonomy.services.finishing import OPEN

MOST_ANALYSES: Final = 10


@dataclass(frozen=True)
class ProjectRow:
    """A project in the list: its size, how much of it is scored, and its newest analysis."""

    project: Project
    nodes: int
    scored: int
    potential: Decimal
    newest: Analysis | None


def list_rows(projects: Sequence[Project]) -> list[ProjectRow]:
    """Add to each project its figures and its newest analysis; two queries."""
    ids = [project.pk for project in projects]
    sums: dict[int, Mapping[str, Any]] = {
        row["project_id"]: row
        for row in Node.objects.filter(project__in=ids)
        .values("project_id")
        .annotate(nodes=Count("pk"), scored=Count("opportunity_score"), potential=Sum("revenue_potential"))
        .order_by()
    }
    newest = (
        Analysis.objects.filter(project__in=ids)
        .defer("node_ids", "result")
        .order_by("project_id", "-created_at")
        .distinct("project_id")
    )
    by_project = {analysis.project_id: analysis for analysis in newest}
    rows = []
    for project in projects:
        found = sums.get(project.pk, {"nodes": 0, "scored": 0, "potential": None})
        rows.append(
            ProjectRow(
                project=project,
                nodes=found["nodes"],
                scored=found["scored"],
                potential=found["potential"] or Decimal(0),
                newest=by_project.get(project.pk),
            )
        )
    return rows


@dataclass(frozen=True)
class Statistics:
    """A project's tree in numbers."""

    nodes: int
    roots: int
    deepest: int
    scored: int
    statuses: list[tuple[str, str, int]]
    potential: Decimal
    scored_at: datetime | None

    @property
    def segments(self) -> list[tuple[str, str, str]]:
        """Return (status, x, width) of the parts of a bar of 100."""
        parts, x = [], 0.0
        for status, _, count in self.statuses:
            width = count * 100 / self.nodes if self.nodes else 0
            parts.append((status, f"{x:.2f}", f"{width:.2f}"))
            x += width
        return parts


def count_nodes(project: Project) -> Statistics:
    """Count a project's nodes by what is known of them; two queries."""
    counts = dict(project.nodes.values_list("optimization_status").annotate(Count("pk")).order_by())
    sums = project.nodes.aggregate(
        nodes=Count("pk"),
        roots=Count("pk", filter=Q(parent=None)),
        deepest=Max("depth"),
        scored=Count("opportunity_score"),
        potential=Sum("revenue_potential"),
        scored_at=Max("last_scored_at"),
    )
    return Statistics(
        nodes=sums["nodes"],
        roots=sums["roots"],
        deepest=sums["deepest"] or 0,
        scored=sums["scored"],
        statuses=[(str(status), str(status.label), counts.get(status, 0)) for status in OptimizationStatus],
        potential=sums["potential"] or Decimal(0),
        scored_at=sums["scored_at"],
    )


def find_measured_to(project: Project) -> date | None:
    """Return the last day that any of a project's figures covers; two queries."""
    return NodeMetric.objects.find_newest_day(project)


def has_synthetic(project: Project) -> bool:
    """Say whether any figure of a project is made up; one query."""
    return NodeMetric.objects.filter(node__project=project, is_synthetic=True).exists()


@dataclass(frozen=True)
class ChoicesShown:
    """What the formulas are told, and who said so last; `fault` where it cannot be used."""

    choices: Choices | None
    fault: str
    changed_by: str
    changed_at: datetime | None

    @property
    def curve(self) -> list[tuple[int, float]]:
        """Return (position, percent) of the curve."""
        return (
            [(place, rate * 100) for place, rate in enumerate(self.choices.curve, start=1)]
            if self.choices
            else []
        )

    @property
    def weights(self) -> list[tuple[str, float]]:
        """Return (factor, percent), in the formulas' order."""
        return [(name, share * 100) for name, share in self.choices.weights.items()] if self.choices else []


def show_choices(project: Project) -> ChoicesShown:
    """Read a project's choices and who changed its row last; at most one query."""
    table = ContentType.objects.get_for_model(Project)
    entries = LogEntry.objects.filter(content_type=table, object_id=str(project.pk))
    entry = entries.select_related("user").order_by("-action_time").first()
    try:
        choices, fault = project.choices, ""
    except ChoiceRefused as refused:
        choices, fault = None, str(refused)
    return ChoicesShown(
        choices=choices,
        fault=fault,
        changed_by=entry.user.get_username() if entry else "",
        changed_at=entry.action_time if entry else None,
    )


@dataclass(frozen=True)
class AnalysisRow:
    """An analysis in a list; one that is under way says how far it is."""

    analysis: Analysis
    progress: Progress | None
    ratio: str

    @property
    def is_open(self) -> bool:
        """Say whether it is under way."""
        return self.progress is not None


def find_analyses(project: Project) -> list[AnalysisRow]:
    """List a project's newest analyses; one query, and two more for each that is under way."""
    found = project.analyses.select_related("created_by", "project").defer("node_ids").order_by("-created_at")
    return [_make_row(analysis) for analysis in found[:MOST_ANALYSES]]


def _make_row(analysis: Analysis) -> AnalysisRow:
    if analysis.state in OPEN:
        return AnalysisRow(analysis, describe(analysis), "")
    result = analysis.result or {}
    successful, total = result.get("successful", 0), analysis.total_nodes
    return AnalysisRow(analysis, None, f"{successful:,} of {total:,}")
