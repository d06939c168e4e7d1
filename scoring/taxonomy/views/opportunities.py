"""The ranked opportunities of a project, on a page and as a file."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponseBase
from django.views.decorators.http import require_GET

from queueproject.console.export import csv_response, format_moment
from queueproject.console.pages import page
from scoring.taxonomy.forms.filtering import OpportunityForm
from scoring.taxonomy.models import Opportunity
from scoring.taxonomy.page_selectors.opportunities import filter_opportunities, sum_up
from scoring.taxonomy.rules.choices import DEFAULT_WEIGHTS
from scoring.taxonomy.views.base import PAGE_SIZE, RankedPaginator, draw, get_project, keep_query

COLUMNS = (
    "rank",
    "node_id",
    "path",
    "url",
    "score",
    "priority",
    "status",
    "label",
    "revenue_potential",
    "confidence",
    "effort",
    *(f"{factor}_factor" for factor in DEFAULT_WEIGHTS),
    "first_action",
    "as_of",
    "scored_at",
    "synthetic",
)


@require_GET
@page("taxonomy.view_opportunity")
def opportunities(request: HttpRequest, project_id: int) -> HttpResponseBase:
    """Rank a project's opportunities, with charts of those that the filters let through."""
    project = get_project(project_id)
    form = OpportunityForm(request.GET)
    filters = form.get_values()
    found = filter_opportunities(project, filters)
    overview = sum_up(found)
    paginator = RankedPaginator(found, PAGE_SIZE)
    paginator.count = overview.count  # counted already, with the charts
    rows = paginator.get_page(request.GET.get("page"))
    return draw(
        request,
        "opportunities",
        title=f"Opportunities of {project}",
        project=project,
        overview=overview,
        page=rows,
        rows=list(enumerate(rows, start=rows.start_index())),
        form=form,
        filtered=bool(filters),
        query=keep_query(request),
    )


@require_GET
@page("taxonomy.view_opportunity")
def opportunities_csv(request: HttpRequest, project_id: int) -> HttpResponseBase:
    """Export exactly what the page shows with the same query, all pages of it, in its order."""
    project = get_project(project_id)
    found = filter_opportunities(project, OpportunityForm(request.GET).get_values())
    rows = enumerate(found.iterator(chunk_size=1_000), start=1)
    return csv_response(f"opportunities-{project.pk}.csv", COLUMNS, _list_rows(rows))


def _list_rows(ranked: Iterator[tuple[int, Opportunity]]) -> Iterator[list[Any]]:
    for rank, one in ranked:
        yield [
            rank,
            one.node.external_id,
            one.node.path,
            one.node.url,
            one.score,
            one.get_priority_display(),
            one.node.get_optimization_status_display(),
            one.get_label_display(),
            one.revenue_potential,
            one.confidence,
            one.effort,
            *(one.factors.get(factor) for factor in DEFAULT_WEIGHTS),
            one.recommendations[0]["action"] if one.recommendations else "",
            one.as_of,
            format_moment(one.computed_at),
            "yes" if one.is_synthetic else "no",  # type: ignore[attr-defined]  # annotated
        ]
