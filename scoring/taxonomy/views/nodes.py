"""The tree, read level by level, and its nodes."""

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import get_object_or_404
from django.template.response import TemplateResponse
from django.views.decorators.http import require_GET

from queueproject.console.pages import page
from scoring.taxonomy.models import Node
from scoring.taxonomy.page_selectors.nodes import MOST_SHOWN, describe_node, find_ancestors, read_level
from scoring.taxonomy.page_selectors.projects import count_nodes
from scoring.taxonomy.views.base import draw, get_project

_LARGEST_OFFSET = 10_000_000


@require_GET
@page("taxonomy.view_node")
def tree(request: HttpRequest, project_id: int) -> HttpResponseBase:
    """Show the roots of a project's tree; what lies below one is read when it is opened."""
    project = get_project(project_id)
    level = read_level(project, offset=_read_offset(request))
    return draw(
        request,
        "tree",
        title=f"Tree of {project}",
        project=project,
        level=level,
        parent=None,
        statistics=count_nodes(project),
    )


@require_GET
@page("taxonomy.view_node")
def children(request: HttpRequest, node_id: int) -> HttpResponseBase:
    """Answer with the nodes right below one."""
    node = get_object_or_404(Node.objects.select_related("project"), pk=node_id)
    level = read_level(node.project, parent=node, offset=_read_offset(request))
    context = {"level": level, "parent": node, "project": node.project}
    return TemplateResponse(request, "taxonomy/parts/tree.html", context)


@require_GET
@page("taxonomy.view_node")
def node(request: HttpRequest, node_id: int) -> HttpResponseBase:
    """Show a node: its month, how its score came about, what to do, and what was projected when."""
    found = get_object_or_404(Node.objects.select_related("project", "parent"), pk=node_id)
    return draw(
        request,
        "node",
        title=found.title or found.external_id,
        project=found.project,
        node=found,
        ancestors=find_ancestors(found),
        detail=describe_node(found),
        level=read_level(found.project, parent=found),
        most=MOST_SHOWN,
    )


def _read_offset(request: HttpRequest) -> int:
    text = request.GET.get("offset", "")
    return min(int(text), _LARGEST_OFFSET) if text.isascii() and text.isdigit() and len(text) < 10 else 0
