"""Jobs and their attempts."""

from typing import Any

from django.contrib import admin, messages
from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from queueproject.queue import operations
from queueproject.queue.admin.base import ReadOnlyAdmin, act_on, badge
from queueproject.queue.admin.filters import (
    FinishedWithinFilter,
    HeldFilter,
    KindFilter,
    ProviderFilter,
    StateFilter,
    word_filter,
)
from queueproject.queue.admin.search import HELP, BadQuery, parse_query
from queueproject.queue.models import Attempt, Job
from queueproject.queue.registry import KINDS, PROVIDERS
from queueproject.queue.selectors.jobs import find_attempts, find_shared_batches
from queueproject.queue.states import AttemptOutcome, State
from queueproject.queue.why import why_waiting


@admin.register(Job)
class JobAdmin(ReadOnlyAdmin[Job]):
    """Jobs: found by what they are about, moved by actions."""

    change_form_template = "admin/queue/job.html"
    list_display = (
        "id",
        "kind",
        "subject",
        "state_badge",
        "lane",
        "batch_link",
        "tries",
        "error",
        "created_at",
    )
    list_display_links = ("id", "kind")
    list_filter = (StateFilter, ProviderFilter, KindFilter, FinishedWithinFilter, HeldFilter)
    list_select_related = ("batch",)
    search_fields = ("pk",)
    search_help_text = HELP
    actions = ("retry_jobs", "reset_jobs", "cancel_jobs")
    fieldsets = (
        (
            None,
            {
                "fields": (
                    "kind",
                    "subject",
                    "state_badge",
                    "batch_link",
                    "lane",
                    "priority",
                    "created_by",
                )
            },
        ),
        (
            "Times",
            {"fields": ("created_at", "due_at", "claimed_at", "finished_at", "wait_seconds", "run_seconds")},
        ),
        (
            "Tries",
            {
                "fields": (
                    "tries",
                    "deferrals",
                    "rescues",
                    "losses",
                    "runs_again",
                    "backoff_seconds",
                    "backoff_curve",
                    "timeout_seconds",
                    "holder",
                    "lease_token",
                )
            },
        ),
        ("Cost", {"fields": ("units", "failed_units", "calls", "estimated_tokens", "actual_tokens")}),
        (
            "Order",
            {
                "classes": ("collapse",),
                "fields": ("sort_key", "held", "group_key", "alone", "dedupe_key", "fingerprint"),
            },
        ),
    )

    def get_search_results(
        self, request: HttpRequest, queryset: QuerySet[Job], search_term: str
    ) -> tuple[QuerySet[Job], bool]:
        try:
            return queryset.filter(parse_query(search_term)), False
        except BadQuery as error:
            messages.error(request, str(error))
            return queryset.none(), False

    def change_view(
        self,
        request: HttpRequest,
        object_id: str,
        form_url: str = "",
        extra_context: dict[str, Any] | None = None,
    ) -> HttpResponse:
        job = self.get_object(request, object_id)
        context = dict(extra_context or {})
        if job is not None:
            context |= {
                "job": job,
                "why": why_waiting(job),
                "attempts": find_attempts(job.pk),
                "shared_batches": find_shared_batches(job.pk),
                "verbs": [verb for verb, states in VERBS.items() if job.state in states],
                "documents": [("Payload", job.payload), ("Options", job.options), ("Result", job.result)],
            }
        return super().change_view(request, object_id, form_url, context)

    def get_object(self, request: HttpRequest, object_id: str, from_field: str | None = None) -> Job | None:
        """Find a job once per request: the page and the panels around it show the same row."""
        kept: dict[str, Job | None] = request.__dict__.setdefault("_jobs", {})
        if object_id not in kept:
            kept[object_id] = super().get_object(request, object_id, from_field)
        return kept[object_id]

    def get_queryset(self, request: HttpRequest) -> QuerySet[Job]:
        return super().get_queryset(request).select_related("batch", "provider")

    @admin.display(description="subject", ordering="subject_id")
    def subject(self, job: Job) -> str:
        return f"{job.subject_type}/{job.subject_id}" if job.subject_type else "–"

    @admin.display(description="state")
    def state_badge(self, job: Job) -> SafeString:
        return badge(
            job.state,
            f"{job.state.replace('_', ' ')}, held: {job.held.replace('_', ' ')}" if job.held else "",
        )

    @admin.display(description="provider")
    def lane(self, job: Job) -> str:
        return job.provider_id

    @admin.display(description="held by worker")
    def holder(self, job: Job) -> str:
        if job.worker_id is None:
            return "–"
        url = reverse("admin:queue_worker_change", args=[job.worker_id])
        return format_html('<a href="{}">worker {}</a>', url, job.worker_id)

    @admin.display(description="operation")
    def batch_link(self, job: Job) -> str:
        if job.batch is None:
            return "–"
        return format_html(
            '<a href="{}">{}</a>', reverse("console:batch", args=[job.batch.pk]), job.batch.label
        )

    @admin.display(description="runs once more")
    def runs_again(self, job: Job) -> str:
        return "yes, it was asked for again while it ran" if job.rerun else "no"

    @admin.display(description="tries")
    def tries(self, job: Job) -> str:
        return f"{job.attempts} of {job.max_attempts}"

    @admin.display(description="last error")
    def error(self, job: Job) -> str:
        return f"{job.last_error[:79]}…" if len(job.last_error) > 80 else job.last_error or "–"

    @admin.action(permissions=["operate"], description="Retry: failed and cancelled jobs wait again")
    def retry_jobs(self, request: HttpRequest, rows: QuerySet[Job]) -> TemplateResponse | None:
        question = "What failed or was cancelled waits again with all its attempts; the rest is refused."
        return act_on(
            self,
            request,
            rows,
            action="retry_jobs",
            done="retried",
            question=question,
            act=operations.retry_jobs,
        )

    @admin.action(permissions=["operate"], description="Reset: take stuck jobs from their worker")
    def reset_jobs(self, request: HttpRequest, rows: QuerySet[Job]) -> TemplateResponse | None:
        question = "They are taken from their workers and wait again; what these still bring changes nothing."
        return act_on(
            self,
            request,
            rows,
            action="reset_jobs",
            done="reset",
            question=question,
            act=operations.reset_jobs,
        )

    @admin.action(permissions=["operate"], description="Cancel what has not finished")
    def cancel_jobs(self, request: HttpRequest, rows: QuerySet[Job]) -> TemplateResponse | None:
        question = "What has not finished is cancelled; results that come later are refused."
        return act_on(
            self,
            request,
            rows,
            action="cancel_jobs",
            done="cancelled",
            question=question,
            act=operations.cancel_jobs,
        )


VERBS = {
    "retry": (State.FAILED, State.CANCELLED),
    "reset": (State.PROCESSING,),
    "cancel": (State.PENDING, State.SCHEDULED, State.RATE_LIMITED, State.PROCESSING),
}


@admin.register(Attempt)
class AttemptAdmin(ReadOnlyAdmin[Attempt]):
    """What came of claims."""

    list_display = (
        "id",
        "job_link",
        "kind",
        "outcome_badge",
        "provider_key",
        "status",
        "latency_seconds",
        "calls",
        "tokens",
        "retry_after_seconds",
        "error_cut",
        "finished_at",
    )
    list_filter = (
        word_filter("outcome", lambda: AttemptOutcome),
        word_filter("provider", lambda: sorted(PROVIDERS), column="provider_key"),
        word_filter("kind", lambda: sorted(KINDS)),
    )
    search_fields = ("=job_id", "=fingerprint")
    search_help_text = "A job's number, or a fingerprint."

    @admin.display(description="job", ordering="job_id")
    def job_link(self, attempt: Attempt) -> str:
        return format_html(
            '<a href="{}">{}</a>', reverse("admin:queue_job_change", args=[attempt.job_id]), attempt.job_id
        )

    @admin.display(description="outcome")
    def outcome_badge(self, attempt: Attempt) -> SafeString:
        return badge(attempt.outcome)

    @admin.display(description="error")
    def error_cut(self, attempt: Attempt) -> str:
        return f"{attempt.error[:79]}…" if len(attempt.error) > 80 else attempt.error or "–"
