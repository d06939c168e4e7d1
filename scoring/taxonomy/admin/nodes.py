"""Nodes and metrics in the admin: imports place and measure, staff may correct a node's own text."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.urls import reverse

from queueproject.queue.admin.base import EstimatingPaginator
from scoring.taxonomy.admin.base import ReadOnlyAdmin, TreeDeletion
from scoring.taxonomy.models import Node, NodeMetric

_TEXT = (
    "title",
    "url",
    "meta_title",
    "meta_description",
    "product_count",
    "content_status",
    "source",
    "metadata",
)
_PLACED = ("project", "external_id", "parent", "path", "depth", "position")
_SCORED = (
    "opportunity_score",
    "optimization_status",
    "revenue_potential",
    "last_scored_at",
    "metrics_updated_at",
)


@admin.register(Node)
class NodeAdmin(TreeDeletion):
    """Nodes; their place comes from an import, their score from an analysis."""

    list_display = ("path", "project", "external_id", "depth", "opportunity_score", "optimization_status")
    list_select_related = ("project",)
    list_filter = (("project", admin.RelatedOnlyFieldListFilter), "optimization_status", "content_status")
    search_fields = ("external_id", "path")
    ordering = ("project_id", "external_id")
    list_per_page = 50
    show_full_result_count = False
    paginator = EstimatingPaginator
    readonly_fields = (*_PLACED, *_SCORED)
    fieldsets = (
        (None, {"fields": _TEXT}),
        ("Its place", {"fields": _PLACED}),
        ("What is known of it", {"fields": _SCORED}),
    )

    def has_add_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Refuse: an import places a node in its tree."""
        return False

    def view_on_site(self, obj: Node) -> str:
        """Lead from the form to the node's own page."""
        return reverse("taxonomy:node", args=[obj.pk])


@admin.register(NodeMetric)
class NodeMetricAdmin(ReadOnlyAdmin[NodeMetric]):
    """What was measured, as it was imported; made-up figures say so."""

    list_display = (
        "node",
        "date",
        "source",
        "days_covered",
        "is_synthetic",
        "impressions",
        "clicks",
        "position",
        "sessions",
        "revenue",
        "transactions",
    )
    list_select_related = ("node",)
    list_filter = ("source", "is_synthetic")
    search_fields = ("=node__external_id",)
