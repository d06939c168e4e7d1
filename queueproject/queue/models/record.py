"""What was decided and by whom: scheduler runs, settings, the audit."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now


class SchedulerRun(models.Model):
    """One pass of the scheduler: written when it starts, closed on every path."""

    trigger = models.CharField(max_length=20)
    actor = models.CharField(max_length=150, blank=True, default="")
    started_at = models.DateTimeField(db_default=Now())
    finished_at = models.DateTimeField(null=True, blank=True)
    dry_run = models.BooleanField(default=False)
    lanes = models.JSONField(default=list, help_text="Per provider: due, granted, and why nothing.")
    promoted = models.IntegerField(default=0)
    rescued = models.IntegerField(default=0)
    drains_started = models.IntegerField(default=0)
    result = models.TextField(blank=True, default="")
    error = models.TextField(blank=True, default="")

    class Meta:
        # Read by the dashboard (newest first) and by pruning.
        indexes: ClassVar = [models.Index(name="scheduler_run_started", fields=["-started_at"])]

    def __str__(self) -> str:
        return f"scheduler run {self.pk}"


class Setting(models.Model):
    """An override of a setting's default. Which settings there are stands in `queue/conf.py`."""

    key = models.CharField(max_length=60)
    provider = models.CharField(max_length=60, blank=True, default="", help_text="Empty: for all.")
    value = models.JSONField()
    updated_at = models.DateTimeField(auto_now=True)
    updated_by = models.CharField(max_length=150, blank=True, default="")

    class Meta:
        constraints: ClassVar = [models.UniqueConstraint(name="setting_once", fields=["key", "provider"])]

    def __str__(self) -> str:
        return f"{self.key} ({self.provider or 'all'})"


class Audit(models.Model):
    """Who did what, when, to how many, why; before and after."""

    at = models.DateTimeField(db_default=Now())
    actor = models.CharField(max_length=150)
    action = models.CharField(max_length=60)
    target = models.CharField(max_length=200)
    count = models.IntegerField(default=1)
    reason = models.TextField(blank=True, default="")
    before = models.JSONField(null=True)
    after = models.JSONField(null=True)

    class Meta:
        verbose_name_plural = "audit"
        # Read by the audit list, newest first.
        indexes: ClassVar = [models.Index(name="audit_at", fields=["-at"])]

    def __str__(self) -> str:
        return f"{self.actor}: {self.action} {self.target}"
