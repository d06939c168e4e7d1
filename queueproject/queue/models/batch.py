"""A batch: jobs started together by one action. Staff read "operation"."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now

from queueproject.queue.states import BatchState, Priority, choices


class Batch(models.Model):
    """Jobs started together. Counters are units and change in the jobs' own transactions."""

    kind = models.CharField(max_length=100)
    label = models.CharField(max_length=200)
    options = models.JSONField(default=dict, blank=True)
    url = models.CharField(max_length=300, blank=True, default="", help_text="Page of the thing it is about.")
    priority = models.SmallIntegerField(default=Priority.LOW)
    paused = models.BooleanField(default=False)
    paused_by = models.CharField(max_length=150, blank=True, default="")
    cancelled_by = models.CharField(max_length=150, blank=True, default="")
    max_in_flight = models.PositiveIntegerField(null=True, blank=True)
    total_units = models.BigIntegerField(default=0)
    completed_units = models.BigIntegerField(default=0)
    failed_units = models.BigIntegerField(default=0)
    cancelled_units = models.BigIntegerField(default=0)
    skipped_units = models.BigIntegerField(
        default=0, help_text="Asked for, but already done or already waiting."
    )
    sealed = models.BooleanField(default=False)
    state = models.CharField(max_length=24, choices=choices(BatchState), default=BatchState.RUNNING)
    seen = models.BooleanField(default=False, help_text="Who started it has been told of its end.")
    finish_kind = models.CharField(
        max_length=100, blank=True, default="", help_text="Kind enqueued when it ends."
    )
    finishes = models.IntegerField(default=0)
    notes = models.JSONField(
        default=list, blank=True, help_text="What its completion callback wants staff to read."
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    actor = models.CharField(max_length=150, blank=True, default="")
    created_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        verbose_name_plural = "batches"
        indexes: ClassVar = [
            # Read by the activity bar, the dashboard and the sweep: what runs.
            models.Index(name="batch_running", fields=["-id"], condition=Q(state=BatchState.RUNNING)),
            # Read on every page by who started one: ended and not yet told.
            models.Index(
                name="batch_unseen", fields=["created_by"], condition=Q(seen=False, finished_at__isnull=False)
            ),
            # Read by pruning.
            models.Index(
                name="batch_finished", fields=["finished_at"], condition=Q(finished_at__isnull=False)
            ),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(name="batch_state_known", condition=Q(state__in=list(BatchState))),
            models.CheckConstraint(
                name="batch_counts",
                condition=Q(
                    completed_units__gte=0,
                    failed_units__gte=0,
                    cancelled_units__gte=0,
                    skipped_units__gte=0,
                    total_units__gte=F("completed_units") + F("failed_units") + F("cancelled_units"),
                ),
            ),
            models.CheckConstraint(
                name="batch_finished_at",
                condition=Q(state=BatchState.RUNNING, finished_at__isnull=True)
                | (~Q(state=BatchState.RUNNING) & Q(finished_at__isnull=False, sealed=True)),
            ),
            models.CheckConstraint(
                name="batch_in_flight", condition=Q(max_in_flight__isnull=True) | Q(max_in_flight__gte=1)
            ),
        ]

    def __str__(self) -> str:
        return f"batch {self.pk} ({self.label})"

    @property
    def open_units(self) -> int:
        return self.total_units - self.completed_units - self.failed_units - self.cancelled_units

    @property
    def is_running(self) -> bool:
        return self.state == BatchState.RUNNING


class BatchJob(models.Model):
    """A job another batch owns and this one asked for too."""

    batch = models.ForeignKey(Batch, on_delete=models.CASCADE, related_name="shared_jobs", db_index=False)
    job = models.ForeignKey("queue.Job", on_delete=models.CASCADE, related_name="shared_by", db_index=False)
    counted = models.BooleanField(default=False)
    awaits_rerun = models.BooleanField(default=False, help_text="Asked while it ran: counts its next run.")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(name="batch_job_once", fields=["batch", "job"])]
        # Read by every settle: who else counts these jobs.
        indexes: ClassVar = [models.Index(name="batch_job_job", fields=["job"])]

    def __str__(self) -> str:
        return f"batch {self.batch_id} shares job {self.job_id}"
