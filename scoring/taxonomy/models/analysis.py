"""Analysis: one run over a project's nodes, and what it found for each of them."""

from typing import ClassVar
from uuid import uuid4

from django.conf import settings
from django.db import models
from django.db.models import Q

from scoring.taxonomy.models import checks
from scoring.taxonomy.models.node import Node
from scoring.taxonomy.models.project import Project
from scoring.taxonomy.models.words import AnalysisState, AnalysisType, Priority

_OPEN = (AnalysisState.PENDING, AnalysisState.PROCESSING)


class Analysis(models.Model):
    """One processing job. It keeps the choices and the day it was made with, so that it can be made again."""

    id = models.UUIDField(primary_key=True, default=uuid4, editable=False)
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="analyses", db_index=False)
    type = models.CharField(max_length=13, choices=AnalysisType.choices)
    options = models.JSONField(default=dict, blank=True)
    as_of = models.DateField(null=True, blank=True, help_text="Empty: the project has no metrics.")
    choices = models.JSONField(
        default=dict, blank=True, help_text="Curve, weights, target, timeframe and seasonality as they were."
    )
    parent = models.ForeignKey(
        "self",
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="retries",
        help_text="The analysis whose failed nodes this one tries again.",
    )
    node_ids = models.JSONField(
        null=True, blank=True, help_text="Only these nodes; empty: all of the project."
    )
    # Number of a queue row, which does not live as long as an analysis: no foreign key.
    batch_number = models.BigIntegerField(null=True, blank=True)
    total_nodes = models.IntegerField(default=0)
    result = models.JSONField(null=True, blank=True)
    error = models.TextField(blank=True, default="")
    state = models.CharField(max_length=10, choices=AnalysisState.choices, default=AnalysisState.PENDING)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    actor = models.CharField(max_length=150, blank=True, default="", help_text="Who or what started it.")
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True, blank=True)
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "analyses"
        permissions: ClassVar = [
            ("analyse", "Can start, cancel and retry analyses, and import nodes and metrics")
        ]
        constraints: ClassVar = [
            checks.known_word("analysis", "type", AnalysisType),
            checks.known_word("analysis", "state", AnalysisState),
            checks.json_object("analysis", "options"),
            checks.json_object("analysis", "choices"),
            checks.json_list("analysis", "node_ids"),
            checks.json_object("analysis", "result"),
            checks.between("analysis", "total_nodes", 0, 100_000_000),
            checks.check(
                "analysis",
                "finished_when_over",
                Q(state__in=_OPEN, finished_at__isnull=True)
                | (~Q(state__in=_OPEN) & Q(finished_at__isnull=False)),
                "An analysis has a time of its end when it is over, and only then.",
            ),
        ]
        indexes: ClassVar = [
            # Read by the project's list of analyses, newest first.
            models.Index(fields=["project", "-created_at"], name="taxonomy_analysis_newest"),
            # Read by the list of all analyses, newest first.
            models.Index(fields=["-created_at"], name="taxonomy_analysis_all"),
            # Read by the handlers and the batch's callback, which know the batch.
            models.Index(
                fields=["batch_number"],
                condition=Q(batch_number__isnull=False),
                name="taxonomy_analysis_batch",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_type_display()} {str(self.pk)[:8]}"


class NodeResult(models.Model):
    """What an analysis found for a node, or why nothing. Figures that its type leaves out are NULL."""

    analysis = models.ForeignKey(
        Analysis, on_delete=models.CASCADE, related_name="node_results", db_index=False
    )
    # Read on deletion of nodes, and by a node's history.
    node = models.ForeignKey(Node, on_delete=models.CASCADE, related_name="node_results")
    succeeded = models.BooleanField()
    has_data = models.BooleanField(default=False)
    score = models.SmallIntegerField(null=True, blank=True)
    confidence = models.FloatField(null=True, blank=True)
    factors = models.JSONField(default=dict, blank=True)
    priority = models.SmallIntegerField(choices=Priority.choices, null=True, blank=True)
    revenue_potential = checks.money(null=True)
    projected_lift = checks.money(null=True)
    projected_revenue = checks.money(null=True)
    projection = models.JSONField(default=dict, blank=True)
    combined_value = models.FloatField(null=True, blank=True)
    error = models.TextField(blank=True, default="")
    error_kind = models.CharField(max_length=100, blank=True, default="")
    retry_count = models.SmallIntegerField(default=0)
    settled_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            # Read by the results of an analysis, its counts and export; key of the upsert that saves a chunk.
            models.UniqueConstraint(fields=["analysis", "node"], name="taxonomy_noderesult_unique"),
            checks.between("noderesult", "score", 0, 100),
            checks.between("noderesult", "confidence", 0, 1),
            checks.json_object("noderesult", "factors"),
            checks.json_object("noderesult", "projection"),
            checks.between("noderesult", "priority", 1, 5),
            *checks.money_between("noderesult", "revenue_potential", "projected_lift", "projected_revenue"),
            checks.between("noderesult", "combined_value", 0, 100),
            checks.between("noderesult", "retry_count", 0, 1_000),
            checks.check(
                "noderesult",
                "error_of_failed",
                Q(succeeded=True, error="", error_kind="")
                | Q(succeeded=False, error__regex=r"\S", error_kind__regex=r"\S"),
                "A failed node has an error and its kind, a successful one has neither.",
            ),
        ]
        indexes: ClassVar = [
            # Read by the errors of an analysis by kind, and by the retry of failed nodes.
            models.Index(
                fields=["analysis", "error_kind"],
                condition=Q(succeeded=False),
                name="taxonomy_noderesult_failed",
            ),
        ]

    def __str__(self) -> str:
        return f"result of node {self.node_id} in analysis {self.analysis_id}"
