"""Universes in the admin."""

import json
from collections.abc import Callable
from typing import Any, TypeVar

from django import forms
from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponseBase
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString
from pydantic_core import PydanticCustomError

from scoring.remarketing.admin.base import ContentAdmin
from scoring.remarketing.admin.csv_pages import CsvPages
from scoring.remarketing.admin.tools import ObjectTools, Tool, link_start, start_selected
from scoring.remarketing.csv_rows import read_adjacency, read_documents
from scoring.remarketing.models import Universe
from scoring.remarketing.selectors import get_guide

Json = TypeVar("Json", dict[str, Any], list[Any])


class UniverseForm(forms.ModelForm[Universe]):
    """Check the two JSON fields as an import does."""

    class Meta:
        model = Universe
        exclude = ()  # noqa: DJ006  the admin's fieldsets name what is shown

    def clean_service_adjacency_map(self) -> dict[str, Any]:
        """Refuse anything but lists of services by service."""
        value = self.cleaned_data["service_adjacency_map"] or {}
        if not isinstance(value, dict):
            raise forms.ValidationError("Write a JSON object.")
        return _check(read_adjacency, value)

    def clean_documents(self) -> list[Any]:
        """Refuse anything but documents with a type and a text."""
        value = self.cleaned_data["documents"] or []
        if not isinstance(value, list):
            raise forms.ValidationError("Write a JSON list.")
        return _check(read_documents, value)


def _check(read: Callable[[Json], Json], value: Json) -> Json:
    if "\\u0000" in json.dumps(value):
        raise forms.ValidationError("Null characters are not allowed.")
    try:
        return read(value)
    except PydanticCustomError as error:
        raise forms.ValidationError(str(error)) from error


@admin.register(Universe)
class UniverseAdmin(ObjectTools, CsvPages, ContentAdmin[Universe]):
    """Universes: what counts in an industry, and how much."""

    csv_kind = "universes"
    form = UniverseForm
    list_display = (
        "name",
        "matching_link",
        "geography_mode",
        "weights_shown",
        "has_guide",
        "archived_at",
        "updated_at",
    )
    list_filter = (("archived_at", admin.EmptyFieldListFilter), "geography_mode")
    search_fields = ("name", "source_ref")
    ordering = ("name",)
    actions = ("score_all_deals", "score_all_buyers", "archive_rows", "restore_rows")
    readonly_fields = ("content_changed_at", "archived_at", "created_by", "created_at", "updated_at")
    fieldsets = (
        (None, {"fields": ("name", "description", "fit_criteria", "keywords", "guide_text", "documents")}),
        (
            "Services",
            {
                "fields": (
                    "primary_focus",
                    "required_services",
                    "preferred_services",
                    "excluded_services",
                    "service_adjacency_map",
                    "business_model",
                )
            },
        ),
        (
            "Weights, in percent",
            {"fields": (("service_weight", "size_weight", "geography_weight", "owner_goals_weight"),)},
        ),
        (
            "How scores are made",
            {
                "fields": (
                    "geography_mode",
                    "service_matching_mode",
                    "below_minimum_handling",
                    "penalize_single_location",
                )
            },
        ),
        (
            "Geography",
            {
                "classes": ("collapse",),
                "fields": ("target_states", "target_regions", "exclude_states", "coverage"),
            },
        ),
        (
            "Size",
            {
                "classes": ("collapse",),
                "fields": (
                    "currency",
                    ("revenue_min", "revenue_max"),
                    ("ebitda_min", "ebitda_max"),
                    ("locations_min", "locations_max"),
                ),
            },
        ),
        (
            "Buyers",
            {"classes": ("collapse",), "fields": ("preferred_buyer_types", "excluded_buyer_types")},
        ),
        (
            "Record",
            {
                "classes": ("collapse",),
                "fields": (
                    "source_ref",
                    "created_by",
                    "created_at",
                    "updated_at",
                    "content_changed_at",
                    "archived_at",
                ),
            },
        ),
    )

    def list_tools(self, request: HttpRequest, row: Universe) -> list[Tool]:
        """Lead to the universe's deals, and to everything that is started in it."""
        here, score = [row.pk], "remarketing.score"
        return [
            Tool("Deals and buyers", reverse("remarketing:universe", args=here), "remarketing.view_universe"),
            link_start("universe-deals", here, label="Score all deals"),
            link_start("universe-buyers", here, label="Score all buyers"),
            Tool("Add deals", reverse("remarketing:add_deals", args=here), score),
            Tool("New deal", reverse("remarketing:new_deal", args=here), score),
            Tool("New buyer", reverse("remarketing:add_buyer", args=here), score),
        ]

    @admin.action(description="Score all deals…", permissions=["score"])
    def score_all_deals(self, request: HttpRequest, queryset: QuerySet[Universe]) -> HttpResponseBase | None:
        """Show what scoring all deals of the selected universes means."""
        return start_selected(self, request, queryset, "universe-deals")

    @admin.action(description="Score all buyers…", permissions=["score"])
    def score_all_buyers(self, request: HttpRequest, queryset: QuerySet[Universe]) -> HttpResponseBase | None:
        """Show what scoring the alignment of all buyers means."""
        return start_selected(self, request, queryset, "universe-buyers")

    @admin.display(description="matching")
    def matching_link(self, universe: Universe) -> SafeString:
        """Lead to the universe's deals and buyers."""
        url = reverse("remarketing:universe", args=[universe.pk])
        return format_html('<a href="{}">Deals<span class="visually-hidden"> of {}</span></a>', url, universe)

    @admin.display(description="service / size / geography / goals")
    def weights_shown(self, universe: Universe) -> str:
        """Show the four weights in one column."""
        return " / ".join(str(weight) for weight in universe.weights.values())

    @admin.display(boolean=True, description="guide")
    def has_guide(self, universe: Universe) -> bool:
        """Say whether alignment can be scored."""
        return bool(get_guide(universe))

    def save_model(self, request: HttpRequest, obj: Universe, form: Any, change: bool) -> None:
        """Note who made it, and warn where weights or guide keep it from being scored as meant."""
        if not change:
            obj.created_by = request.user  # type: ignore[assignment]  # admin_view lets nobody anonymous in
        super().save_model(request, obj, form, change)
        total = sum(obj.weights.values())
        if total != 100:
            messages.warning(request, f"The weights sum to {total}, not 100; they count in proportion.")
        if not get_guide(obj):
            messages.warning(request, "There is no guide: alignment scoring is refused until one is written.")
