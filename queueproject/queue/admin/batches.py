"""Batches; staff read "operations". The console has the page of one."""

from django.contrib import admin
from django.db.models import QuerySet
from django.http import HttpRequest
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.html import format_html
from django.utils.safestring import SafeString

from queueproject.queue import operations
from queueproject.queue.admin.base import ReadOnlyAdmin, act_on, badge
from queueproject.queue.admin.filters import word_filter
from queueproject.queue.models import Batch
from queueproject.queue.operations import Report
from queueproject.queue.states import BatchState


@admin.register(Batch)
class BatchAdmin(ReadOnlyAdmin[Batch]):
    """Batches, newest first."""

    list_title = "Operations"
    list_display = (
        "id",
        "page_link",
        "state_badge",
        "total",
        "completed",
        "failed",
        "cancelled",
        "skipped",
        "actor",
        "created_at",
        "finished_at",
    )
    list_display_links = None
    list_filter = (word_filter("state", lambda: BatchState), "paused")
    list_select_related = ("created_by",)
    search_fields = ("=id", "label", "=actor")
    search_help_text = "A number, part of a label, or who started it."
    actions = ("cancel_batches", "retry_failed_jobs")

    @admin.display(description="operation", ordering="label")
    def page_link(self, batch: Batch) -> str:
        return format_html('<a href="{}">{}</a>', reverse("console:batch", args=[batch.pk]), batch.label)

    @admin.display(description="state")
    def state_badge(self, batch: Batch) -> SafeString:
        return badge("paused") if batch.paused else badge(batch.state)

    @admin.display(ordering="total_units")
    def total(self, batch: Batch) -> int:
        return batch.total_units

    @admin.display(ordering="completed_units")
    def completed(self, batch: Batch) -> int:
        return batch.completed_units

    @admin.display(ordering="failed_units")
    def failed(self, batch: Batch) -> int:
        return batch.failed_units

    @admin.display(ordering="cancelled_units")
    def cancelled(self, batch: Batch) -> int:
        return batch.cancelled_units

    @admin.display(ordering="skipped_units")
    def skipped(self, batch: Batch) -> int:
        return batch.skipped_units

    @admin.action(permissions=["operate"], description="Cancel the operations")
    def cancel_batches(self, request: HttpRequest, rows: QuerySet[Batch]) -> TemplateResponse | None:
        question = (
            "Their waiting jobs are cancelled, results of running ones refused. What is completed stays."
        )
        return act_on(
            self,
            request,
            rows,
            action="cancel_batches",
            done="jobs cancelled",
            question=question,
            act=_cancel,
        )

    @admin.action(permissions=["operate"], description="Retry failed jobs of the operations")
    def retry_failed_jobs(self, request: HttpRequest, rows: QuerySet[Batch]) -> TemplateResponse | None:
        question = "Every failed job of these operations waits again with all its attempts."
        return act_on(
            self,
            request,
            rows,
            action="retry_failed_jobs",
            done="jobs retried",
            question=question,
            act=_retry,
        )


def _cancel(ids: list[int], *, actor: str, reason: str) -> Report:
    return _sum([operations.cancel_batch(batch_id, actor=actor, reason=reason) for batch_id in ids])


def _retry(ids: list[int], *, actor: str, reason: str) -> Report:
    return _sum([operations.retry_failed(batch_id, actor=actor, reason=reason) for batch_id in ids])


def _sum(reports: list[Report]) -> Report:
    refused = [each for report in reports for each in report.refused]
    return Report(done=sum(report.done for report in reports), refused=refused)
