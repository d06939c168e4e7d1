"""Scores and their history in the admin: read, never edited here."""

from django.contrib import admin

from scoring.remarketing.admin.base import ReadOnlyAdmin
from scoring.remarketing.models import Score, ScoreSnapshot


@admin.register(Score)
class ScoreAdmin(ReadOnlyAdmin[Score]):
    """How well buyers fit deals."""

    list_display = (
        "buyer",
        "listing",
        "universe",
        "composite_score",
        "human_override_score",
        "tier",
        "status",
        "confidence_level",
        "scored_by",
        "is_stale",
        "scored_at",
    )
    list_select_related = ("buyer", "listing", "universe")
    list_filter = (
        ("universe", admin.RelatedOnlyFieldListFilter),
        "tier",
        "status",
        "is_stale",
        "needs_review",
        "is_disqualified",
        "scored_by",
    )
    search_fields = ("buyer__company_name", "listing__title")
    ordering = ("-id",)


@admin.register(ScoreSnapshot)
class ScoreSnapshotAdmin(ReadOnlyAdmin[ScoreSnapshot]):
    """Every scoring of a buyer for a deal as it was."""

    list_display = (
        "buyer",
        "listing",
        "composite_score",
        "tier",
        "trigger",
        "scored_by",
        "model",
        "prompt_version",
        "scored_for",
        "scored_at",
    )
    list_select_related = ("buyer", "listing", "scored_for")
    list_filter = (("universe", admin.RelatedOnlyFieldListFilter), "trigger", "scored_by")
    search_fields = ("buyer__company_name", "listing__title")
    ordering = ("-id",)
