"""Workers and scheduler runs."""

from django.contrib import admin
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from queueproject.queue.admin.base import ReadOnlyAdmin, badge
from queueproject.queue.admin.filters import word_filter
from queueproject.queue.models import SchedulerRun, Worker
from queueproject.queue.states import WorkerStatus


@admin.register(Worker)
class WorkerAdmin(ReadOnlyAdmin[Worker]):
    """Who works, and who did."""

    list_display = (
        "id",
        "where",
        "role",
        "status_badge",
        "heartbeat_at",
        "current_work",
        "jobs_link",
        "processed",
        "busy_seconds",
        "errors",
        "rate_limits",
        "started_at",
        "stop_reason",
    )
    list_filter = (
        word_filter("status", lambda: WorkerStatus),
        word_filter("role", lambda: (Worker.DRAIN, Worker.KEEPER)),
    )
    search_fields = ("=host", "=pid")
    search_help_text = "A host or a process number."

    @admin.display(description="worker")
    def where(self, worker: Worker) -> str:
        return f"{worker.host}:{worker.pid}"

    @admin.display(description="status")
    def status_badge(self, worker: Worker) -> SafeString:
        return badge(worker.status)

    @admin.display(description="jobs")
    def jobs_link(self, worker: Worker) -> SafeString:
        url = f"{reverse('admin:queue_job_changelist')}?q=worker:{worker.pk}"
        return format_html('<a href="{}" aria-label="held by worker {}">held</a>', url, worker.pk)


@admin.register(SchedulerRun)
class SchedulerRunAdmin(ReadOnlyAdmin[SchedulerRun]):
    """What the scheduler did."""

    list_display = (
        "id",
        "started_at",
        "trigger",
        "actor",
        "dry_run",
        "promoted",
        "rescued",
        "drains_started",
        "result_cut",
        "finished_at",
    )
    list_filter = ("dry_run",)
    ordering = ("-started_at",)

    @admin.display(description="result")
    def result_cut(self, run: SchedulerRun) -> str:
        return (run.error or run.result)[:120] or "–"
