"""One batch: how far it is, why it waits, what failed in it."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase, JsonResponse, StreamingHttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from queueproject.console.acting import act
from queueproject.console.actions import BATCHES, Action
from queueproject.console.eta import forecast_batch
from queueproject.console.export import csv_response, format_moment
from queueproject.console.pages import draw, page
from queueproject.queue import operations
from queueproject.queue.models import Batch
from queueproject.queue.selectors import batches as selectors
from queueproject.queue.selectors.failures import find_failure_groups
from queueproject.queue.selectors.history import find_audit
from queueproject.queue.why import why_batch_waits

COLUMNS = (
    "job",
    "kind",
    "subject type",
    "subject",
    "state",
    "attempts",
    "deferrals",
    "units",
    "failed units",
    "error",
    "created at",
    "finished at",
    "wait seconds",
    "run seconds",
)


def _get_batch(batch_id: int) -> Batch:
    batch = selectors.find_batch(batch_id)
    if batch is None:
        raise Http404(f"There is no operation {batch_id}; ended ones are pruned after a while.")
    return batch


@require_GET
@page("queue.view_batch")
def batch(request: HttpRequest, batch_id: int) -> HttpResponseBase:
    """Show one batch."""
    found, now = _get_batch(batch_id), timezone.now()
    rate = selectors.rate_per_minute(found, now=now)
    return draw(
        request,
        "batch",
        title=found.label,
        batch=found,
        progress=selectors.Progress(found),
        counts=selectors.count_jobs(batch_id),
        shared=selectors.count_shared(batch_id),
        rate=rate,
        forecast=forecast_batch(found, rate=rate, now=now),
        why=why_batch_waits(found) if found.is_running else None,
        groups=find_failure_groups(now=now, batch_id=batch_id),
        audit=find_audit(f"batch {batch_id}"),
        actions=BATCHES,
    )


@require_GET
@page("queue.view_batch")
def batch_progress(request: HttpRequest, batch_id: int) -> HttpResponseBase:
    """Answer with a batch's progress as JSON."""
    found = _get_batch(batch_id)
    progress, now = selectors.Progress(found), timezone.now()
    rate = selectors.rate_per_minute(found, now=now)
    forecast = forecast_batch(found, rate=rate, now=now)
    why = why_batch_waits(found) if found.is_running else None
    return JsonResponse(
        {
            "id": found.pk,
            "kind": found.kind,
            "label": found.label,
            "state": found.state,
            "paused": found.paused,
            "total": found.total_units,
            "completed": found.completed_units,
            "failed": found.failed_units,
            "cancelled": found.cancelled_units,
            "skipped": found.skipped_units,
            "open": found.open_units,
            "percent": progress.percent,
            "jobs_per_minute": round(rate, 1),
            "ends_at": forecast.ends_at if forecast else None,
            "binding": forecast.binding if forecast else "",
            "waits": {"code": why.code, "sentence": why.sentence, "clears_at": why.clears_at}
            if why
            else None,
            "created_at": found.created_at,
            "finished_at": found.finished_at,
        }
    )


@require_GET
@page("queue.view_job")
def batch_jobs_csv(request: HttpRequest, batch_id: int) -> StreamingHttpResponse:
    """Export the jobs of a batch, in order."""
    return csv_response(f"operation-{_get_batch(batch_id).pk}.csv", COLUMNS, _rows(batch_id))


def _rows(batch_id: int) -> Iterator[tuple[Any, ...]]:
    jobs = selectors.batch_jobs(batch_id).values_list(
        "pk",
        "kind",
        "subject_type",
        "subject_id",
        "state",
        "attempts",
        "deferrals",
        "units",
        "failed_units",
        "last_error",
        "created_at",
        "finished_at",
        "wait_seconds",
        "run_seconds",
    )
    for row in jobs.iterator(chunk_size=2000):
        yield tuple(format_moment(cell) if isinstance(cell, datetime) else cell for cell in row)


@page("queue.view_batch")
def act_on_batch(request: HttpRequest, batch_id: int, verb: str) -> HttpResponseBase:
    """Pause, resume, cancel, or retry what failed."""
    if verb not in BATCHES:
        raise Http404(f"Nothing called {verb} can be done to an operation.")
    found = _get_batch(batch_id)
    fingerprint = (request.POST if request.method == "POST" else request.GET).get("fingerprint", "")
    action, about = BATCHES[verb], f"“{found.label}”"
    if verb == "retry-failed" and fingerprint:
        action, about = _retry_of(fingerprint), f"one group of failures of “{found.label}”"
    back = reverse("console:batch", args=[batch_id])
    return act(request, action, batch_id, about=about, back=back)


def _retry_of(fingerprint: str) -> Action:
    def retry(target: int, /, *, actor: str, reason: str) -> str:
        report = operations.retry_failed(target, actor=actor, reason=reason, fingerprint=fingerprint)
        return report.sentence("retried")

    return Action(
        "retry-failed",
        "Retry",
        retry,
        question="The failed jobs of this group wait again with all their attempts.",
    )
