"""One analysis: watch it, cancel it, try again what failed in it, take its results home."""

from functools import partial
from uuid import UUID

from django.contrib.auth.models import User
from django.core.paginator import Paginator
from django.http import Http404, HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET

from queueproject.console.acting import act
from queueproject.console.actions import Action
from queueproject.console.pages import page
from queueproject.console.words import count_words
from scoring.taxonomy.csv.export import stream_analysis
from scoring.taxonomy.forms.filtering import ErrorForm
from scoring.taxonomy.models import Analysis
from scoring.taxonomy.page_selectors import analyses as selectors
from scoring.taxonomy.services import NothingToRetry, StillRunning, cancel_analysis, retry_failed
from scoring.taxonomy.views.base import PAGE_SIZE, draw, get_analysis, get_user, keep_query

ANALYSE = "taxonomy.analyse"


def make_actions(user: User) -> dict[str, Action]:
    """Return what may be done to an analysis, by the word in the URL."""
    return {
        "cancel": Action(
            "cancel",
            "Cancel",
            _cancel,
            question="Its waiting chunks are dropped, and what running ones still bring is refused. "
            "Results that are there stay.",
            permission=ANALYSE,
            danger=True,
        ),
        "retry": Action(
            "retry",
            "Retry failed",
            partial(_retry, user=user),
            question="A new analysis is started of the failed nodes alone, on the same day and with the same "
            "choices; what succeeded is not touched.",
            permission=ANALYSE,
        ),
    }


def _cancel(target: Analysis, /, *, actor: str, reason: str) -> str:
    cancelled = cancel_analysis(target, actor=actor)
    return "Cancelled. Nothing more is written for it." if cancelled else "Nothing to do: it is over."


def _retry(target: Analysis, /, *, actor: str, reason: str, user: User) -> str:
    try:
        started = retry_failed(target, user=user, actor=actor)
    except StillRunning as error:
        raise ValueError("it has not ended yet; more of its nodes may fail.") from error
    except NothingToRetry as error:
        raise ValueError("none of its nodes failed.") from error
    url = reverse("taxonomy:analysis", args=[started.pk])
    words = count_words(started.total_nodes, "failed node")
    return format_html('{} is tried again. <a href="{}">Follow the analysis</a>', words, url)


@require_GET
@page("taxonomy.view_analysis")
def analysis(request: HttpRequest, analysis_id: UUID) -> HttpResponseBase:
    """Show how far an analysis is; the page refreshes itself until the end."""
    found = get_analysis(analysis_id)
    return draw(
        request,
        "analysis",
        title=f"{found.get_type_display().capitalize()} of {found.project}",
        project=found.project,
        analysis=found,
        overview=selectors.look_at(found),
        actions=make_actions(get_user(request)),
    )


@require_GET
@page("taxonomy.view_analysis")
def failed(request: HttpRequest, analysis_id: UUID) -> HttpResponseBase:
    """List the nodes that failed in an analysis, with why."""
    found = get_analysis(analysis_id)
    form = ErrorForm(request.GET)
    filters = form.get_values()
    rows = Paginator(selectors.find_failed(found, filters), PAGE_SIZE).get_page(request.GET.get("page"))
    return draw(
        request,
        "failed",
        title="Failed nodes",
        project=found.project,
        analysis=found,
        page=rows,
        form=form,
        filtered=bool(filters),
        query=keep_query(request),
    )


@require_GET
@page("taxonomy.view_analysis")
def results_csv(request: HttpRequest, analysis_id: UUID) -> HttpResponseBase:
    """Export what an analysis found, ordered by node."""
    found = get_analysis(analysis_id)
    name = content_disposition_header(True, f"analysis-{found.pk}.csv") or "attachment"
    lines = stream_analysis(found, bom=True)
    headers = {"Content-Disposition": name}
    return StreamingHttpResponse(lines, content_type="text/csv; charset=utf-8", headers=headers)


@page("taxonomy.view_analysis")
def act_on_analysis(request: HttpRequest, analysis_id: UUID, verb: str) -> HttpResponseBase:
    """Cancel an analysis, or try its failed nodes again, after asking."""
    found = get_analysis(analysis_id)
    actions = make_actions(get_user(request))
    if verb not in actions:
        raise Http404(f"Nothing called {verb} can be done to an analysis.")
    back = reverse("taxonomy:analysis", args=[found.pk])
    return act(
        request, actions[verb], found, about=f"{found.get_type_display()} of {found.project}", back=back
    )
