"""Analyses and their results in the admin: read, never edited here."""

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from scoring.taxonomy.admin.base import ReadOnlyAdmin
from scoring.taxonomy.models import Analysis, NodeResult


@admin.register(Analysis)
class AnalysisAdmin(ReadOnlyAdmin[Analysis]):
    """Every analysis, with the choices it was made with."""

    list_display = (
        "page_link",
        "project",
        "type",
        "state",
        "total_nodes",
        "as_of",
        "actor",
        "created_at",
        "finished_at",
    )
    list_display_links = None
    list_select_related = ("project",)
    list_filter = (("project", admin.RelatedOnlyFieldListFilter), "type", "state")
    search_fields = ("project__name", "=id", "actor")
    ordering = ("-created_at",)

    @admin.display(description="analysis")
    def page_link(self, analysis: Analysis) -> SafeString:
        """Lead to the analysis's own page."""
        return format_html('<a href="{}">{}</a>', reverse("taxonomy:analysis", args=[analysis.pk]), analysis)


@admin.register(NodeResult)
class NodeResultAdmin(ReadOnlyAdmin[NodeResult]):
    """What analyses found for nodes."""

    list_display = (
        "node",
        "analysis",
        "succeeded",
        "has_data",
        "score",
        "projected_lift",
        "combined_value",
        "error_kind",
        "retry_count",
        "settled_at",
    )
    list_select_related = ("node", "analysis")
    list_filter = ("succeeded", "has_data")
    search_fields = ("=node__external_id",)
