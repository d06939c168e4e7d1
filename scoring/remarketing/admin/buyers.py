"""Buyers in the admin."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse

from scoring.remarketing.admin.base import ContentAdmin
from scoring.remarketing.admin.csv_pages import CsvPages
from scoring.remarketing.admin.tools import ObjectTools, Tool, link_start, start_selected
from scoring.remarketing.models import Buyer


@admin.register(Buyer)
class BuyerAdmin(ObjectTools, CsvPages, ContentAdmin[Buyer]):
    """Buyers and how well they align with their universe."""

    csv_kind = "buyers"
    list_display = (
        "company_name",
        "universe",
        "buyer_type",
        "hq_state",
        "data_completeness",
        "alignment_score",
        "alignment_scored_by",
        "alignment_is_stale",
    )
    list_select_related = ("universe",)
    list_filter = (
        ("universe", admin.RelatedOnlyFieldListFilter),
        "buyer_type",
        "data_completeness",
        "alignment_is_stale",
        ("alignment_score", admin.EmptyFieldListFilter),
        ("archived_at", admin.EmptyFieldListFilter),
    )
    search_fields = ("company_name", "pe_firm_name", "source_ref")
    ordering = ("company_name", "id")
    actions = ("score_alignment", "score_for_deals", "archive_rows", "restore_rows")
    autocomplete_fields = ("universe",)
    alignment_fields = (
        "alignment_score",
        "alignment_reasoning",
        "alignment_key_factors",
        "alignment_confidence",
        "alignment_scored_by",
        "alignment_model",
        "alignment_prompt_version",
        "alignment_is_stale",
        "alignment_checked_at",
    )
    readonly_fields = (
        *alignment_fields,
        "data_completeness",
        "content_changed_at",
        "archived_at",
        "created_at",
        "updated_at",
    )
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "universe",
                    "company_name",
                    "website",
                    ("buyer_type", "pe_firm_name"),
                    ("hq_city", "hq_state"),
                    "industry_vertical",
                    "business_summary",
                )
            },
        ),
        ("Alignment", {"fields": alignment_fields}),
        ("Thesis", {"fields": ("thesis_summary", "thesis_confidence", "deal_preferences", "deal_breakers")}),
        (
            "Services",
            {
                "fields": (
                    "target_services",
                    "services_offered",
                    "specialized_focus",
                    "target_industries",
                    "industry_exclusions",
                )
            },
        ),
        (
            "Geography",
            {
                "fields": (
                    "target_geographies",
                    "geographic_footprint",
                    "operating_locations",
                    "service_regions",
                    "customer_geographic_reach",
                    "geographic_exclusions",
                )
            },
        ),
        (
            "Size",
            {
                "fields": (
                    "currency",
                    ("target_revenue_min", "target_revenue_max", "revenue_sweet_spot"),
                    ("target_ebitda_min", "target_ebitda_max", "ebitda_sweet_spot"),
                )
            },
        ),
        (
            "Record",
            {
                "classes": ("collapse",),
                "fields": (
                    "recent_acquisitions",
                    "portfolio_companies",
                    "extraction_sources",
                    "data_completeness",
                    "source_ref",
                    "created_at",
                    "updated_at",
                    "content_changed_at",
                    "archived_at",
                ),
            },
        ),
    )

    def list_tools(self, request: HttpRequest, row: Buyer) -> list[Tool]:
        """Lead to the buyer's ranking, its history, and what is started for it."""
        if row.universe_id is None:
            return []
        here = reverse("admin:remarketing_buyer_change", args=[row.pk])
        history = reverse("admin:remarketing_alignmentsnapshot_changelist")
        ranking = reverse("remarketing:alignment", args=[row.universe_id])
        return [
            Tool("Alignment of all buyers", ranking, "remarketing.view_buyer"),
            Tool(
                "Alignment history",
                f"{history}?buyer__id__exact={row.pk}",
                "remarketing.view_alignmentsnapshot",
            ),
            link_start("buyers-alignment", [row.pk], label="Score alignment", back=here),
            link_start("buyers-deals", [row.pk], label="Score for all deals", back=here),
        ]

    @admin.action(description="Score alignment…", permissions=["score"])
    def score_alignment(self, request: HttpRequest, queryset: QuerySet[Buyer]) -> HttpResponseBase | None:
        """Show what scoring the selected buyers' alignment means."""
        return start_selected(self, request, queryset, "buyers-alignment")

    @admin.action(description="Score for all deals…", permissions=["score"])
    def score_for_deals(self, request: HttpRequest, queryset: QuerySet[Buyer]) -> HttpResponseBase | None:
        """Show what scoring the selected buyers for all deals of their universes means."""
        return start_selected(self, request, queryset, "buyers-deals")
