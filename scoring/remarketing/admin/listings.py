"""Listings in the admin, with the universes they are at work in and people's corrections."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin
from django.http import HttpRequest

from scoring.remarketing.admin.base import ContentAdmin, ListAdmin
from scoring.remarketing.admin.csv_pages import CsvPages
from scoring.remarketing.models import Adjustment, Listing, UniverseListing
from scoring.remarketing.services.content import mark_stale

if TYPE_CHECKING:
    LinkTable = admin.TabularInline[UniverseListing, Listing]
    AdjustmentTable = admin.TabularInline[Adjustment, Listing]
else:
    LinkTable = AdjustmentTable = admin.TabularInline


class UniverseListingInline(LinkTable):
    """The universes a listing is at work in."""

    model = UniverseListing
    extra = 0
    autocomplete_fields = ("universe",)
    readonly_fields = ("added_by", "created_at")


class AdjustmentInline(AdjustmentTable):
    """Corrections of all scores of a listing."""

    model = Adjustment
    extra = 0
    readonly_fields = ("created_by", "created_at")


@admin.register(Listing)
class ListingAdmin(CsvPages, ContentAdmin[Listing]):
    """Companies for sale."""

    csv_kind = "listings"
    list_display = (
        "title",
        "location",
        "category",
        "revenue",
        "ebitda",
        "currency",
        "archived_at",
        "updated_at",
    )
    list_filter = (("archived_at", admin.EmptyFieldListFilter), ("revenue", admin.EmptyFieldListFilter))
    search_fields = ("title", "location", "category", "source_ref")
    ordering = ("title", "id")
    inlines = (UniverseListingInline, AdjustmentInline)
    readonly_fields = ("content_changed_at", "archived_at", "created_at", "updated_at")
    fieldsets = (
        (None, {"fields": ("title", "location", "location_count", "description", "executive_summary")}),
        ("Services", {"fields": ("category", "categories", "services")}),
        ("Figures", {"fields": ("currency", ("revenue", "ebitda", "asking_price"))}),
        (
            "Owner",
            {
                "fields": (
                    "owner_goals",
                    "seller_motivation",
                    "transition_preferences",
                    "special_requirements",
                    "ownership_structure",
                )
            },
        ),
        (
            "Record",
            {
                "classes": ("collapse",),
                "fields": ("source_ref", "created_at", "updated_at", "content_changed_at", "archived_at"),
            },
        ),
    )

    def save_formset(self, request: HttpRequest, form: Any, formset: Any, change: bool) -> None:
        """Note who linked or corrected; a correction makes the listing's scores stale."""
        for row in formset.save(commit=False):
            if row.pk is None:
                setattr(row, "added_by" if isinstance(row, UniverseListing) else "created_by", request.user)
            row.save()
        for row in formset.deleted_objects:
            row.delete()
        if formset.model is Adjustment and formset.has_changed():
            mark_stale(listing_ids=[form.instance.pk])


@admin.register(UniverseListing)
class UniverseListingAdmin(ListAdmin[UniverseListing]):
    """Which deals are at work in which universes."""

    list_display = ("listing", "universe", "status", "added_by", "created_at")
    list_select_related = ("listing", "universe", "added_by")
    list_filter = (("universe", admin.RelatedOnlyFieldListFilter), "status")
    search_fields = ("listing__title", "universe__name")
    ordering = ("universe__name", "listing__title", "id")
    autocomplete_fields = ("universe", "listing")
    readonly_fields = ("added_by", "created_at", "updated_at")

    def save_model(self, request: HttpRequest, obj: UniverseListing, form: Any, change: bool) -> None:
        """Note who linked."""
        if not change:
            obj.added_by = request.user  # type: ignore[assignment]  # admin_view lets nobody anonymous in
        super().save_model(request, obj, form, change)
