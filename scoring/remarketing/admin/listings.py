"""Listings in the admin, with the universes they are at work in and people's corrections."""

from typing import TYPE_CHECKING, Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.http import urlencode

from queueproject.console.acting import actor
from queueproject.console.words import count_words
from scoring.remarketing.admin.base import ContentAdmin, ListAdmin
from scoring.remarketing.admin.csv_pages import CsvPages
from scoring.remarketing.admin.tools import ObjectTools, Tool, link_start, start_selected, take_ids
from scoring.remarketing.models import Adjustment, Listing, UniverseListing
from scoring.remarketing.models.words import LinkStatus
from scoring.remarketing.services.changes import cancel_waiting
from scoring.remarketing.services.content import mark_stale
from scoring.remarketing.views.assigning import offer_assignment

_MOST_RANKINGS = 3

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
class ListingAdmin(ObjectTools, CsvPages, ContentAdmin[Listing]):
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
    actions = ("assign_to_universe", "score_listings", "archive_rows", "restore_rows")
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
        gone = [row for row in formset.deleted_objects if isinstance(row, UniverseListing)]
        asleep = [link for link, fields in formset.changed_objects if _was_put_to_sleep(link, fields)]
        _cancel(request, [*gone, *asleep])
        for row in formset.deleted_objects:
            row.delete()
        if formset.model is Adjustment and formset.has_changed():
            mark_stale(listing_ids=[form.instance.pk])

    def list_tools(self, request: HttpRequest, row: Listing) -> list[Tool]:
        """Lead to the deal's rankings, and to adding it to a universe or scoring it."""
        here = reverse("admin:remarketing_listing_change", args=[row.pk])
        assign = f"{reverse('remarketing:assign')}?{urlencode({'listings': row.pk})}"
        links = row.universe_links.filter(status=LinkStatus.ACTIVE, universe__archived_at=None)
        links = links.select_related("universe").order_by("universe__name")
        rankings = [
            Tool(
                f"Ranking: {link.universe}",
                reverse("remarketing:matching", args=[link.universe_id, row.pk]),
                "remarketing.view_score",
            )
            for link in links[:_MOST_RANKINGS]
        ]
        return [
            *rankings,
            Tool("Add to a universe", assign, "remarketing.score"),
            link_start("listings", [row.pk], label="Score this deal", back=here),
        ]

    def has_assign_permission(self, request: HttpRequest) -> bool:
        """Say whether this person may put deals to work in universes, which scores them."""
        rights = ("remarketing.score", "remarketing.add_universelisting")
        return request.user.has_perms(rights)

    @admin.action(description="Add to a universe…", permissions=["assign"])
    def assign_to_universe(
        self, request: HttpRequest, queryset: QuerySet[Listing]
    ) -> HttpResponseBase | None:
        """Ask which universe takes the selected deals."""
        ids = take_ids(self, request, queryset.filter(archived_at=None))
        if not ids:
            self.message_user(request, "No selected deal can be added: restore it first.", messages.WARNING)
            return None
        return offer_assignment(request, ids)

    @admin.action(description="Score in their universes…", permissions=["score"])
    def score_listings(self, request: HttpRequest, queryset: QuerySet[Listing]) -> HttpResponseBase | None:
        """Show what scoring the selected deals means."""
        return start_selected(self, request, queryset, "listings")


def _was_put_to_sleep(row: Any, fields: list[str]) -> bool:
    return isinstance(row, UniverseListing) and "status" in fields and row.status == LinkStatus.ARCHIVED


def _cancel(request: HttpRequest, links: list[UniverseListing]) -> None:
    """Cancel what waits for deals that leave a universe, and say how much it was."""
    reason = "the deal was taken out of the universe"
    cancelled = cancel_waiting(links, actor=actor(request), reason=reason)
    if cancelled:
        messages.warning(request, f"{count_words(cancelled, 'waiting job')} cancelled: {reason}.")


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
        if change and _was_put_to_sleep(obj, form.changed_data):
            _cancel(request, [obj])
        super().save_model(request, obj, form, change)

    def delete_model(self, request: HttpRequest, obj: UniverseListing) -> None:
        """Take a deal out of a universe, and cancel what waits for it there."""
        _cancel(request, [obj])
        super().delete_model(request, obj)

    def delete_queryset(self, request: HttpRequest, queryset: QuerySet[UniverseListing]) -> None:
        """Take deals out of universes, and cancel what waits for them there."""
        _cancel(request, list(queryset))
        super().delete_queryset(request, queryset)
