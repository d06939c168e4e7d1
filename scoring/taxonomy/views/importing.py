"""Import nodes and metrics: check a file, or take it over whole."""

from typing import Any

from django.contrib import messages
from django.http import (
    Http404,
    HttpRequest,
    HttpResponseBase,
    HttpResponseNotAllowed,
    HttpResponseRedirect,
)
from django.urls import reverse

from queueproject.console.pages import page
from queueproject.console.words import count_words
from queueproject.csvimport import CsvRefused, CsvRow, list_columns
from scoring.taxonomy.csv import MetricImport, NodeImport, import_metrics, import_nodes
from scoring.taxonomy.csv.rows import MetricCsvRow, NodeRow
from scoring.taxonomy.forms.importing import MetricsForm, NodesForm
from scoring.taxonomy.models import Project
from scoring.taxonomy.views.base import draw, get_project

_FORMS = {"nodes": NodesForm, "metrics": MetricsForm}
_ROWS: dict[str, type[CsvRow]] = {"nodes": NodeRow, "metrics": MetricCsvRow}


@page("taxonomy.analyse")
def import_file(request: HttpRequest, project_id: int, what: str) -> HttpResponseBase:
    """Check a file and say what it would do, or import it; one with any fault is refused whole."""
    if what not in _FORMS:
        raise Http404(f"Nothing called {what} can be imported.")
    if request.method not in ("GET", "HEAD", "POST"):
        return HttpResponseNotAllowed(["GET", "POST"])
    project = get_project(project_id)
    sent = (request.POST, request.FILES) if request.method == "POST" else ()
    form = _FORMS[what](*sent)
    context: dict[str, Any] = {}
    if request.method == "POST" and form.is_valid():
        dry_run = "check" in request.POST
        try:
            result = _import(project, what, form.cleaned_data, dry_run=dry_run)
        except CsvRefused as refused:
            context["faults"] = refused.faults
        else:
            if not dry_run:
                messages.success(request, describe_result(what, result))
                return HttpResponseRedirect(reverse("taxonomy:project", args=[project.pk]))
            context["result"] = result
    return draw(
        request,
        "import",
        title=f"Import {what}",
        status=400 if form.errors or "faults" in context else 200,
        project=project,
        what=what,
        form=form,
        columns=list_columns(_ROWS[what]),
        **context,
    )


def _import(
    project: Project, what: str, chosen: dict[str, Any], *, dry_run: bool
) -> NodeImport | MetricImport:
    content = chosen["file"].read()
    if what == "nodes":
        return import_nodes(project, content, dry_run=dry_run)
    return import_metrics(
        project,
        content,
        measured_by=chosen["measured_by"],
        days_covered=chosen["days_covered"],
        is_synthetic=chosen["is_synthetic"],
        dry_run=dry_run,
    )


def describe_result(what: str, result: NodeImport | MetricImport) -> str:
    """Say in a sentence what an import did."""
    parts = [f"{result.created:,} created", f"{result.updated:,} updated", f"{result.unchanged:,} unchanged"]
    if isinstance(result, NodeImport) and result.moved:
        parts.append(f"{result.moved:,} moved along with a parent")
    return f"{count_words(result.rows, 'row')} of {what} read: {', '.join(parts)}."
