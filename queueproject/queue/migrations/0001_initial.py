"""The queue's tables."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.expressions
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Attempt",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("job_id", models.BigIntegerField()),
                ("kind", models.CharField(max_length=100)),
                ("subject_type", models.CharField(blank=True, default="", max_length=60)),
                ("subject_id", models.CharField(blank=True, default="", max_length=60)),
                ("batch_id", models.BigIntegerField(null=True)),
                ("provider_key", models.CharField(max_length=60)),
                ("worker_id", models.BigIntegerField(null=True)),
                ("lease_token", models.BigIntegerField(null=True)),
                ("number", models.SmallIntegerField(default=0)),
                (
                    "outcome",
                    models.CharField(
                        choices=[
                            ("completed", "completed"),
                            ("retried", "retried"),
                            ("deferred", "deferred"),
                            ("failed", "failed"),
                            ("cancelled", "cancelled"),
                            ("released", "released"),
                            ("rescued", "rescued"),
                            ("late", "late"),
                        ],
                        max_length=10,
                    ),
                ),
                ("started_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField()),
                ("status", models.SmallIntegerField(help_text="The provider's HTTP status.", null=True)),
                ("latency_seconds", models.FloatField(null=True)),
                ("calls", models.IntegerField(default=0)),
                ("tokens", models.IntegerField(default=0)),
                ("retry_after_seconds", models.FloatField(null=True)),
                ("error", models.TextField(blank=True, default="")),
                ("fingerprint", models.CharField(blank=True, default="", max_length=64)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["job_id", "id"], name="attempt_job"),
                    models.Index(fields=["finished_at"], name="attempt_finished"),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "outcome__in",
                                [
                                    "completed",
                                    "retried",
                                    "deferred",
                                    "failed",
                                    "cancelled",
                                    "released",
                                    "rescued",
                                    "late",
                                ],
                            )
                        ),
                        name="attempt_outcome_known",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Audit",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("actor", models.CharField(max_length=150)),
                ("action", models.CharField(max_length=60)),
                ("target", models.CharField(max_length=200)),
                ("count", models.IntegerField(default=1)),
                ("reason", models.TextField(blank=True, default="")),
                ("before", models.JSONField(null=True)),
                ("after", models.JSONField(null=True)),
            ],
            options={
                "verbose_name_plural": "audit",
                "indexes": [models.Index(fields=["-at"], name="audit_at")],
            },
        ),
        migrations.CreateModel(
            name="Batch",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(max_length=100)),
                ("label", models.CharField(max_length=200)),
                ("options", models.JSONField(blank=True, default=dict)),
                (
                    "url",
                    models.CharField(
                        blank=True, default="", help_text="Page of the thing it is about.", max_length=300
                    ),
                ),
                ("priority", models.SmallIntegerField(default=100)),
                ("paused", models.BooleanField(default=False)),
                ("paused_by", models.CharField(blank=True, default="", max_length=150)),
                ("cancelled_by", models.CharField(blank=True, default="", max_length=150)),
                ("max_in_flight", models.PositiveIntegerField(blank=True, null=True)),
                ("total_units", models.BigIntegerField(default=0)),
                ("completed_units", models.BigIntegerField(default=0)),
                ("failed_units", models.BigIntegerField(default=0)),
                ("cancelled_units", models.BigIntegerField(default=0)),
                (
                    "skipped_units",
                    models.BigIntegerField(
                        default=0, help_text="Asked for, but already done or already waiting."
                    ),
                ),
                ("sealed", models.BooleanField(default=False)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("running", "running"),
                            ("completed", "completed"),
                            ("completed_with_errors", "completed with errors"),
                            ("failed", "failed"),
                            ("cancelled", "cancelled"),
                        ],
                        default="running",
                        max_length=24,
                    ),
                ),
                (
                    "seen",
                    models.BooleanField(default=False, help_text="Who started it has been told of its end."),
                ),
                (
                    "finish_kind",
                    models.CharField(
                        blank=True, default="", help_text="Kind enqueued when it ends.", max_length=100
                    ),
                ),
                ("finishes", models.IntegerField(default=0)),
                (
                    "notes",
                    models.JSONField(
                        blank=True,
                        default=list,
                        help_text="What its completion callback wants staff to read.",
                    ),
                ),
                ("actor", models.CharField(blank=True, default="", max_length=150)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "batches",
            },
        ),
        migrations.CreateModel(
            name="DrainRequest",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("requested_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("taken_at", models.DateTimeField(null=True)),
                ("reason", models.CharField(max_length=60)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("taken_at__isnull", True)),
                        fields=["requested_at"],
                        name="drain_request_open",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Job",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("kind", models.CharField(max_length=100)),
                ("subject_type", models.CharField(blank=True, default="", max_length=60)),
                ("subject_id", models.CharField(blank=True, default="", max_length=60)),
                ("payload", models.JSONField(default=dict)),
                ("options", models.JSONField(default=dict)),
                ("group_key", models.CharField(blank=True, default="", max_length=120)),
                (
                    "alone",
                    models.BooleanField(default=False, help_text="Its next try runs outside its group."),
                ),
                ("dedupe_key", models.CharField(blank=True, max_length=200, null=True)),
                ("priority", models.SmallIntegerField(default=100)),
                ("sort_key", models.FloatField(null=True)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("pending", "pending"),
                            ("scheduled", "scheduled"),
                            ("rate_limited", "rate limited"),
                            ("processing", "processing"),
                            ("completed", "completed"),
                            ("failed", "failed"),
                            ("cancelled", "cancelled"),
                        ],
                        max_length=12,
                    ),
                ),
                (
                    "held",
                    models.CharField(
                        blank=True,
                        choices=[("paused", "paused"), ("in_flight", "in flight")],
                        max_length=10,
                        null=True,
                    ),
                ),
                ("due_at", models.DateTimeField(blank=True, null=True)),
                ("attempts", models.SmallIntegerField(default=0)),
                ("max_attempts", models.SmallIntegerField(default=3)),
                ("deferrals", models.IntegerField(default=0)),
                ("rescues", models.SmallIntegerField(default=0)),
                ("backoff_seconds", models.FloatField(default=4)),
                (
                    "backoff_curve",
                    models.CharField(
                        choices=[("exponential", "exponential"), ("linear", "linear"), ("fixed", "fixed")],
                        default="exponential",
                        max_length=12,
                    ),
                ),
                ("timeout_seconds", models.FloatField(default=120)),
                (
                    "rerun",
                    models.BooleanField(
                        default=False, help_text="Asked for again while it ran: runs once more."
                    ),
                ),
                ("lease_token", models.BigIntegerField(null=True)),
                ("units", models.IntegerField(default=1)),
                ("failed_units", models.IntegerField(default=0)),
                ("calls", models.SmallIntegerField(default=1, help_text="Calls one try reserves.")),
                ("estimated_tokens", models.IntegerField(default=0)),
                ("actual_tokens", models.IntegerField(null=True)),
                ("wait_seconds", models.FloatField(null=True)),
                ("run_seconds", models.FloatField(null=True)),
                ("result", models.JSONField(null=True)),
                ("last_error", models.TextField(blank=True, default="")),
                ("fingerprint", models.CharField(blank=True, default="", max_length=64)),
                ("created_by", models.CharField(blank=True, default="", max_length=150)),
                ("created_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("claimed_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
                (
                    "batch",
                    models.ForeignKey(
                        blank=True,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="jobs",
                        to="queue.batch",
                    ),
                ),
            ],
            options={
                "permissions": [
                    ("operate", "Can retry, reset, cancel, pause and resume"),
                    ("configure", "Can change limits and settings"),
                ],
            },
        ),
        migrations.CreateModel(
            name="BatchJob",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("counted", models.BooleanField(default=False)),
                (
                    "awaits_rerun",
                    models.BooleanField(default=False, help_text="Asked while it ran: counts its next run."),
                ),
                (
                    "batch",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="shared_jobs",
                        to="queue.batch",
                    ),
                ),
                (
                    "job",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="shared_by",
                        to="queue.job",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Provider",
            fields=[
                ("key", models.CharField(max_length=60, primary_key=True, serialize=False)),
                ("label", models.CharField(max_length=120)),
                (
                    "metered",
                    models.BooleanField(
                        default=True,
                        help_text="Calls somebody outside: has budgets, threads and blocks. `local` is not.",
                    ),
                ),
                (
                    "max_in_flight",
                    models.PositiveIntegerField(
                        default=10,
                        help_text="Calls (or groups) that may be under way at once, over all workers.",
                    ),
                ),
                (
                    "max_concurrent_workers",
                    models.PositiveIntegerField(
                        blank=True,
                        help_text="Workers that may hold jobs of this lane at once. Empty: any number.",
                        null=True,
                    ),
                ),
                ("paused_at", models.DateTimeField(blank=True, null=True)),
                ("paused_by", models.CharField(blank=True, max_length=150)),
                ("paused_reason", models.TextField(blank=True)),
                (
                    "fault",
                    models.CharField(
                        blank=True,
                        help_text="The account's fault that paused it, such as bad_key; empty when staff did.",
                        max_length=60,
                    ),
                ),
                ("blocked_until", models.DateTimeField(blank=True, null=True)),
                ("blocked_at", models.DateTimeField(blank=True, null=True)),
                (
                    "block_seconds",
                    models.FloatField(
                        default=0, help_text="Length of the last block without a hint; doubles."
                    ),
                ),
                (
                    "rate_factor",
                    models.FloatField(
                        default=1,
                        help_text="Share of the limits in use: cut by a 429, grows back with answers.",
                    ),
                ),
                (
                    "probing",
                    models.BooleanField(default=False, help_text="After a block one call goes first."),
                ),
                (
                    "clock",
                    models.FloatField(
                        help_text="Lane time, seconds since 1970: now while the lane keeps up."
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("rate_factor__gte", 0.1), ("rate_factor__lte", 1)),
                        name="provider_rate_factor",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("max_in_flight__gte", 1)), name="provider_in_flight"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("paused_at__isnull", True),
                            models.Q(("paused_reason", ""), _negated=True),
                            _connector="OR",
                        ),
                        name="provider_pause_says_why",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("fault", ""), ("paused_at__isnull", False), _connector="OR"),
                        name="provider_fault_is_a_pause",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Ledger",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("currency", models.CharField(max_length=20)),
                ("hour", models.DateTimeField()),
                (
                    "allowed",
                    models.BigIntegerField(
                        help_text="Most the budgets let through in the hour; empty: no limit.", null=True
                    ),
                ),
                ("spent", models.BigIntegerField(default=0)),
                ("refused", models.BigIntegerField(default=0)),
                (
                    "provider",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="ledger",
                        to="queue.provider",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="job",
            name="provider",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="jobs",
                to="queue.provider",
            ),
        ),
        migrations.CreateModel(
            name="BudgetEntry",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("currency", models.CharField(max_length=20)),
                ("lease_token", models.BigIntegerField()),
                ("worker_id", models.BigIntegerField(null=True)),
                ("amount", models.BigIntegerField()),
                ("reserved_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("spent_at", models.DateTimeField(null=True)),
                ("answered_at", models.DateTimeField(null=True)),
                (
                    "provider",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="queue.provider",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Budget",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("currency", models.CharField(default="calls", max_length=20)),
                ("window_seconds", models.PositiveIntegerField(default=60)),
                (
                    "kind",
                    models.CharField(
                        choices=[("sliding", "sliding"), ("calendar", "calendar")],
                        default="sliding",
                        max_length=10,
                    ),
                ),
                (
                    "zone",
                    models.CharField(
                        default="UTC", help_text="Whose midnight ends a calendar day.", max_length=60
                    ),
                ),
                (
                    "limit",
                    models.PositiveBigIntegerField(blank=True, help_text="Empty: not limited.", null=True),
                ),
                (
                    "guard_seconds",
                    models.FloatField(default=0, help_text="Kept free at the edge of the window."),
                ),
                (
                    "used",
                    models.BigIntegerField(
                        default=0,
                        editable=False,
                        help_text="Calendar windows: spent since window_started_at.",
                    ),
                ),
                ("window_started_at", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "provider",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="budgets",
                        to="queue.provider",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ProviderEvent",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("verb", models.CharField(max_length=30)),
                ("detail", models.TextField(blank=True)),
                ("actor", models.CharField(blank=True, max_length=150)),
                (
                    "provider",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="events",
                        to="queue.provider",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="SchedulerRun",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("trigger", models.CharField(max_length=20)),
                ("actor", models.CharField(blank=True, default="", max_length=150)),
                ("started_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                ("dry_run", models.BooleanField(default=False)),
                (
                    "lanes",
                    models.JSONField(default=list, help_text="Per provider: due, granted, and why nothing."),
                ),
                ("promoted", models.IntegerField(default=0)),
                ("rescued", models.IntegerField(default=0)),
                ("drains_started", models.IntegerField(default=0)),
                ("result", models.TextField(blank=True, default="")),
                ("error", models.TextField(blank=True, default="")),
            ],
            options={
                "indexes": [models.Index(fields=["-started_at"], name="scheduler_run_started")],
            },
        ),
        migrations.CreateModel(
            name="Setting",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("key", models.CharField(max_length=60)),
                (
                    "provider",
                    models.CharField(blank=True, default="", help_text="Empty: for all.", max_length=60),
                ),
                ("value", models.JSONField()),
                ("updated_at", models.DateTimeField(auto_now=True)),
                ("updated_by", models.CharField(blank=True, default="", max_length=150)),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("key", "provider"), name="setting_once")],
            },
        ),
        migrations.CreateModel(
            name="Worker",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "role",
                    models.CharField(
                        choices=[("drain", "drain"), ("keeper", "keeper")], default="drain", max_length=10
                    ),
                ),
                ("host", models.CharField(max_length=255)),
                ("pid", models.IntegerField()),
                ("cluster", models.CharField(blank=True, default="", max_length=60)),
                (
                    "slots",
                    models.PositiveIntegerField(
                        default=0, help_text="Keeper: how many drains its cluster can run."
                    ),
                ),
                ("version", models.CharField(blank=True, default="", max_length=60)),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("active", "active"),
                            ("idle", "idle"),
                            ("stopped", "stopped"),
                            ("error", "error"),
                        ],
                        default="active",
                        max_length=10,
                    ),
                ),
                ("started_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("heartbeat_at", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("stopped_at", models.DateTimeField(blank=True, null=True)),
                ("stop_reason", models.CharField(blank=True, default="", max_length=200)),
                ("current_work", models.CharField(blank=True, default="", max_length=200)),
                (
                    "started_job_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), blank=True, default=list, size=None
                    ),
                ),
                ("processed", models.BigIntegerField(default=0)),
                ("busy_seconds", models.FloatField(default=0)),
                ("errors", models.BigIntegerField(default=0)),
                ("rate_limits", models.BigIntegerField(default=0)),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(
                            (
                                "status__in",
                                (
                                    "active",
                                    "idle",
                                ),
                            )
                        ),
                        fields=["heartbeat_at"],
                        name="worker_live",
                    )
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "status__in",
                                [
                                    "active",
                                    "idle",
                                    "stopped",
                                    "error",
                                ],
                            )
                        ),
                        name="worker_status_known",
                    )
                ],
            },
        ),
        migrations.AddField(
            model_name="job",
            name="worker",
            field=models.ForeignKey(
                db_constraint=False,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.DO_NOTHING,
                related_name="jobs",
                to="queue.worker",
            ),
        ),
        migrations.AddIndex(
            model_name="batch",
            index=models.Index(
                condition=models.Q(("state", "running")),
                fields=["-id"],
                name="batch_running",
            ),
        ),
        migrations.AddIndex(
            model_name="batch",
            index=models.Index(
                condition=models.Q(("finished_at__isnull", False), ("seen", False)),
                fields=["created_by"],
                name="batch_unseen",
            ),
        ),
        migrations.AddIndex(
            model_name="batch",
            index=models.Index(
                condition=models.Q(("finished_at__isnull", False)),
                fields=["finished_at"],
                name="batch_finished",
            ),
        ),
        migrations.AddConstraint(
            model_name="batch",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "state__in",
                        [
                            "running",
                            "completed",
                            "completed_with_errors",
                            "failed",
                            "cancelled",
                        ],
                    )
                ),
                name="batch_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="batch",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("cancelled_units__gte", 0),
                    ("completed_units__gte", 0),
                    ("failed_units__gte", 0),
                    ("skipped_units__gte", 0),
                    (
                        "total_units__gte",
                        django.db.models.expressions.CombinedExpression(
                            django.db.models.expressions.CombinedExpression(
                                models.F("completed_units"), "+", models.F("failed_units")
                            ),
                            "+",
                            models.F("cancelled_units"),
                        ),
                    ),
                ),
                name="batch_counts",
            ),
        ),
        migrations.AddConstraint(
            model_name="batch",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("finished_at__isnull", True),
                        ("state", "running"),
                    ),
                    models.Q(
                        models.Q(("state", "running"), _negated=True),
                        ("finished_at__isnull", False),
                        ("sealed", True),
                    ),
                    _connector="OR",
                ),
                name="batch_finished_at",
            ),
        ),
        migrations.AddConstraint(
            model_name="batch",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("max_in_flight__isnull", True), ("max_in_flight__gte", 1), _connector="OR"
                ),
                name="batch_in_flight",
            ),
        ),
        migrations.AddIndex(
            model_name="batchjob",
            index=models.Index(fields=["job"], name="batch_job_job"),
        ),
        migrations.AddConstraint(
            model_name="batchjob",
            constraint=models.UniqueConstraint(fields=("batch", "job"), name="batch_job_once"),
        ),
        migrations.AddIndex(
            model_name="ledger",
            index=models.Index(fields=["hour"], name="ledger_hour"),
        ),
        migrations.AddConstraint(
            model_name="ledger",
            constraint=models.UniqueConstraint(fields=("provider", "currency", "hour"), name="ledger_once"),
        ),
        migrations.AddConstraint(
            model_name="ledger",
            constraint=models.CheckConstraint(
                condition=models.Q(("refused__gte", 0), ("spent__gte", 0)), name="ledger_counts"
            ),
        ),
        migrations.AddIndex(
            model_name="budgetentry",
            index=models.Index(fields=["provider", "currency", "answered_at"], name="entry_window"),
        ),
        migrations.AddIndex(
            model_name="budgetentry",
            index=models.Index(fields=["lease_token"], name="entry_token"),
        ),
        migrations.AddConstraint(
            model_name="budgetentry",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("answered_at__isnull", True), ("spent_at__isnull", False), _connector="OR"
                ),
                name="entry_answer_after_spend",
            ),
        ),
        migrations.AddConstraint(
            model_name="budgetentry",
            constraint=models.CheckConstraint(condition=models.Q(("amount__gte", 0)), name="entry_amount"),
        ),
        migrations.AddConstraint(
            model_name="budget",
            constraint=models.UniqueConstraint(
                fields=("provider", "currency", "window_seconds", "kind"), name="budget_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="budget",
            constraint=models.CheckConstraint(
                condition=models.Q(("limit__isnull", True), ("limit__gte", 1), _connector="OR"),
                name="budget_limit_positive",
            ),
        ),
        migrations.AddConstraint(
            model_name="budget",
            constraint=models.CheckConstraint(
                condition=models.Q(("window_seconds__gte", 1)), name="budget_window_positive"
            ),
        ),
        migrations.AddConstraint(
            model_name="budget",
            constraint=models.CheckConstraint(
                condition=models.Q(("guard_seconds__gte", 0)), name="budget_guard"
            ),
        ),
        migrations.AddConstraint(
            model_name="budget",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("kind", "sliding"), ("window_seconds__in", [60, 3600, 86400]), _connector="OR"
                ),
                name="budget_calendar_unit",
            ),
        ),
        migrations.AddIndex(
            model_name="providerevent",
            index=models.Index(fields=["provider", "-at"], name="provider_event_timeline"),
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(
                condition=models.Q(("held__isnull", True), ("state", "pending")),
                fields=["provider", "sort_key", "id"],
                name="job_claim",
            ),
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(
                condition=models.Q(
                    ("held__isnull", True),
                    (
                        "state__in",
                        (
                            "scheduled",
                            "rate_limited",
                        ),
                    ),
                ),
                fields=["provider", "due_at"],
                name="job_due",
            ),
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(
                condition=models.Q(("state", "processing")),
                fields=["worker"],
                name="job_worker",
            ),
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(
                condition=models.Q(("batch__isnull", False)), fields=["batch", "state"], name="job_batch"
            ),
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(
                condition=models.Q(("subject_type", ""), _negated=True),
                fields=["subject_type", "subject_id"],
                name="job_subject",
            ),
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(
                condition=models.Q(("finished_at__isnull", False)),
                fields=["finished_at", "state"],
                name="job_finished",
            ),
        ),
        migrations.AddIndex(
            model_name="job",
            index=models.Index(
                condition=models.Q(("state", "failed")),
                fields=["finished_at"],
                name="job_failed",
            ),
        ),
        migrations.AddConstraint(
            model_name="job",
            constraint=models.UniqueConstraint(
                condition=models.Q(
                    ("dedupe_key__isnull", False),
                    (
                        "state__in",
                        (
                            "pending",
                            "scheduled",
                            "rate_limited",
                            "processing",
                        ),
                    ),
                ),
                fields=("dedupe_key",),
                name="job_one_live_per_key",
            ),
        ),
        migrations.AddConstraint(
            model_name="job",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "state__in",
                        [
                            "pending",
                            "scheduled",
                            "rate_limited",
                            "processing",
                            "completed",
                            "failed",
                            "cancelled",
                        ],
                    )
                ),
                name="job_state_known",
            ),
        ),
        migrations.AddConstraint(
            model_name="job",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("lease_token__isnull", False),
                        ("state", "processing"),
                        ("worker__isnull", False),
                    ),
                    models.Q(
                        models.Q(("state", "processing"), _negated=True),
                        ("lease_token__isnull", True),
                        ("worker__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="job_lease_while_processing",
            ),
        ),
        migrations.AddConstraint(
            model_name="job",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        (
                            "state__in",
                            (
                                "scheduled",
                                "rate_limited",
                            ),
                        ),
                        _negated=True,
                    ),
                    ("due_at__isnull", False),
                    _connector="OR",
                ),
                name="job_parked_has_due_at",
            ),
        ),
        migrations.AddConstraint(
            model_name="job",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        (
                            "state__in",
                            [
                                "pending",
                                "processing",
                            ],
                        ),
                        _negated=True,
                    ),
                    ("sort_key__isnull", False),
                    _connector="OR",
                ),
                name="job_claimable_is_ranked",
            ),
        ),
        migrations.AddConstraint(
            model_name="job",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(
                        ("finished_at__isnull", False),
                        (
                            "state__in",
                            (
                                "completed",
                                "failed",
                                "cancelled",
                            ),
                        ),
                    ),
                    models.Q(
                        models.Q(
                            (
                                "state__in",
                                (
                                    "completed",
                                    "failed",
                                    "cancelled",
                                ),
                            ),
                            _negated=True,
                        ),
                        ("finished_at__isnull", True),
                    ),
                    _connector="OR",
                ),
                name="job_finished_at",
            ),
        ),
        migrations.AddConstraint(
            model_name="job",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("held__isnull", True),
                    (
                        "state__in",
                        (
                            "pending",
                            "scheduled",
                            "rate_limited",
                        ),
                    ),
                    _connector="OR",
                ),
                name="job_held_only_waiting",
            ),
        ),
        migrations.AddConstraint(
            model_name="job",
            constraint=models.CheckConstraint(
                condition=models.Q(("attempts__gte", 0), ("max_attempts__gte", 1), ("rescues__gte", 0)),
                name="job_attempts",
            ),
        ),
        migrations.AddConstraint(
            model_name="job",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("failed_units__gte", 0), ("failed_units__lte", models.F("units")), ("units__gte", 1)
                ),
                name="job_units",
            ),
        ),
        migrations.AddConstraint(
            model_name="job",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("rerun", False),
                    ("state", "processing"),
                    _connector="OR",
                ),
                name="job_rerun_only_processing",
            ),
        ),
    ]
