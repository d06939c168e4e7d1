"""Who works: one row per drain, and one per cluster for its keeper."""

from typing import ClassVar

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from queueproject.queue.states import LIVE_WORKER, WorkerStatus, choices


class Worker(models.Model):
    """One drain in one process, or a cluster's keeper. A lease is valid while the heartbeat is young."""

    DRAIN = "drain"
    KEEPER = "keeper"

    role = models.CharField(max_length=10, default=DRAIN, choices=[(DRAIN, DRAIN), (KEEPER, KEEPER)])
    host = models.CharField(max_length=255)
    pid = models.IntegerField()
    cluster = models.CharField(max_length=60, blank=True, default="")
    slots = models.PositiveIntegerField(default=0, help_text="Keeper: how many drains its cluster can run.")
    version = models.CharField(max_length=60, blank=True, default="")
    status = models.CharField(max_length=10, choices=choices(WorkerStatus), default=WorkerStatus.ACTIVE)
    started_at = models.DateTimeField(db_default=Now())
    heartbeat_at = models.DateTimeField(db_default=Now())
    stopped_at = models.DateTimeField(null=True, blank=True)
    stop_reason = models.CharField(max_length=200, blank=True, default="")
    current_work = models.CharField(max_length=200, blank=True, default="")
    started_job_ids = ArrayField(models.BigIntegerField(), default=list, blank=True)
    processed = models.BigIntegerField(default=0)
    busy_seconds = models.FloatField(default=0)
    errors = models.BigIntegerField(default=0)
    rate_limits = models.BigIntegerField(default=0)

    class Meta:
        indexes: ClassVar = [
            # Read by rescue, by every page's "nobody works" and by the count of live drains.
            models.Index(name="worker_live", fields=["heartbeat_at"], condition=Q(status__in=LIVE_WORKER)),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(name="worker_status_known", condition=Q(status__in=list(WorkerStatus))),
        ]

    def __str__(self) -> str:
        return f"{self.host}:{self.pid} #{self.pk}"


class DrainRequest(models.Model):
    """Somebody asked the clusters for a drain; its first statement takes the row."""

    requested_at = models.DateTimeField(db_default=Now())
    taken_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=60)
    cluster = models.CharField(max_length=60, db_default="", help_text="Which cluster took it to its slots.")

    class Meta:
        # Read by every ask and by every drain's first statement.
        indexes: ClassVar = [
            models.Index(
                name="drain_request_open", fields=["requested_at"], condition=Q(taken_at__isnull=True)
            )
        ]

    def __str__(self) -> str:
        return f"drain asked for by {self.reason}"
