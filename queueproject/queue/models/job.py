"""A job: one row of work."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Now

from queueproject.queue.models.batch import Batch
from queueproject.queue.models.provider import Provider
from queueproject.queue.models.worker import Worker
from queueproject.queue.states import FINISHED, LIVE, PARKED, WAITING, Held, Priority, State, choices

CURVES = [("exponential", "exponential"), ("linear", "linear"), ("fixed", "fixed")]


class Job(models.Model):
    """One row of work. `transitions` and the claim are its only writers; staff read it.

    Providers and workers are named without a foreign key constraint: each would cost a lookup and
    a shared lock per inserted row, enqueue refuses unknown providers, and neither is ever deleted
    while a live job names it.
    """

    kind = models.CharField(max_length=100)
    subject_type = models.CharField(max_length=60, blank=True, default="")
    subject_id = models.CharField(max_length=60, blank=True, default="")
    payload = models.JSONField(default=dict)
    options = models.JSONField(default=dict)
    group_key = models.CharField(max_length=120, blank=True, default="")
    alone = models.BooleanField(default=False, help_text="Its next try runs outside its group.")
    dedupe_key = models.CharField(max_length=200, null=True, blank=True)  # noqa: DJ001  NULL is "may repeat": the unique index skips it
    provider = models.ForeignKey(
        Provider, on_delete=models.PROTECT, db_constraint=False, db_index=False, related_name="jobs"
    )
    priority = models.SmallIntegerField(default=Priority.LOW)
    sort_key = models.FloatField(null=True)
    state = models.CharField(max_length=12, choices=choices(State))
    held = models.CharField(max_length=10, null=True, blank=True, choices=choices(Held))  # noqa: DJ001  NULL keeps the claim's partial index plain
    due_at = models.DateTimeField(null=True, blank=True)

    attempts = models.SmallIntegerField(default=0)
    max_attempts = models.SmallIntegerField(default=3)
    deferrals = models.IntegerField(default=0)
    rescues = models.SmallIntegerField(default=0)
    losses = models.IntegerField(
        default=0, db_default=0, help_text="Workers lost before they were seen to have started it."
    )
    backoff_seconds = models.FloatField(default=4)
    backoff_curve = models.CharField(max_length=12, default="exponential", choices=CURVES)
    timeout_seconds = models.FloatField(default=120)
    rerun = models.BooleanField(default=False, help_text="Asked for again while it ran: runs once more.")

    lease_token = models.BigIntegerField(null=True)
    worker = models.ForeignKey(
        Worker,
        null=True,
        on_delete=models.DO_NOTHING,
        db_constraint=False,
        db_index=False,
        related_name="jobs",
    )
    batch = models.ForeignKey(
        Batch, null=True, blank=True, on_delete=models.PROTECT, db_index=False, related_name="jobs"
    )

    units = models.IntegerField(default=1)
    failed_units = models.IntegerField(default=0)
    calls = models.SmallIntegerField(default=1, help_text="Calls one try reserves.")
    estimated_tokens = models.IntegerField(default=0)
    actual_tokens = models.IntegerField(null=True)
    wait_seconds = models.FloatField(null=True)
    run_seconds = models.FloatField(null=True)
    result = models.JSONField(null=True)
    last_error = models.TextField(blank=True, default="")
    fingerprint = models.CharField(max_length=64, blank=True, default="")

    created_by = models.CharField(max_length=150, blank=True, default="")
    created_at = models.DateTimeField(db_default=Now())
    claimed_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        indexes: ClassVar = [
            # Read by every claim: the head of one open lane, in order, nothing that is held.
            models.Index(
                name="job_claim",
                fields=["provider", "sort_key", "id"],
                condition=Q(state=State.PENDING, held__isnull=True),
            ),
            # Read by every promotion: what falls due next on a lane.
            models.Index(
                name="job_due",
                fields=["provider", "due_at"],
                condition=Q(state__in=PARKED, held__isnull=True),
            ),
            # Read by rescue and by the workers page: what a worker holds.
            models.Index(name="job_worker", fields=["worker"], condition=Q(state=State.PROCESSING)),
            # Read by a batch's page, its end, its cancel, its retry, and the count of what it has open.
            models.Index(
                name="job_in_batch", fields=["batch", "state", "held"], condition=Q(batch__isnull=False)
            ),
            # Read by what lets held jobs out, in order, and by the counts of them on pages.
            models.Index(
                name="job_held", fields=["batch", "sort_key", "id"], condition=Q(held__isnull=False)
            ),
            # Read by lists of the jobs about one thing, and by the cancel when that thing goes.
            models.Index(
                name="job_subject", fields=["subject_type", "subject_id"], condition=~Q(subject_type="")
            ),
            # Read by pruning, by the failed-jobs page and by the admin's newest-first list of finished jobs.
            models.Index(
                name="job_finished", fields=["finished_at", "state"], condition=Q(finished_at__isnull=False)
            ),
            # Read by the failures' groups on the dashboard, their page, and the admin's list of failed jobs.
            models.Index(name="job_failed", fields=["finished_at"], condition=Q(state=State.FAILED)),
        ]
        constraints: ClassVar = [
            models.UniqueConstraint(
                name="job_one_live_per_key",
                fields=["dedupe_key"],
                condition=Q(state__in=LIVE, dedupe_key__isnull=False),
            ),
            models.CheckConstraint(name="job_state_known", condition=Q(state__in=list(State))),
            models.CheckConstraint(
                name="job_lease_while_processing",
                condition=(
                    Q(state=State.PROCESSING, lease_token__isnull=False, worker__isnull=False)
                    | (~Q(state=State.PROCESSING) & Q(lease_token__isnull=True, worker__isnull=True))
                ),
            ),
            models.CheckConstraint(
                name="job_parked_has_due_at", condition=~Q(state__in=PARKED) | Q(due_at__isnull=False)
            ),
            models.CheckConstraint(
                name="job_claimable_is_ranked",
                condition=~Q(state__in=[State.PENDING, State.PROCESSING]) | Q(sort_key__isnull=False),
            ),
            models.CheckConstraint(
                name="job_finished_at",
                condition=(
                    Q(state__in=FINISHED, finished_at__isnull=False)
                    | (~Q(state__in=FINISHED) & Q(finished_at__isnull=True))
                ),
            ),
            models.CheckConstraint(
                name="job_held_only_waiting", condition=Q(held__isnull=True) | Q(state__in=WAITING)
            ),
            models.CheckConstraint(
                name="job_attempts", condition=Q(attempts__gte=0, max_attempts__gte=1, rescues__gte=0)
            ),
            models.CheckConstraint(
                name="job_units",
                condition=Q(units__gte=0, failed_units__gte=0, failed_units__lte=models.F("units")),
            ),
            models.CheckConstraint(
                name="job_rerun_only_processing", condition=Q(rerun=False) | Q(state=State.PROCESSING)
            ),
        ]
        permissions: ClassVar = [
            ("operate", "Can retry, reset, cancel, pause and resume"),
            ("configure", "Can change limits and settings"),
        ]

    def __str__(self) -> str:
        return f"job {self.pk} ({self.kind})"
