"""What the pages of the taxonomy share: drawing, finding rows, who is there."""

from typing import Any

from django.contrib.auth.models import User
from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import Http404, HttpRequest
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.utils.http import urlencode

from queueproject.console import pages
from scoring.taxonomy.models import Analysis, Project
from scoring.taxonomy.page_selectors.projects import has_synthetic
from scoring.taxonomy.selectors import read_slice

PAGE_SIZE = 50


class RankedPaginator(Paginator[Any]):
    """Pages of an ordered query whose rows are read by their numbers."""

    object_list: QuerySet[Any]

    def page(self, number: int | str) -> Page[Any]:
        """Read one page; two queries."""
        number = self.validate_number(number)
        end = min(number * self.per_page, self.count)
        rows = read_slice(self.object_list, (number - 1) * self.per_page, end)
        return Page(rows, number, self)


def draw(
    request: HttpRequest, name: str, *, title: str, status: int = 200, **context: Any
) -> TemplateResponse:
    """Draw `taxonomy/<name>.html`, or its part of the same name when only that is refreshed.

    A whole page about a project says when any of its figures are made up.
    """
    project = context.get("project")
    if project is not None and not pages.is_refresh(request):
        context["has_synthetic"] = has_synthetic(project)
    return pages.draw(request, name, title=title, status=status, folder="taxonomy", **context)


def get_user(request: HttpRequest) -> User:
    """Return who is logged in; pages stand behind the login."""
    if not isinstance(request.user, User):
        raise Http404
    return request.user


def get_project(project_id: int) -> Project:
    """Return a project, or raise Http404."""
    return get_object_or_404(Project, pk=project_id)


def get_analysis(analysis_id: Any) -> Analysis:
    """Return an analysis with its project and who started it, or raise Http404."""
    found = Analysis.objects.select_related("project", "created_by", "parent")
    found = found.defer("node_ids", "parent__node_ids", "parent__result")
    return get_object_or_404(found, pk=analysis_id)


def keep_query(request: HttpRequest, *dropped: str) -> str:
    """Write the query again without some of its names, for links to other pages of a list."""
    left_out = {"page", *dropped}
    return urlencode(
        [(name, str(value)) for name, value in request.GET.items() if name not in left_out and value]
    )
