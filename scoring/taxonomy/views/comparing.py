"""Two analyses of a project, side by side."""

from typing import Any
from uuid import UUID

from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_GET

from queueproject.console.pages import page
from scoring.taxonomy.forms.filtering import DifferenceForm
from scoring.taxonomy.models import Analysis
from scoring.taxonomy.page_selectors import comparing as selectors
from scoring.taxonomy.views.base import PAGE_SIZE, RankedPaginator, draw, get_project, keep_query


@require_GET
@page("taxonomy.view_analysis")
def compare(request: HttpRequest, project_id: int) -> HttpResponseBase:
    """Show what changed from one analysis to a later one; without a choice, the latest two."""
    project = get_project(project_id)
    offered = selectors.find_comparable(project)
    after = _choose(offered, request.GET.get("after", ""), 0)
    before = _choose(offered, request.GET.get("before", ""), 1)
    context: dict[str, Any] = {"project": project, "offered": offered, "before": before, "after": after}
    title = f"Compare analyses of {project}"
    if before is None or after is None:
        return draw(request, "compare", title=title, **context)
    form = DifferenceForm(request.GET)
    filters = form.get_values()
    joined = selectors.join_nodes(project, before=before, after=after)
    rows = RankedPaginator(selectors.filter_differences(joined, filters), PAGE_SIZE)
    return draw(
        request,
        "compare",
        title=title,
        comparison=selectors.compare(joined, before=before, after=after),
        page=rows.get_page(request.GET.get("page")),
        form=form,
        filtered=bool(filters),
        query=keep_query(request),
        **context,
    )


def _choose(offered: list[Analysis], asked: str, place: int) -> Analysis | None:
    """Return the analysis asked for when it is one of those offered, else the one at a place."""
    try:
        wanted: UUID | None = UUID(asked)
    except ValueError:
        wanted = None
    found = next((analysis for analysis in offered if analysis.pk == wanted), None)
    return found or (offered[place] if len(offered) > place else None)
