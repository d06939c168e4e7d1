"""The projects, and one of them: its tree in numbers, its choices, its newest analyses."""

from django.core.paginator import Paginator
from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_GET

from queueproject.console.pages import page
from scoring.taxonomy.models import Project
from scoring.taxonomy.page_selectors import projects as selectors
from scoring.taxonomy.views.base import PAGE_SIZE, draw, get_project


@require_GET
@page("taxonomy.view_project")
def projects(request: HttpRequest) -> HttpResponseBase:
    """List the projects with how far each is analysed."""
    rows = Paginator(Project.objects.order_by("name"), PAGE_SIZE).get_page(request.GET.get("page"))
    return draw(request, "projects", title="Product trees", page=rows, rows=selectors.list_rows(list(rows)))


@require_GET
@page("taxonomy.view_project")
def project(request: HttpRequest, project_id: int) -> HttpResponseBase:
    """Show one project; the part refreshes itself while an analysis is under way."""
    found = get_project(project_id)
    analyses = selectors.find_analyses(found)
    return draw(
        request,
        "project",
        title=found.name,
        project=found,
        statistics=selectors.count_nodes(found),
        measured_to=selectors.find_measured_to(found),
        choices=selectors.show_choices(found),
        analyses=analyses,
        running=any(row.is_open for row in analyses),
        ended=sum(not row.is_open for row in analyses),
        most=selectors.MOST_ANALYSES,
    )
