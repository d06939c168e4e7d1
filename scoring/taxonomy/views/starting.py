"""Start an analysis: what it means is shown first."""

from django.http import HttpRequest, HttpResponseBase, HttpResponseNotAllowed, HttpResponseRedirect
from django.urls import reverse

from queueproject.console.pages import page
from queueproject.queue import health
from scoring.taxonomy.forms.starting import StartForm
from scoring.taxonomy.page_selectors.forecasting import forecast
from scoring.taxonomy.services import AnalysisRefused, start_analysis
from scoring.taxonomy.views.base import draw, get_project, get_user


@page("taxonomy.analyse")
def start(request: HttpRequest, project_id: int) -> HttpResponseBase:
    """Ask for type and options, say what follows from them, and start when that button was pressed."""
    if request.method not in ("GET", "HEAD", "POST"):
        return HttpResponseNotAllowed(["GET", "POST"])
    project = get_project(project_id)
    form = StartForm(request.POST if request.method == "POST" else None)
    if "start" in request.POST and form.is_valid():
        try:
            analysis = start_analysis(
                project, type=form.cleaned_data["type"], options=form.get_options(), user=get_user(request)
            )
        except AnalysisRefused as refused:
            form.add_error(None, str(refused))
        else:
            return HttpResponseRedirect(reverse("taxonomy:analysis", args=[analysis.pk]))
    return draw(
        request,
        "start",
        title=f"Analyse {project}",
        status=400 if form.errors else 200,
        project=project,
        form=form,
        forecast=forecast(project, form.get_options()),
        worker_missing=not health.live_worker_exists(),
        worker_command=health.WORKER_COMMAND,
    )
