"""Opportunities and projections in the admin: read, never edited here."""

from django.contrib import admin

from scoring.taxonomy.admin.base import ReadOnlyAdmin
from scoring.taxonomy.models import Opportunity, Projection


@admin.register(Opportunity)
class OpportunityAdmin(ReadOnlyAdmin[Opportunity]):
    """What is known of nodes now."""

    list_display = (
        "node",
        "score",
        "priority",
        "label",
        "revenue_potential",
        "confidence",
        "effort",
        "computed_at",
        "valid_until",
    )
    list_select_related = ("node",)
    list_filter = ("priority", "label")
    search_fields = ("=node__external_id",)


@admin.register(Projection)
class ProjectionAdmin(ReadOnlyAdmin[Projection]):
    """What was projected for nodes, at any time."""

    list_display = (
        "node",
        "current_revenue",
        "projected_revenue",
        "projected_lift",
        "method",
        "weeks_to_impact",
        "confidence",
        "calculated_at",
    )
    list_select_related = ("node",)
    list_filter = ("method",)
    search_fields = ("=node__external_id",)
