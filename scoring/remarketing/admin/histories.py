"""Corrections, decisions and the history of alignment in the admin."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest

from scoring.remarketing.admin.base import ListAdmin, ReadOnlyAdmin
from scoring.remarketing.models import Adjustment, AlignmentSnapshot, Decision
from scoring.remarketing.services.content import mark_stale


@admin.register(Adjustment)
class AdjustmentAdmin(ListAdmin[Adjustment]):
    """Corrections of all scores of a listing."""

    list_display = ("listing", "type", "value", "reason", "created_by", "created_at")
    list_select_related = ("listing", "created_by")
    list_filter = ("type",)
    search_fields = ("listing__title", "reason")
    ordering = ("-id",)
    autocomplete_fields = ("listing",)
    readonly_fields = ("created_by", "created_at", "updated_at")

    def save_model(self, request: HttpRequest, obj: Adjustment, form: Any, change: bool) -> None:
        """Note who corrected; the listing's scores are stale now."""
        if not change:
            obj.created_by = request.user  # type: ignore[assignment]  # admin_view lets nobody anonymous in
        super().save_model(request, obj, form, change)
        mark_stale(listing_ids=[obj.listing_id])

    def delete_model(self, request: HttpRequest, obj: Adjustment) -> None:
        """Take the correction back; the listing's scores are stale now."""
        super().delete_model(request, obj)
        mark_stale(listing_ids=[obj.listing_id])

    def delete_queryset(self, request: HttpRequest, queryset: Any) -> None:
        """Take corrections back; their listings' scores are stale now."""
        listing_ids = list(queryset.values_list("listing_id", flat=True))
        super().delete_queryset(request, queryset)
        mark_stale(listing_ids=listing_ids)


@admin.register(Decision)
class DecisionAdmin(ReadOnlyAdmin[Decision]):
    """What staff did with a buyer for a deal."""

    list_display = (
        "buyer",
        "listing",
        "action",
        "pass_category",
        "composite_score",
        "decided_by",
        "decided_at",
        "undone_at",
    )
    list_select_related = ("buyer", "listing", "decided_by")
    list_filter = ("action", "pass_category")
    search_fields = ("buyer__company_name", "listing__title")
    ordering = ("-id",)


@admin.register(AlignmentSnapshot)
class AlignmentSnapshotAdmin(ReadOnlyAdmin[AlignmentSnapshot]):
    """Every alignment scoring of a buyer as it was."""

    list_display = (
        "buyer",
        "score",
        "confidence",
        "trigger",
        "scored_by",
        "model",
        "prompt_version",
        "scored_for",
        "scored_at",
    )
    list_select_related = ("buyer", "scored_for")
    list_filter = (("universe", admin.RelatedOnlyFieldListFilter), "confidence", "scored_by")
    search_fields = ("buyer__company_name",)
    ordering = ("-id",)
