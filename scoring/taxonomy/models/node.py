"""Node: one place in a product tree, and what was measured there."""

from datetime import date, timedelta
from typing import ClassVar

from django.db import models
from django.db.models import Max, OuterRef, Q, Subquery

from scoring.taxonomy.models import checks
from scoring.taxonomy.models.project import Project
from scoring.taxonomy.models.words import ContentStatus, MetricSource, NodeSource, OptimizationStatus

PATH_SEPARATOR = " > "
DEEPEST = 100
LAST_POSITION = 1_000


class Node(models.Model):
    """A category or product type. Its path is text to read; `external_id` and `parent` are the truth."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="nodes", db_index=False)
    parent = models.ForeignKey(
        "self", null=True, blank=True, on_delete=models.CASCADE, related_name="children"
    )
    external_id = models.CharField(max_length=200, help_text="Its id in the shop; unique in the project.")
    path = models.TextField(help_text="Titles from the root to here, joined by ' > '; not always unique.")
    title = models.CharField(max_length=500, blank=True, default="", help_text="Real shops have one without.")
    url = models.CharField(max_length=2_000, blank=True, default="")
    meta_title = models.TextField(blank=True, default="")
    meta_description = models.TextField(blank=True, default="")
    depth = models.SmallIntegerField(default=1, help_text="1 at the root.")
    position = models.IntegerField(default=0, help_text="Its place among its siblings, from 0.")
    product_count = models.IntegerField(null=True, blank=True, help_text="Empty means unknown.")
    content_status = models.CharField(max_length=9, choices=ContentStatus.choices, blank=True, default="")
    source = models.CharField(max_length=8, choices=NodeSource.choices, blank=True, default="")
    metadata = models.JSONField(default=dict, blank=True)

    opportunity_score = models.SmallIntegerField(null=True, blank=True, editable=False)
    revenue_potential = checks.money("A month's revenue that better placing could bring.", null=True)
    optimization_status = models.CharField(
        max_length=10,
        choices=OptimizationStatus.choices,
        default=OptimizationStatus.NO_DATA,
        editable=False,
    )
    last_scored_at = models.DateTimeField(null=True, blank=True, editable=False)
    metrics_updated_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        constraints: ClassVar = [
            # Read by the imports, which match by id, and by every listing of a project's nodes.
            models.UniqueConstraint(
                fields=["project", "external_id"],
                name="taxonomy_node_external_id_unique",
                violation_error_message="Another node of the project has this id.",
            ),
            checks.not_blank("node", "external_id"),
            checks.between("node", "depth", 1, DEEPEST),
            checks.between("node", "position", 0, 10_000_000),
            checks.between("node", "product_count", 0, 1_000_000_000),
            checks.known_word("node", "content_status", ContentStatus, optional=True),
            checks.known_word("node", "source", NodeSource, optional=True),
            checks.json_object("node", "metadata"),
            checks.between("node", "opportunity_score", 0, 100),
            *checks.money_between("node", "revenue_potential"),
            checks.known_word("node", "optimization_status", OptimizationStatus),
            checks.check(
                "node",
                "root_has_depth_1",
                Q(parent__isnull=True, depth=1) | Q(parent__isnull=False, depth__gt=1),
                "A root has depth 1, every other node more.",
            ),
        ]
        indexes: ClassVar = [
            # Read by the tree view's first level.
            models.Index(
                fields=["project", "position"], condition=Q(parent__isnull=True), name="taxonomy_node_roots"
            ),
        ]

    def __str__(self) -> str:
        return self.path or self.title or self.external_id


class NodeMetricQuerySet(models.QuerySet["NodeMetric"]):
    """Query methods of metrics."""

    def find_newest_day(self, project: Project) -> date | None:
        """Return the last day that any row of a project covers; a week covers the six days after its own."""
        newest_of_node = self.filter(node=OuterRef("pk")).order_by("-date").values("date")[:1]
        begun: date | None = project.nodes.aggregate(newest=Max(Subquery(newest_of_node)))["newest"]
        if begun is None:
            return None
        late = self.filter(node__project=project, date__gt=begun - timedelta(days=7))
        return max(
            day + timedelta(days=days - 1)
            for day, days in late.values_list("date", "days_covered").distinct()
        )


class NodeMetric(models.Model):
    """What one source measured on a node on a day, or in the seven days that begin with it."""

    node = models.ForeignKey(Node, on_delete=models.CASCADE, related_name="metrics", db_index=False)
    date = models.DateField(help_text="The day, or the first day of the week.")
    source = models.CharField(max_length=7, choices=MetricSource.choices)
    days_covered = models.SmallIntegerField(default=1, help_text="1, or 7 for a week.")
    is_synthetic = models.BooleanField(default=False, help_text="Made up for a demonstration or a test.")
    impressions = models.BigIntegerField(null=True, blank=True)
    clicks = models.BigIntegerField(null=True, blank=True)
    position = models.FloatField(null=True, blank=True, help_text="Mean position in the search results.")
    sessions = models.BigIntegerField(null=True, blank=True)
    revenue = checks.money(null=True)
    transactions = models.BigIntegerField(null=True, blank=True)
    bounce_rate = models.FloatField(null=True, blank=True, help_text="0 to 1.")
    avg_session_duration = models.FloatField(null=True, blank=True, help_text="Seconds.")

    objects = NodeMetricQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            # Read by the chunks, which gather their nodes' days, by a project's newest day, and by imports.
            models.UniqueConstraint(
                fields=["node", "date", "source"],
                name="taxonomy_nodemetric_unique",
                violation_error_message="The node has metrics of this day and source.",
            ),
            checks.known_word("nodemetric", "source", MetricSource),
            checks.check(
                "nodemetric", "days_covered_known", Q(days_covered__in=(1, 7)), "days_covered must be 1 or 7."
            ),
            *(
                checks.between("nodemetric", field, 0, checks.LARGEST_COUNT)
                for field in ("impressions", "clicks", "sessions", "transactions")
            ),
            checks.between("nodemetric", "position", 0, LAST_POSITION),
            *checks.money_between("nodemetric", "revenue"),
            checks.between("nodemetric", "bounce_rate", 0, 1),
            checks.between("nodemetric", "avg_session_duration", 0, 1_000_000),
        ]
        indexes: ClassVar = [
            # Read by every page of a project, which says whether any of its figures are made up.
            models.Index(fields=["node"], condition=Q(is_synthetic=True), name="taxonomy_nodemetric_made_up"),
        ]

    def __str__(self) -> str:
        return f"{self.source} metrics of node {self.node_id} on {self.date}"
