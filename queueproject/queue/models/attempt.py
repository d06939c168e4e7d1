"""What came of one claim that ran."""

from typing import ClassVar

from django.db import models

from queueproject.queue.states import AttemptOutcome, choices


class Attempt(models.Model):
    """One insert per claim that called out or did not succeed.

    No foreign keys: it outlives its job and its batch.
    """

    job_id = models.BigIntegerField()
    kind = models.CharField(max_length=100)
    subject_type = models.CharField(max_length=60, blank=True, default="")
    subject_id = models.CharField(max_length=60, blank=True, default="")
    batch_id = models.BigIntegerField(null=True)
    provider_key = models.CharField(max_length=60)
    worker_id = models.BigIntegerField(null=True)
    lease_token = models.BigIntegerField(null=True)
    number = models.SmallIntegerField(default=0)
    outcome = models.CharField(max_length=10, choices=choices(AttemptOutcome))
    started_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField()
    status = models.SmallIntegerField(null=True, help_text="The provider's HTTP status.")
    latency_seconds = models.FloatField(null=True)
    calls = models.IntegerField(default=0)
    tokens = models.IntegerField(default=0)
    retry_after_seconds = models.FloatField(null=True)
    error = models.TextField(blank=True, default="")
    fingerprint = models.CharField(max_length=64, blank=True, default="")

    class Meta:
        indexes: ClassVar = [
            # Read by a job's page.
            models.Index(name="attempt_job", fields=["job_id", "id"]),
            # Read by pruning and by rates over the last minutes.
            models.Index(name="attempt_finished", fields=["finished_at"]),
        ]
        constraints: ClassVar = [
            models.CheckConstraint(
                name="attempt_outcome_known", condition=models.Q(outcome__in=list(AttemptOutcome))
            ),
        ]

    def __str__(self) -> str:
        return f"attempt {self.number} of job {self.job_id}: {self.outcome}"
