import uuid
from decimal import Decimal

import django.db.models.deletion
import django.db.models.functions.text
import django.db.models.lookups
from django.conf import settings
from django.db import migrations, models

import scoring.taxonomy.models.project


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Project",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("name", models.CharField(max_length=200)),
                (
                    "priority",
                    models.SmallIntegerField(
                        default=100,
                        help_text="Priority of its analyses in the queue: 100 as usual, 150 or 200 for premium projects.",
                    ),
                ),
                (
                    "as_of",
                    models.DateField(
                        blank=True,
                        help_text="The day on which the 30 days of metrics end; empty: the newest day that has any.",
                        null=True,
                    ),
                ),
                (
                    "ctr_curve",
                    models.JSONField(
                        default=scoring.taxonomy.models.project.get_default_curve,
                        help_text="Expected click-through rates at positions 1 to 10, such as 0.285, falling.",
                        validators=[scoring.taxonomy.models.project.validate_curve],
                    ),
                ),
                (
                    "weights",
                    models.JSONField(
                        default=scoring.taxonomy.models.project.get_default_weights,
                        help_text="Weights of volume, ctr_gap, position, competition and revenue; they must sum to 1.",
                        validators=[scoring.taxonomy.models.project.validate_weights],
                    ),
                ),
                (
                    "target_position",
                    models.SmallIntegerField(
                        default=3, help_text="The search position that a projection aims at, 1 to 10."
                    ),
                ),
                (
                    "timeframe",
                    models.CharField(
                        choices=[
                            ("conservative", "conservative"),
                            ("moderate", "moderate"),
                            ("aggressive", "aggressive"),
                        ],
                        default="moderate",
                        max_length=12,
                    ),
                ),
                (
                    "seasonality",
                    models.FloatField(
                        default=1.0,
                        help_text="Multiplies the projected lift; 1 is usual.",
                        validators=[scoring.taxonomy.models.project.validate_seasonality],
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        django.db.models.functions.text.Lower("name"),
                        name="taxonomy_project_name_unique",
                        violation_error_message="Another project has this name.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("name__regex", "\\S")),
                        name="taxonomy_project_name_not_blank",
                        violation_error_message="name must not be blank.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("priority__gte", 0), ("priority__lte", 1000)),
                        name="taxonomy_project_priority_in_range",
                        violation_error_message="priority must lie between 0 and 1000.",
                    ),
                    models.CheckConstraint(
                        condition=django.db.models.lookups.Exact(
                            models.Func(
                                models.F("ctr_curve"),
                                function="jsonb_typeof",
                                output_field=models.TextField(),
                            ),
                            models.Value("array"),
                        ),
                        name="taxonomy_project_ctr_curve_list",
                        violation_error_message="ctr_curve must be a JSON list.",
                    ),
                    models.CheckConstraint(
                        condition=django.db.models.lookups.Exact(
                            models.Func(
                                models.F("weights"), function="jsonb_typeof", output_field=models.TextField()
                            ),
                            models.Value("object"),
                        ),
                        name="taxonomy_project_weights_object",
                        violation_error_message="weights must be a JSON object.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("target_position__gte", 1), ("target_position__lte", 10)),
                        name="taxonomy_project_target_position_in_range",
                        violation_error_message="target_position must lie between 1 and 10.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("timeframe__in", ["conservative", "moderate", "aggressive"])),
                        name="taxonomy_project_timeframe_known",
                        violation_error_message="timeframe must be one of conservative, moderate, aggressive.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("seasonality__gte", 0), ("seasonality__lte", 10)),
                        name="taxonomy_project_seasonality_in_range",
                        violation_error_message="seasonality must lie between 0 and 10.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Node",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "external_id",
                    models.CharField(help_text="Its id in the shop; unique in the project.", max_length=200),
                ),
                (
                    "path",
                    models.TextField(
                        help_text="Titles from the root to here, joined by ' > '; not always unique."
                    ),
                ),
                (
                    "title",
                    models.CharField(
                        blank=True, default="", help_text="Real shops have one without.", max_length=500
                    ),
                ),
                ("url", models.CharField(blank=True, default="", max_length=2000)),
                ("meta_title", models.TextField(blank=True, default="")),
                ("meta_description", models.TextField(blank=True, default="")),
                ("depth", models.SmallIntegerField(default=1, help_text="1 at the root.")),
                (
                    "position",
                    models.IntegerField(default=0, help_text="Its place among its siblings, from 0."),
                ),
                (
                    "product_count",
                    models.IntegerField(blank=True, help_text="Empty means unknown.", null=True),
                ),
                (
                    "content_status",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("optimized", "optimized"),
                            ("outdated", "outdated"),
                            ("missing", "missing"),
                            ("none", "none"),
                        ],
                        default="",
                        max_length=9,
                    ),
                ),
                (
                    "source",
                    models.CharField(
                        blank=True,
                        choices=[("merchant", "merchant"), ("google", "google"), ("hybrid", "hybrid")],
                        default="",
                        max_length=8,
                    ),
                ),
                ("metadata", models.JSONField(blank=True, default=dict)),
                ("opportunity_score", models.SmallIntegerField(blank=True, editable=False, null=True)),
                (
                    "revenue_potential",
                    models.DecimalField(
                        blank=True,
                        decimal_places=2,
                        help_text="A month's revenue that better placing could bring.",
                        max_digits=14,
                        null=True,
                    ),
                ),
                (
                    "optimization_status",
                    models.CharField(
                        choices=[
                            ("optimized", "optimized"),
                            ("needs_work", "needs work"),
                            ("critical", "critical"),
                            ("no_data", "no data"),
                        ],
                        default="no_data",
                        editable=False,
                        max_length=10,
                    ),
                ),
                ("last_scored_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("metrics_updated_at", models.DateTimeField(blank=True, editable=False, null=True)),
                (
                    "parent",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="children",
                        to="taxonomy.node",
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="nodes",
                        to="taxonomy.project",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Analysis",
            fields=[
                (
                    "id",
                    models.UUIDField(default=uuid.uuid4, editable=False, primary_key=True, serialize=False),
                ),
                (
                    "type",
                    models.CharField(
                        choices=[
                            ("scoring", "opportunity score"),
                            ("revenue", "revenue projection"),
                            ("full_analysis", "full analysis"),
                        ],
                        max_length=13,
                    ),
                ),
                ("options", models.JSONField(blank=True, default=dict)),
                (
                    "as_of",
                    models.DateField(blank=True, help_text="Empty: the project has no metrics.", null=True),
                ),
                (
                    "choices",
                    models.JSONField(
                        blank=True,
                        default=dict,
                        help_text="Curve, weights, target, timeframe and seasonality as they were.",
                    ),
                ),
                (
                    "node_ids",
                    models.JSONField(
                        blank=True, help_text="Only these nodes; empty: all of the project.", null=True
                    ),
                ),
                ("batch_number", models.BigIntegerField(blank=True, null=True)),
                ("total_nodes", models.IntegerField(default=0)),
                ("result", models.JSONField(blank=True, null=True)),
                ("error", models.TextField(blank=True, default="")),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("pending", "pending"),
                            ("processing", "processing"),
                            ("completed", "completed"),
                            ("failed", "failed"),
                            ("cancelled", "cancelled"),
                        ],
                        default="pending",
                        max_length=10,
                    ),
                ),
                (
                    "actor",
                    models.CharField(
                        blank=True, default="", help_text="Who or what started it.", max_length=150
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("started_at", models.DateTimeField(blank=True, null=True)),
                ("finished_at", models.DateTimeField(blank=True, null=True)),
                (
                    "created_by",
                    models.ForeignKey(
                        blank=True,
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "parent",
                    models.ForeignKey(
                        blank=True,
                        help_text="The analysis whose failed nodes this one tries again.",
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="retries",
                        to="taxonomy.analysis",
                    ),
                ),
                (
                    "project",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="analyses",
                        to="taxonomy.project",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "analyses",
                "permissions": [
                    ("analyse", "Can start, cancel and retry analyses, and import nodes and metrics")
                ],
            },
        ),
        migrations.CreateModel(
            name="Projection",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "current_revenue",
                    models.DecimalField(decimal_places=2, default=Decimal(0), max_digits=14),
                ),
                (
                    "projected_revenue",
                    models.DecimalField(decimal_places=2, default=Decimal(0), max_digits=14),
                ),
                (
                    "projected_lift",
                    models.DecimalField(
                        decimal_places=2,
                        default=Decimal(0),
                        help_text="A month; never below 0.",
                        max_digits=14,
                    ),
                ),
                ("assumptions", models.JSONField(blank=True, default=dict)),
                ("confidence", models.FloatField()),
                ("weeks_to_impact", models.SmallIntegerField(default=0)),
                (
                    "method",
                    models.CharField(
                        choices=[
                            ("organic", "organic"),
                            ("content", "content"),
                            ("mixed", "mixed"),
                            ("technical", "technical"),
                        ],
                        max_length=9,
                    ),
                ),
                ("cost", models.DecimalField(decimal_places=2, default=Decimal(0), max_digits=14)),
                ("roi", models.FloatField(default=0, help_text="A year's lift in percent of the cost.")),
                ("calculated_at", models.DateTimeField()),
                (
                    "analysis",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="projections",
                        to="taxonomy.analysis",
                    ),
                ),
                (
                    "node",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="projections",
                        to="taxonomy.node",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="NodeMetric",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("date", models.DateField(help_text="The day, or the first day of the week.")),
                (
                    "source",
                    models.CharField(
                        choices=[
                            ("gsc", "Google Search Console"),
                            ("ga4", "Google Analytics 4"),
                            ("shopify", "Shopify"),
                        ],
                        max_length=7,
                    ),
                ),
                ("days_covered", models.SmallIntegerField(default=1, help_text="1, or 7 for a week.")),
                (
                    "is_synthetic",
                    models.BooleanField(default=False, help_text="Made up for a demonstration or a test."),
                ),
                ("impressions", models.BigIntegerField(blank=True, null=True)),
                ("clicks", models.BigIntegerField(blank=True, null=True)),
                (
                    "position",
                    models.FloatField(
                        blank=True, help_text="Mean position in the search results.", null=True
                    ),
                ),
                ("sessions", models.BigIntegerField(blank=True, null=True)),
                ("revenue", models.DecimalField(blank=True, decimal_places=2, max_digits=14, null=True)),
                ("transactions", models.BigIntegerField(blank=True, null=True)),
                ("bounce_rate", models.FloatField(blank=True, help_text="0 to 1.", null=True)),
                ("avg_session_duration", models.FloatField(blank=True, help_text="Seconds.", null=True)),
                (
                    "node",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="metrics",
                        to="taxonomy.node",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("node", "date", "source"),
                        name="taxonomy_nodemetric_unique",
                        violation_error_message="The node has metrics of this day and source.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("source__in", ["gsc", "ga4", "shopify"])),
                        name="taxonomy_nodemetric_source_known",
                        violation_error_message="source must be one of gsc, ga4, shopify.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("days_covered__in", (1, 7))),
                        name="taxonomy_nodemetric_days_covered_known",
                        violation_error_message="days_covered must be 1 or 7.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("impressions__gte", 0), ("impressions__lte", 100000000000)),
                        name="taxonomy_nodemetric_impressions_in_range",
                        violation_error_message="impressions must lie between 0 and 100000000000.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("clicks__gte", 0), ("clicks__lte", 100000000000)),
                        name="taxonomy_nodemetric_clicks_in_range",
                        violation_error_message="clicks must lie between 0 and 100000000000.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("sessions__gte", 0), ("sessions__lte", 100000000000)),
                        name="taxonomy_nodemetric_sessions_in_range",
                        violation_error_message="sessions must lie between 0 and 100000000000.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("transactions__gte", 0), ("transactions__lte", 100000000000)),
                        name="taxonomy_nodemetric_transactions_in_range",
                        violation_error_message="transactions must lie between 0 and 100000000000.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("position__gte", 0), ("position__lte", 1000)),
                        name="taxonomy_nodemetric_position_in_range",
                        violation_error_message="position must lie between 0 and 1000.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("revenue__gte", 0), ("revenue__lte", Decimal("999999999999.99"))),
                        name="taxonomy_nodemetric_revenue_in_range",
                        violation_error_message="revenue must lie between 0 and 999999999999.99.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("bounce_rate__gte", 0), ("bounce_rate__lte", 1)),
                        name="taxonomy_nodemetric_bounce_rate_in_range",
                        violation_error_message="bounce_rate must lie between 0 and 1.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("avg_session_duration__gte", 0), ("avg_session_duration__lte", 1000000)
                        ),
                        name="taxonomy_nodemetric_avg_session_duration_in_range",
                        violation_error_message="avg_session_duration must lie between 0 and 1000000.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="NodeResult",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("succeeded", models.BooleanField()),
                ("has_data", models.BooleanField(default=False)),
                ("score", models.SmallIntegerField(blank=True, null=True)),
                ("confidence", models.FloatField(blank=True, null=True)),
                ("factors", models.JSONField(blank=True, default=dict)),
                (
                    "priority",
                    models.SmallIntegerField(
                        blank=True,
                        choices=[(1, "critical"), (2, "high"), (3, "medium"), (4, "low"), (5, "very low")],
                        null=True,
                    ),
                ),
                (
                    "revenue_potential",
                    models.DecimalField(blank=True, decimal_places=2, max_digits=14, null=True),
                ),
                (
                    "projected_lift",
                    models.DecimalField(blank=True, decimal_places=2, max_digits=14, null=True),
                ),
                (
                    "projected_revenue",
                    models.DecimalField(blank=True, decimal_places=2, max_digits=14, null=True),
                ),
                ("projection", models.JSONField(blank=True, default=dict)),
                ("combined_value", models.FloatField(blank=True, null=True)),
                ("error", models.TextField(blank=True, default="")),
                ("error_kind", models.CharField(blank=True, default="", max_length=100)),
                ("retry_count", models.SmallIntegerField(default=0)),
                ("settled_at", models.DateTimeField()),
                (
                    "analysis",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="node_results",
                        to="taxonomy.analysis",
                    ),
                ),
                (
                    "node",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="node_results",
                        to="taxonomy.node",
                    ),
                ),
            ],
            options={
                "indexes": [
                    models.Index(
                        condition=models.Q(("succeeded", False)),
                        fields=["analysis", "error_kind"],
                        name="taxonomy_noderesult_failed",
                    )
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("analysis", "node"), name="taxonomy_noderesult_unique"),
                    models.CheckConstraint(
                        condition=models.Q(("score__gte", 0), ("score__lte", 100)),
                        name="taxonomy_noderesult_score_in_range",
                        violation_error_message="score must lie between 0 and 100.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("confidence__gte", 0), ("confidence__lte", 1)),
                        name="taxonomy_noderesult_confidence_in_range",
                        violation_error_message="confidence must lie between 0 and 1.",
                    ),
                    models.CheckConstraint(
                        condition=django.db.models.lookups.Exact(
                            models.Func(
                                models.F("factors"), function="jsonb_typeof", output_field=models.TextField()
                            ),
                            models.Value("object"),
                        ),
                        name="taxonomy_noderesult_factors_object",
                        violation_error_message="factors must be a JSON object.",
                    ),
                    models.CheckConstraint(
                        condition=django.db.models.lookups.Exact(
                            models.Func(
                                models.F("projection"),
                                function="jsonb_typeof",
                                output_field=models.TextField(),
                            ),
                            models.Value("object"),
                        ),
                        name="taxonomy_noderesult_projection_object",
                        violation_error_message="projection must be a JSON object.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("priority__gte", 1), ("priority__lte", 5)),
                        name="taxonomy_noderesult_priority_in_range",
                        violation_error_message="priority must lie between 1 and 5.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("revenue_potential__gte", 0),
                            ("revenue_potential__lte", Decimal("999999999999.99")),
                        ),
                        name="taxonomy_noderesult_revenue_potential_in_range",
                        violation_error_message="revenue_potential must lie between 0 and 999999999999.99.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("projected_lift__gte", 0), ("projected_lift__lte", Decimal("999999999999.99"))
                        ),
                        name="taxonomy_noderesult_projected_lift_in_range",
                        violation_error_message="projected_lift must lie between 0 and 999999999999.99.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("projected_revenue__gte", 0),
                            ("projected_revenue__lte", Decimal("999999999999.99")),
                        ),
                        name="taxonomy_noderesult_projected_revenue_in_range",
                        violation_error_message="projected_revenue must lie between 0 and 999999999999.99.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("combined_value__gte", 0), ("combined_value__lte", 100)),
                        name="taxonomy_noderesult_combined_value_in_range",
                        violation_error_message="combined_value must lie between 0 and 100.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("retry_count__gte", 0), ("retry_count__lte", 1000)),
                        name="taxonomy_noderesult_retry_count_in_range",
                        violation_error_message="retry_count must lie between 0 and 1000.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("error", ""), ("error_kind", ""), ("succeeded", True)),
                            models.Q(
                                ("error__regex", "\\S"), ("error_kind__regex", "\\S"), ("succeeded", False)
                            ),
                            _connector="OR",
                        ),
                        name="taxonomy_noderesult_error_of_failed",
                        violation_error_message="A failed node has an error and its kind, a successful one has neither.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Opportunity",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("score", models.SmallIntegerField()),
                ("factors", models.JSONField(blank=True, default=dict)),
                (
                    "recommendations",
                    models.JSONField(
                        blank=True,
                        default=list,
                        help_text="At most five of {type, priority, action, impact, effort}.",
                    ),
                ),
                (
                    "revenue_potential",
                    models.DecimalField(decimal_places=2, default=Decimal(0), max_digits=14),
                ),
                (
                    "priority",
                    models.SmallIntegerField(
                        choices=[(1, "critical"), (2, "high"), (3, "medium"), (4, "low"), (5, "very low")]
                    ),
                ),
                ("confidence", models.FloatField()),
                (
                    "effort",
                    models.SmallIntegerField(
                        blank=True, help_text="0 to 100; empty: products unknown.", null=True
                    ),
                ),
                (
                    "label",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("quick-win", "quick win"),
                            ("strategic", "strategic"),
                            ("incremental", "incremental"),
                            ("long-term", "long term"),
                            ("maintain", "maintain"),
                        ],
                        default="",
                        max_length=11,
                    ),
                ),
                ("computed_at", models.DateTimeField()),
                ("valid_until", models.DateTimeField()),
                ("as_of", models.DateField(blank=True, null=True)),
                (
                    "analysis",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="opportunities",
                        to="taxonomy.analysis",
                    ),
                ),
                (
                    "node",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="opportunity",
                        to="taxonomy.node",
                    ),
                ),
            ],
            options={
                "verbose_name_plural": "opportunities",
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("score__gte", 0), ("score__lte", 100)),
                        name="taxonomy_opportunity_score_in_range",
                        violation_error_message="score must lie between 0 and 100.",
                    ),
                    models.CheckConstraint(
                        condition=django.db.models.lookups.Exact(
                            models.Func(
                                models.F("factors"), function="jsonb_typeof", output_field=models.TextField()
                            ),
                            models.Value("object"),
                        ),
                        name="taxonomy_opportunity_factors_object",
                        violation_error_message="factors must be a JSON object.",
                    ),
                    models.CheckConstraint(
                        condition=django.db.models.lookups.Exact(
                            models.Func(
                                models.F("recommendations"),
                                function="jsonb_typeof",
                                output_field=models.TextField(),
                            ),
                            models.Value("array"),
                        ),
                        name="taxonomy_opportunity_recommendations_list",
                        violation_error_message="recommendations must be a JSON list.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("revenue_potential__gte", 0),
                            ("revenue_potential__lte", Decimal("999999999999.99")),
                        ),
                        name="taxonomy_opportunity_revenue_potential_in_range",
                        violation_error_message="revenue_potential must lie between 0 and 999999999999.99.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("priority__gte", 1), ("priority__lte", 5)),
                        name="taxonomy_opportunity_priority_in_range",
                        violation_error_message="priority must lie between 1 and 5.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("confidence__gte", 0), ("confidence__lte", 1)),
                        name="taxonomy_opportunity_confidence_in_range",
                        violation_error_message="confidence must lie between 0 and 1.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("effort__gte", 0), ("effort__lte", 100)),
                        name="taxonomy_opportunity_effort_in_range",
                        violation_error_message="effort must lie between 0 and 100.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "label__in",
                                ["", "quick-win", "strategic", "incremental", "long-term", "maintain"],
                            )
                        ),
                        name="taxonomy_opportunity_label_known",
                        violation_error_message="label must be one of quick-win, strategic, incremental, long-term, maintain.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("valid_until__gt", models.F("computed_at"))),
                        name="taxonomy_opportunity_valid_after_computed",
                        violation_error_message="valid_until must lie after computed_at.",
                    ),
                ],
            },
        ),
        migrations.AddIndex(
            model_name="node",
            index=models.Index(
                condition=models.Q(("parent__isnull", True)),
                fields=["project", "position"],
                name="taxonomy_node_roots",
            ),
        ),
        migrations.AddConstraint(
            model_name="node",
            constraint=models.UniqueConstraint(
                fields=("project", "external_id"),
                name="taxonomy_node_external_id_unique",
                violation_error_message="Another node of the project has this id.",
            ),
        ),
        migrations.AddConstraint(
            model_name="node",
            constraint=models.CheckConstraint(
                condition=models.Q(("external_id__regex", "\\S")),
                name="taxonomy_node_external_id_not_blank",
                violation_error_message="external_id must not be blank.",
            ),
        ),
        migrations.AddConstraint(
            model_name="node",
            constraint=models.CheckConstraint(
                condition=models.Q(("depth__gte", 1), ("depth__lte", 100)),
                name="taxonomy_node_depth_in_range",
                violation_error_message="depth must lie between 1 and 100.",
            ),
        ),
        migrations.AddConstraint(
            model_name="node",
            constraint=models.CheckConstraint(
                condition=models.Q(("position__gte", 0), ("position__lte", 10000000)),
                name="taxonomy_node_position_in_range",
                violation_error_message="position must lie between 0 and 10000000.",
            ),
        ),
        migrations.AddConstraint(
            model_name="node",
            constraint=models.CheckConstraint(
                condition=models.Q(("product_count__gte", 0), ("product_count__lte", 1000000000)),
                name="taxonomy_node_product_count_in_range",
                violation_error_message="product_count must lie between 0 and 1000000000.",
            ),
        ),
        migrations.AddConstraint(
            model_name="node",
            constraint=models.CheckConstraint(
                condition=models.Q(("content_status__in", ["", "optimized", "outdated", "missing", "none"])),
                name="taxonomy_node_content_status_known",
                violation_error_message="content_status must be one of optimized, outdated, missing, none.",
            ),
        ),
        migrations.AddConstraint(
            model_name="node",
            constraint=models.CheckConstraint(
                condition=models.Q(("source__in", ["", "merchant", "google", "hybrid"])),
                name="taxonomy_node_source_known",
                violation_error_message="source must be one of merchant, google, hybrid.",
            ),
        ),
        migrations.AddConstraint(
            model_name="node",
            constraint=models.CheckConstraint(
                condition=django.db.models.lookups.Exact(
                    models.Func(
                        models.F("metadata"), function="jsonb_typeof", output_field=models.TextField()
                    ),
                    models.Value("object"),
                ),
                name="taxonomy_node_metadata_object",
                violation_error_message="metadata must be a JSON object.",
            ),
        ),
        migrations.AddConstraint(
            model_name="node",
            constraint=models.CheckConstraint(
                condition=models.Q(("opportunity_score__gte", 0), ("opportunity_score__lte", 100)),
                name="taxonomy_node_opportunity_score_in_range",
                violation_error_message="opportunity_score must lie between 0 and 100.",
            ),
        ),
        migrations.AddConstraint(
            model_name="node",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("revenue_potential__gte", 0), ("revenue_potential__lte", Decimal("999999999999.99"))
                ),
                name="taxonomy_node_revenue_potential_in_range",
                violation_error_message="revenue_potential must lie between 0 and 999999999999.99.",
            ),
        ),
        migrations.AddConstraint(
            model_name="node",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("optimization_status__in", ["optimized", "needs_work", "critical", "no_data"])
                ),
                name="taxonomy_node_optimization_status_known",
                violation_error_message="optimization_status must be one of optimized, needs_work, critical, no_data.",
            ),
        ),
        migrations.AddConstraint(
            model_name="node",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("depth", 1), ("parent__isnull", True)),
                    models.Q(("depth__gt", 1), ("parent__isnull", False)),
                    _connector="OR",
                ),
                name="taxonomy_node_root_has_depth_1",
                violation_error_message="A root has depth 1, every other node more.",
            ),
        ),
        migrations.AddIndex(
            model_name="analysis",
            index=models.Index(fields=["project", "-created_at"], name="taxonomy_analysis_newest"),
        ),
        migrations.AddIndex(
            model_name="analysis",
            index=models.Index(fields=["-created_at"], name="taxonomy_analysis_all"),
        ),
        migrations.AddIndex(
            model_name="analysis",
            index=models.Index(
                condition=models.Q(("batch_number__isnull", False)),
                fields=["batch_number"],
                name="taxonomy_analysis_batch",
            ),
        ),
        migrations.AddConstraint(
            model_name="analysis",
            constraint=models.CheckConstraint(
                condition=models.Q(("type__in", ["scoring", "revenue", "full_analysis"])),
                name="taxonomy_analysis_type_known",
                violation_error_message="type must be one of scoring, revenue, full_analysis.",
            ),
        ),
        migrations.AddConstraint(
            model_name="analysis",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("state__in", ["pending", "processing", "completed", "failed", "cancelled"])
                ),
                name="taxonomy_analysis_state_known",
                violation_error_message="state must be one of pending, processing, completed, failed, cancelled.",
            ),
        ),
        migrations.AddConstraint(
            model_name="analysis",
            constraint=models.CheckConstraint(
                condition=django.db.models.lookups.Exact(
                    models.Func(
                        models.F("options"), function="jsonb_typeof", output_field=models.TextField()
                    ),
                    models.Value("object"),
                ),
                name="taxonomy_analysis_options_object",
                violation_error_message="options must be a JSON object.",
            ),
        ),
        migrations.AddConstraint(
            model_name="analysis",
            constraint=models.CheckConstraint(
                condition=django.db.models.lookups.Exact(
                    models.Func(
                        models.F("choices"), function="jsonb_typeof", output_field=models.TextField()
                    ),
                    models.Value("object"),
                ),
                name="taxonomy_analysis_choices_object",
                violation_error_message="choices must be a JSON object.",
            ),
        ),
        migrations.AddConstraint(
            model_name="analysis",
            constraint=models.CheckConstraint(
                condition=django.db.models.lookups.Exact(
                    models.Func(
                        models.F("node_ids"), function="jsonb_typeof", output_field=models.TextField()
                    ),
                    models.Value("array"),
                ),
                name="taxonomy_analysis_node_ids_list",
                violation_error_message="node_ids must be a JSON list.",
            ),
        ),
        migrations.AddConstraint(
            model_name="analysis",
            constraint=models.CheckConstraint(
                condition=django.db.models.lookups.Exact(
                    models.Func(models.F("result"), function="jsonb_typeof", output_field=models.TextField()),
                    models.Value("object"),
                ),
                name="taxonomy_analysis_result_object",
                violation_error_message="result must be a JSON object.",
            ),
        ),
        migrations.AddConstraint(
            model_name="analysis",
            constraint=models.CheckConstraint(
                condition=models.Q(("total_nodes__gte", 0), ("total_nodes__lte", 100000000)),
                name="taxonomy_analysis_total_nodes_in_range",
                violation_error_message="total_nodes must lie between 0 and 100000000.",
            ),
        ),
        migrations.AddConstraint(
            model_name="analysis",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("finished_at__isnull", True), ("state__in", ("pending", "processing"))),
                    models.Q(
                        models.Q(("state__in", ("pending", "processing")), _negated=True),
                        ("finished_at__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="taxonomy_analysis_finished_when_over",
                violation_error_message="An analysis has a time of its end when it is over, and only then.",
            ),
        ),
        migrations.AddIndex(
            model_name="projection",
            index=models.Index(fields=["node", "-calculated_at"], name="taxonomy_projection_history"),
        ),
        migrations.AddConstraint(
            model_name="projection",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("current_revenue__gte", 0), ("current_revenue__lte", Decimal("999999999999.99"))
                ),
                name="taxonomy_projection_current_revenue_in_range",
                violation_error_message="current_revenue must lie between 0 and 999999999999.99.",
            ),
        ),
        migrations.AddConstraint(
            model_name="projection",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("projected_revenue__gte", 0), ("projected_revenue__lte", Decimal("999999999999.99"))
                ),
                name="taxonomy_projection_projected_revenue_in_range",
                violation_error_message="projected_revenue must lie between 0 and 999999999999.99.",
            ),
        ),
        migrations.AddConstraint(
            model_name="projection",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("projected_lift__gte", 0), ("projected_lift__lte", Decimal("999999999999.99"))
                ),
                name="taxonomy_projection_projected_lift_in_range",
                violation_error_message="projected_lift must lie between 0 and 999999999999.99.",
            ),
        ),
        migrations.AddConstraint(
            model_name="projection",
            constraint=models.CheckConstraint(
                condition=models.Q(("cost__gte", 0), ("cost__lte", Decimal("999999999999.99"))),
                name="taxonomy_projection_cost_in_range",
                violation_error_message="cost must lie between 0 and 999999999999.99.",
            ),
        ),
        migrations.AddConstraint(
            model_name="projection",
            constraint=models.CheckConstraint(
                condition=django.db.models.lookups.Exact(
                    models.Func(
                        models.F("assumptions"), function="jsonb_typeof", output_field=models.TextField()
                    ),
                    models.Value("object"),
                ),
                name="taxonomy_projection_assumptions_object",
                violation_error_message="assumptions must be a JSON object.",
            ),
        ),
        migrations.AddConstraint(
            model_name="projection",
            constraint=models.CheckConstraint(
                condition=models.Q(("confidence__gte", 0), ("confidence__lte", 1)),
                name="taxonomy_projection_confidence_in_range",
                violation_error_message="confidence must lie between 0 and 1.",
            ),
        ),
        migrations.AddConstraint(
            model_name="projection",
            constraint=models.CheckConstraint(
                condition=models.Q(("weeks_to_impact__gte", 0), ("weeks_to_impact__lte", 520)),
                name="taxonomy_projection_weeks_to_impact_in_range",
                violation_error_message="weeks_to_impact must lie between 0 and 520.",
            ),
        ),
        migrations.AddConstraint(
            model_name="projection",
            constraint=models.CheckConstraint(
                condition=models.Q(("method__in", ["organic", "content", "mixed", "technical"])),
                name="taxonomy_projection_method_known",
                violation_error_message="method must be one of organic, content, mixed, technical.",
            ),
        ),
        migrations.AddConstraint(
            model_name="projection",
            constraint=models.CheckConstraint(
                condition=models.Q(("roi__gte", 0), ("roi__lte", 1000000000000000.0)),
                name="taxonomy_projection_roi_in_range",
                violation_error_message="roi must lie between 0 and 1000000000000000.0.",
            ),
        ),
    ]
