"""Failed jobs by what went wrong."""

from collections.abc import Iterator
from typing import Any

from django.http import HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_GET

from queueproject.console.acting import act
from queueproject.console.actions import JOBS, Action
from queueproject.console.export import csv_response, format_moment
from queueproject.console.pages import draw, page
from queueproject.queue import operations
from queueproject.queue.selectors.failures import failed_jobs, find_failed_ids, find_failure_groups

MOST_GROUPS = 200
MOST_READ = 25_000
COLUMNS = (
    "job",
    "kind",
    "provider",
    "subject type",
    "subject",
    "batch",
    "attempts",
    "deferrals",
    "fingerprint",
    "error",
    "failed at",
)


@require_GET
@page("queue.view_job")
def failures(request: HttpRequest) -> HttpResponseBase:
    """Show the matrix of failures: what went wrong × provider × kind, with counts by age."""
    now = timezone.now()
    groups = find_failure_groups(now=now, most=MOST_GROUPS, read=MOST_READ)
    total = sum(group.jobs for group in groups)
    return draw(request, "failures", title="Failed jobs", groups=groups, total=total, now=now)


@require_GET
@page("queue.view_job")
def failures_csv(request: HttpRequest) -> StreamingHttpResponse:
    """Export the failed jobs, newest first."""
    return csv_response("failed-jobs.csv", COLUMNS, _rows())


def _rows() -> Iterator[tuple[Any, ...]]:
    jobs = (
        failed_jobs()
        .order_by("-finished_at", "-pk")
        .values_list(
            "pk",
            "kind",
            "provider_id",
            "subject_type",
            "subject_id",
            "batch_id",
            "attempts",
            "deferrals",
            "fingerprint",
            "last_error",
            "finished_at",
        )
    )
    for *cells, finished_at in jobs.iterator(chunk_size=2000):
        yield (*cells, format_moment(finished_at))


@page("queue.view_job")
def retry_group(request: HttpRequest) -> HttpResponseBase:
    """Retry every failed job of one group, after asking."""
    asked = request.POST if request.method == "POST" else request.GET
    words = {name: asked.get(name, "") for name in ("fingerprint", "provider", "kind")}
    ids = find_failed_ids(**words)
    return act(
        request,
        RETRY_GROUP,
        ids,
        about=f"{len(ids):,} failed {'job' if len(ids) == 1 else 'jobs'} of {words['kind']}",
        back=reverse("console:failures"),
    )


def _retry(ids: list[int], /, *, actor: str, reason: str) -> str:
    return operations.retry_jobs(ids, actor=actor, reason=reason).sentence("retried")


RETRY_GROUP = Action("retry", "Retry", _retry, question=JOBS["retry"].question)
