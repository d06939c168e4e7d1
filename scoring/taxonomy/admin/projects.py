"""Projects in the admin: the one table of the taxonomy that staff fill by hand."""

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from scoring.taxonomy.admin.base import TreeDeletion
from scoring.taxonomy.models import Project


@admin.register(Project)
class ProjectAdmin(TreeDeletion):
    """Projects: what their formulas are told, and how urgent their analyses are."""

    list_display = ("name", "tree_link", "priority", "as_of", "target_position", "timeframe", "created_at")
    search_fields = ("name",)
    ordering = ("name",)
    list_per_page = 50
    show_full_result_count = False
    readonly_fields = ("created_at",)
    fieldsets = (
        (None, {"fields": ("name", "priority", "created_at")}),
        ("What an analysis reads", {"fields": ("as_of",)}),
        ("What scores are made from", {"fields": ("ctr_curve", "weights")}),
        ("What projections aim at", {"fields": ("target_position", "timeframe", "seasonality")}),
    )

    @admin.display(description="product tree")
    def tree_link(self, project: Project) -> SafeString:
        """Lead to the project's own page."""
        url = reverse("taxonomy:project", args=[project.pk])
        return format_html('<a href="{}">Open<span class="visually-hidden"> {}</span></a>', url, project)

    def view_on_site(self, obj: Project) -> str:
        """Lead from the form to the project's own page."""
        return reverse("taxonomy:project", args=[obj.pk])
