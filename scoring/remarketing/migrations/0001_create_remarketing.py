"""Create the tables of the remarketing workload; what reads each index stands beside it in the models."""

from decimal import Decimal

import django.contrib.postgres.fields
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
import django.db.models.lookups
import django.utils.timezone
from django.conf import settings
from django.db import migrations, models

import scoring.remarketing.models.checks


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Buyer",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "source_ref",
                    models.CharField(
                        default=scoring.remarketing.models.checks.make_source_ref,
                        help_text="Id in the system it came from; importing the same id again updates the row.",
                        max_length=120,
                        unique=True,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "content_changed_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now,
                        editable=False,
                        help_text="When something that scores depend on last changed.",
                    ),
                ),
                ("archived_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("company_name", models.CharField(max_length=200)),
                ("website", models.CharField(blank=True, default="", max_length=500)),
                (
                    "buyer_type",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("pe_firm", "private equity firm"),
                            ("platform", "platform"),
                            ("strategic", "strategic"),
                            ("family_office", "family office"),
                            ("independent_sponsor", "independent sponsor"),
                            ("other", "other"),
                        ],
                        default="",
                        max_length=20,
                    ),
                ),
                ("pe_firm_name", models.CharField(blank=True, default="", max_length=200)),
                ("hq_city", models.CharField(blank=True, default="", max_length=120)),
                ("hq_state", models.CharField(blank=True, default="", max_length=2)),
                ("business_summary", models.TextField(blank=True, default="")),
                ("thesis_summary", models.TextField(blank=True, default="")),
                (
                    "thesis_confidence",
                    models.CharField(
                        blank=True,
                        choices=[("high", "high"), ("medium", "medium"), ("low", "low")],
                        default="",
                        max_length=6,
                    ),
                ),
                ("industry_vertical", models.CharField(blank=True, default="", max_length=200)),
                (
                    "target_services",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), blank=True, default=list, size=None
                    ),
                ),
                (
                    "services_offered",
                    models.TextField(blank=True, default="", help_text="Separated by commas."),
                ),
                ("specialized_focus", models.TextField(blank=True, default="")),
                (
                    "target_industries",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), blank=True, default=list, size=None
                    ),
                ),
                (
                    "industry_exclusions",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), blank=True, default=list, size=None
                    ),
                ),
                (
                    "target_geographies",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(),
                        blank=True,
                        default=list,
                        help_text="Where it wants to buy: states or regions.",
                        size=None,
                    ),
                ),
                (
                    "geographic_footprint",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(),
                        blank=True,
                        default=list,
                        help_text="Where it already is: states or regions.",
                        size=None,
                    ),
                ),
                (
                    "operating_locations",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(),
                        blank=True,
                        default=list,
                        help_text="As City, ST.",
                        size=None,
                    ),
                ),
                (
                    "service_regions",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), blank=True, default=list, size=None
                    ),
                ),
                ("customer_geographic_reach", models.TextField(blank=True, default="")),
                (
                    "geographic_exclusions",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(),
                        blank=True,
                        default=list,
                        help_text="States or regions where it will not buy.",
                        size=None,
                    ),
                ),
                ("currency", models.CharField(default="USD", max_length=3)),
                ("target_revenue_min", models.BigIntegerField(blank=True, null=True)),
                ("target_revenue_max", models.BigIntegerField(blank=True, null=True)),
                ("revenue_sweet_spot", models.BigIntegerField(blank=True, null=True)),
                ("target_ebitda_min", models.BigIntegerField(blank=True, null=True)),
                ("target_ebitda_max", models.BigIntegerField(blank=True, null=True)),
                ("ebitda_sweet_spot", models.BigIntegerField(blank=True, null=True)),
                (
                    "recent_acquisitions",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), blank=True, default=list, size=None
                    ),
                ),
                (
                    "portfolio_companies",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), blank=True, default=list, size=None
                    ),
                ),
                ("deal_preferences", models.TextField(blank=True, default="")),
                (
                    "deal_breakers",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), blank=True, default=list, size=None
                    ),
                ),
                (
                    "extraction_sources",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), blank=True, default=list, size=None
                    ),
                ),
                (
                    "data_completeness",
                    models.CharField(
                        blank=True,
                        choices=[("high", "high"), ("medium", "medium"), ("low", "low")],
                        default="",
                        editable=False,
                        help_text="Derived from the rest.",
                        max_length=6,
                    ),
                ),
                ("alignment_score", models.SmallIntegerField(blank=True, editable=False, null=True)),
                ("alignment_reasoning", models.TextField(blank=True, default="", editable=False)),
                (
                    "alignment_key_factors",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), blank=True, default=list, editable=False, size=None
                    ),
                ),
                (
                    "alignment_confidence",
                    models.CharField(
                        blank=True,
                        choices=[("high", "high"), ("medium", "medium"), ("low", "low")],
                        default="",
                        editable=False,
                        max_length=6,
                    ),
                ),
                (
                    "alignment_scored_by",
                    models.CharField(
                        blank=True,
                        choices=[("rules", "rules"), ("ai", "AI")],
                        default="",
                        editable=False,
                        max_length=5,
                    ),
                ),
                ("alignment_model", models.CharField(blank=True, default="", editable=False, max_length=120)),
                (
                    "alignment_prompt_version",
                    models.CharField(blank=True, default="", editable=False, max_length=40),
                ),
                (
                    "alignment_facts_hash",
                    models.CharField(blank=True, default="", editable=False, max_length=64),
                ),
                ("alignment_is_stale", models.BooleanField(default=False, editable=False)),
                ("alignment_checked_at", models.DateTimeField(blank=True, editable=False, null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Listing",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "source_ref",
                    models.CharField(
                        default=scoring.remarketing.models.checks.make_source_ref,
                        help_text="Id in the system it came from; importing the same id again updates the row.",
                        max_length=120,
                        unique=True,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "content_changed_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now,
                        editable=False,
                        help_text="When something that scores depend on last changed.",
                    ),
                ),
                ("archived_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("title", models.CharField(max_length=300)),
                ("currency", models.CharField(default="USD", max_length=3)),
                (
                    "revenue",
                    models.BigIntegerField(
                        blank=True,
                        help_text="Yearly, whole units. Empty: unknown; the listing is then scored without size.",
                        null=True,
                    ),
                ),
                (
                    "ebitda",
                    models.BigIntegerField(
                        blank=True,
                        help_text="Yearly, whole units, may be negative. Empty: unknown.",
                        null=True,
                    ),
                ),
                ("asking_price", models.BigIntegerField(blank=True, null=True)),
                (
                    "location",
                    models.CharField(blank=True, default="", help_text="As City, ST.", max_length=300),
                ),
                ("category", models.CharField(blank=True, default="", max_length=200)),
                (
                    "categories",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), blank=True, default=list, size=None
                    ),
                ),
                (
                    "services",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(),
                        blank=True,
                        default=list,
                        help_text="The first is the primary service.",
                        size=None,
                    ),
                ),
                ("description", models.TextField(blank=True, default="")),
                ("executive_summary", models.TextField(blank=True, default="")),
                ("location_count", models.IntegerField(blank=True, null=True)),
                ("owner_goals", models.TextField(blank=True, default="")),
                ("seller_motivation", models.TextField(blank=True, default="")),
                ("transition_preferences", models.TextField(blank=True, default="")),
                ("special_requirements", models.TextField(blank=True, default="")),
                ("ownership_structure", models.TextField(blank=True, default="")),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("source_ref__regex", "\\S")),
                        name="remarketing_listing_source_ref_not_blank",
                        violation_error_message="source_ref must not be blank.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("title__regex", "\\S")),
                        name="remarketing_listing_title_not_blank",
                        violation_error_message="title must not be blank.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("currency__regex", "^[A-Z]{3}$")),
                        name="remarketing_listing_currency_code",
                        violation_error_message="currency must be three capital letters, such as USD.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("revenue__gte", 0), ("revenue__lte", 1000000000000000)),
                        name="remarketing_listing_revenue_in_range",
                        violation_error_message="revenue must lie between 0 and 1000000000000000.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("asking_price__gte", 0), ("asking_price__lte", 1000000000000000)),
                        name="remarketing_listing_asking_price_in_range",
                        violation_error_message="asking_price must lie between 0 and 1000000000000000.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("ebitda__gte", -1000000000000000), ("ebitda__lte", 1000000000000000)
                        ),
                        name="remarketing_listing_ebitda_in_range",
                        violation_error_message="ebitda must lie between -1000000000000000 and 1000000000000000.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("location_count__gte", 0), ("location_count__lte", 1000000)),
                        name="remarketing_listing_location_count_in_range",
                        violation_error_message="location_count must lie between 0 and 1000000.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("categories__contains", [""]), _negated=True),
                        name="remarketing_listing_categories_items",
                        violation_error_message="categories must not hold an empty entry.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("services__contains", [""]), _negated=True),
                        name="remarketing_listing_services_items",
                        violation_error_message="services must not hold an empty entry.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Universe",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "source_ref",
                    models.CharField(
                        default=scoring.remarketing.models.checks.make_source_ref,
                        help_text="Id in the system it came from; importing the same id again updates the row.",
                        max_length=120,
                        unique=True,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "content_changed_at",
                    models.DateTimeField(
                        default=django.utils.timezone.now,
                        editable=False,
                        help_text="When something that scores depend on last changed.",
                    ),
                ),
                ("archived_at", models.DateTimeField(blank=True, editable=False, null=True)),
                ("name", models.CharField(max_length=200)),
                ("description", models.TextField(blank=True, default="")),
                ("fit_criteria", models.TextField(blank=True, default="")),
                (
                    "keywords",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), blank=True, default=list, size=None
                    ),
                ),
                ("currency", models.CharField(default="USD", max_length=3)),
                ("revenue_min", models.BigIntegerField(blank=True, null=True)),
                ("revenue_max", models.BigIntegerField(blank=True, null=True)),
                ("ebitda_min", models.BigIntegerField(blank=True, null=True)),
                ("ebitda_max", models.BigIntegerField(blank=True, null=True)),
                ("locations_min", models.IntegerField(blank=True, null=True)),
                ("locations_max", models.IntegerField(blank=True, null=True)),
                (
                    "target_states",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(),
                        blank=True,
                        default=list,
                        help_text="Two-letter states.",
                        size=None,
                    ),
                ),
                (
                    "target_regions",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(),
                        blank=True,
                        default=list,
                        help_text="Northeast, Midwest, Southeast, Southwest, West, Pacific.",
                        size=None,
                    ),
                ),
                (
                    "exclude_states",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(),
                        blank=True,
                        default=list,
                        help_text="Two-letter states.",
                        size=None,
                    ),
                ),
                (
                    "coverage",
                    models.CharField(
                        blank=True,
                        choices=[("local", "local"), ("regional", "regional"), ("national", "national")],
                        default="",
                        max_length=10,
                    ),
                ),
                (
                    "primary_focus",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(),
                        blank=True,
                        default=list,
                        help_text="What the industry does; the first is the most important.",
                        size=None,
                    ),
                ),
                (
                    "required_services",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), blank=True, default=list, size=None
                    ),
                ),
                (
                    "preferred_services",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), blank=True, default=list, size=None
                    ),
                ),
                (
                    "excluded_services",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(),
                        blank=True,
                        default=list,
                        help_text="A deal whose primary service is one of these is disqualified.",
                        size=None,
                    ),
                ),
                ("business_model", models.CharField(blank=True, default="", max_length=200)),
                (
                    "preferred_buyer_types",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), blank=True, default=list, size=None
                    ),
                ),
                (
                    "excluded_buyer_types",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), blank=True, default=list, size=None
                    ),
                ),
                (
                    "service_weight",
                    models.SmallIntegerField(default=45, help_text="Percent; the four should sum to 100."),
                ),
                ("size_weight", models.SmallIntegerField(default=30)),
                ("geography_weight", models.SmallIntegerField(default=20)),
                ("owner_goals_weight", models.SmallIntegerField(default=5)),
                (
                    "below_minimum_handling",
                    models.CharField(
                        choices=[("disqualify", "disqualify"), ("penalize", "penalize"), ("allow", "allow")],
                        default="penalize",
                        max_length=12,
                    ),
                ),
                ("penalize_single_location", models.BooleanField(default=False)),
                (
                    "service_matching_mode",
                    models.CharField(
                        choices=[("keyword", "keyword"), ("semantic", "semantic"), ("hybrid", "hybrid")],
                        default="hybrid",
                        max_length=10,
                    ),
                ),
                (
                    "geography_mode",
                    models.CharField(
                        choices=[
                            ("critical", "critical"),
                            ("preferred", "preferred"),
                            ("minimal", "minimal"),
                        ],
                        default="critical",
                        max_length=10,
                    ),
                ),
                (
                    "service_adjacency_map",
                    models.JSONField(
                        blank=True,
                        default=dict,
                        help_text='Services that count as related here, as {"roofing": ["siding"]}.',
                    ),
                ),
                (
                    "guide_text",
                    models.TextField(
                        blank=True,
                        default="",
                        help_text="The industry guide. Alignment scoring is refused without one.",
                    ),
                ),
                (
                    "documents",
                    models.JSONField(
                        blank=True,
                        default=list,
                        help_text='A document of type "ma_guide" stands in for an empty guide: [{"type", "title", "text"}].',
                    ),
                ),
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
            ],
        ),
        migrations.CreateModel(
            name="ScoreSnapshot",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("composite_score", models.SmallIntegerField(blank=True, null=True)),
                (
                    "tier",
                    models.CharField(
                        blank=True,
                        choices=[("A", "A"), ("B", "B"), ("C", "C"), ("D", "D"), ("F", "F")],
                        default="",
                        max_length=1,
                    ),
                ),
                ("base_score", models.SmallIntegerField(blank=True, null=True)),
                ("gated_score", models.SmallIntegerField(blank=True, null=True)),
                ("service_score", models.SmallIntegerField(blank=True, null=True)),
                ("size_score", models.SmallIntegerField(blank=True, null=True)),
                ("geography_score", models.SmallIntegerField(blank=True, null=True)),
                ("owner_goals_score", models.SmallIntegerField(blank=True, null=True)),
                (
                    "counted_dimensions",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(),
                        blank=True,
                        default=list,
                        help_text="Dimensions that entered the composite: both sides had their data.",
                        size=None,
                    ),
                ),
                (
                    "geography_tier",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("exact", "exact"),
                            ("adjacent", "adjacent"),
                            ("regional", "regional"),
                            ("distant", "distant"),
                        ],
                        default="",
                        max_length=8,
                    ),
                ),
                (
                    "geography_mode",
                    models.CharField(
                        choices=[
                            ("critical", "critical"),
                            ("preferred", "preferred"),
                            ("minimal", "minimal"),
                        ],
                        default="critical",
                        max_length=10,
                    ),
                ),
                (
                    "geography_mode_factor",
                    models.DecimalField(decimal_places=3, default=Decimal(1), max_digits=4),
                ),
                (
                    "size_multiplier",
                    models.DecimalField(decimal_places=3, default=Decimal(1), max_digits=4),
                ),
                (
                    "service_multiplier",
                    models.DecimalField(decimal_places=3, default=Decimal(1), max_digits=4),
                ),
                ("thesis_alignment_bonus", models.SmallIntegerField(default=0)),
                ("custom_bonus", models.SmallIntegerField(default=0)),
                ("learning_penalty", models.SmallIntegerField(default=0)),
                ("is_disqualified", models.BooleanField(default=False)),
                ("disqualification_reason", models.TextField(blank=True, default="")),
                ("needs_review", models.BooleanField(default=False)),
                ("review_reason", models.TextField(blank=True, default="")),
                (
                    "missing_fields",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), blank=True, default=list, size=None
                    ),
                ),
                (
                    "confidence_level",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("high", "high"),
                            ("medium", "medium"),
                            ("low", "low"),
                            ("very_low", "very low"),
                        ],
                        default="",
                        max_length=9,
                    ),
                ),
                (
                    "data_completeness",
                    models.CharField(
                        blank=True,
                        choices=[("high", "high"), ("medium", "medium"), ("low", "low")],
                        default="",
                        max_length=6,
                    ),
                ),
                ("fit_reasoning", models.TextField(blank=True, default="")),
                (
                    "dimension_reasons",
                    models.JSONField(blank=True, default=dict, help_text="Why, by dimension."),
                ),
                (
                    "weights",
                    models.JSONField(blank=True, default=dict, help_text="Percent by dimension, as used."),
                ),
                ("facts_hash", models.CharField(blank=True, default="", max_length=64)),
                ("scored_by", models.CharField(choices=[("rules", "rules"), ("ai", "AI")], max_length=5)),
                ("model", models.CharField(blank=True, default="", max_length=120)),
                ("prompt_version", models.CharField(blank=True, default="", max_length=40)),
                ("scoring_version", models.CharField(blank=True, default="", max_length=40)),
                ("batch_number", models.BigIntegerField(blank=True, null=True)),
                ("job_number", models.BigIntegerField(blank=True, null=True)),
                ("scored_at", models.DateTimeField()),
                (
                    "trigger",
                    models.CharField(
                        choices=[("manual", "manual"), ("bulk", "bulk"), ("auto", "automatic")], max_length=6
                    ),
                ),
                ("instructions", models.TextField(blank=True, default="")),
                (
                    "buyer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="remarketing.buyer"
                    ),
                ),
                (
                    "listing",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="remarketing.listing",
                    ),
                ),
                (
                    "scored_for",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "universe",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="remarketing.universe",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Score",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("composite_score", models.SmallIntegerField(blank=True, null=True)),
                (
                    "tier",
                    models.CharField(
                        blank=True,
                        choices=[("A", "A"), ("B", "B"), ("C", "C"), ("D", "D"), ("F", "F")],
                        default="",
                        max_length=1,
                    ),
                ),
                ("base_score", models.SmallIntegerField(blank=True, null=True)),
                ("gated_score", models.SmallIntegerField(blank=True, null=True)),
                ("service_score", models.SmallIntegerField(blank=True, null=True)),
                ("size_score", models.SmallIntegerField(blank=True, null=True)),
                ("geography_score", models.SmallIntegerField(blank=True, null=True)),
                ("owner_goals_score", models.SmallIntegerField(blank=True, null=True)),
                (
                    "counted_dimensions",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(),
                        blank=True,
                        default=list,
                        help_text="Dimensions that entered the composite: both sides had their data.",
                        size=None,
                    ),
                ),
                (
                    "geography_tier",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("exact", "exact"),
                            ("adjacent", "adjacent"),
                            ("regional", "regional"),
                            ("distant", "distant"),
                        ],
                        default="",
                        max_length=8,
                    ),
                ),
                (
                    "geography_mode",
                    models.CharField(
                        choices=[
                            ("critical", "critical"),
                            ("preferred", "preferred"),
                            ("minimal", "minimal"),
                        ],
                        default="critical",
                        max_length=10,
                    ),
                ),
                (
                    "geography_mode_factor",
                    models.DecimalField(decimal_places=3, default=Decimal(1), max_digits=4),
                ),
                (
                    "size_multiplier",
                    models.DecimalField(decimal_places=3, default=Decimal(1), max_digits=4),
                ),
                (
                    "service_multiplier",
                    models.DecimalField(decimal_places=3, default=Decimal(1), max_digits=4),
                ),
                ("thesis_alignment_bonus", models.SmallIntegerField(default=0)),
                ("custom_bonus", models.SmallIntegerField(default=0)),
                ("learning_penalty", models.SmallIntegerField(default=0)),
                ("is_disqualified", models.BooleanField(default=False)),
                ("disqualification_reason", models.TextField(blank=True, default="")),
                ("needs_review", models.BooleanField(default=False)),
                ("review_reason", models.TextField(blank=True, default="")),
                (
                    "missing_fields",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), blank=True, default=list, size=None
                    ),
                ),
                (
                    "confidence_level",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("high", "high"),
                            ("medium", "medium"),
                            ("low", "low"),
                            ("very_low", "very low"),
                        ],
                        default="",
                        max_length=9,
                    ),
                ),
                (
                    "data_completeness",
                    models.CharField(
                        blank=True,
                        choices=[("high", "high"), ("medium", "medium"), ("low", "low")],
                        default="",
                        max_length=6,
                    ),
                ),
                ("fit_reasoning", models.TextField(blank=True, default="")),
                (
                    "dimension_reasons",
                    models.JSONField(blank=True, default=dict, help_text="Why, by dimension."),
                ),
                (
                    "weights",
                    models.JSONField(blank=True, default=dict, help_text="Percent by dimension, as used."),
                ),
                ("facts_hash", models.CharField(blank=True, default="", max_length=64)),
                ("scored_by", models.CharField(choices=[("rules", "rules"), ("ai", "AI")], max_length=5)),
                ("model", models.CharField(blank=True, default="", max_length=120)),
                ("prompt_version", models.CharField(blank=True, default="", max_length=40)),
                ("scoring_version", models.CharField(blank=True, default="", max_length=40)),
                ("batch_number", models.BigIntegerField(blank=True, null=True)),
                ("job_number", models.BigIntegerField(blank=True, null=True)),
                ("scored_at", models.DateTimeField()),
                (
                    "deal_snapshot",
                    models.JSONField(
                        blank=True, default=dict, help_text="What was known of the deal when it was scored."
                    ),
                ),
                (
                    "is_stale",
                    models.BooleanField(default=False, help_text="Deal, buyer or universe changed since."),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("pending", "pending"),
                            ("approved", "approved"),
                            ("passed", "passed"),
                            ("hidden", "hidden"),
                        ],
                        default="pending",
                        max_length=8,
                    ),
                ),
                (
                    "pass_category",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("size", "size"),
                            ("geography", "geography"),
                            ("services", "services"),
                            ("timing", "timing"),
                            ("portfolio_conflict", "portfolio conflict"),
                            ("other", "other"),
                        ],
                        default="",
                        max_length=20,
                    ),
                ),
                ("pass_reason", models.TextField(blank=True, default="")),
                ("decided_at", models.DateTimeField(blank=True, null=True)),
                (
                    "human_override_score",
                    models.SmallIntegerField(
                        blank=True,
                        null=True,
                        validators=[
                            django.core.validators.MinValueValidator(0),
                            django.core.validators.MaxValueValidator(100),
                        ],
                    ),
                ),
                ("override_reason", models.TextField(blank=True, default="")),
                ("overridden_at", models.DateTimeField(blank=True, null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "buyer",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="scores",
                        to="remarketing.buyer",
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "listing",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="scores",
                        to="remarketing.listing",
                    ),
                ),
                (
                    "overridden_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "universe",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="scores",
                        to="remarketing.universe",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="buyer",
            name="universe",
            field=models.ForeignKey(
                blank=True,
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="buyers",
                to="remarketing.universe",
            ),
        ),
        migrations.CreateModel(
            name="AlignmentSnapshot",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("score", models.SmallIntegerField()),
                ("reasoning", models.TextField(blank=True, default="")),
                (
                    "key_factors",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.TextField(), blank=True, default=list, size=None
                    ),
                ),
                (
                    "confidence",
                    models.CharField(
                        choices=[("high", "high"), ("medium", "medium"), ("low", "low")], max_length=6
                    ),
                ),
                (
                    "trigger",
                    models.CharField(
                        choices=[("manual", "manual"), ("bulk", "bulk"), ("auto", "automatic")],
                        default="bulk",
                        max_length=6,
                    ),
                ),
                ("scored_by", models.CharField(choices=[("rules", "rules"), ("ai", "AI")], max_length=5)),
                ("model", models.CharField(blank=True, default="", max_length=120)),
                ("prompt_version", models.CharField(blank=True, default="", max_length=40)),
                ("facts_hash", models.CharField(blank=True, default="", max_length=64)),
                ("batch_number", models.BigIntegerField(blank=True, null=True)),
                ("job_number", models.BigIntegerField(blank=True, null=True)),
                ("scored_at", models.DateTimeField()),
                (
                    "scored_for",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "buyer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="alignment_snapshots",
                        to="remarketing.buyer",
                    ),
                ),
                (
                    "universe",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="remarketing.universe",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="UniverseListing",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "status",
                    models.CharField(
                        choices=[("active", "active"), ("archived", "archived")],
                        default="active",
                        max_length=8,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
                (
                    "added_by",
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
                    "listing",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="universe_links",
                        to="remarketing.listing",
                    ),
                ),
                (
                    "universe",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="listing_links",
                        to="remarketing.universe",
                    ),
                ),
            ],
            options={
                "verbose_name": "universe deal",
            },
        ),
        migrations.CreateModel(
            name="Decision",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "action",
                    models.CharField(
                        choices=[
                            ("approved", "approved"),
                            ("passed", "passed"),
                            ("not_a_fit", "not a fit"),
                            ("hidden", "hidden"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "pass_category",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("size", "size"),
                            ("geography", "geography"),
                            ("services", "services"),
                            ("timing", "timing"),
                            ("portfolio_conflict", "portfolio conflict"),
                            ("other", "other"),
                        ],
                        default="",
                        max_length=20,
                    ),
                ),
                ("reason", models.TextField(blank=True, default="")),
                (
                    "composite_score",
                    models.SmallIntegerField(blank=True, help_text="At the time of the decision.", null=True),
                ),
                ("decided_at", models.DateTimeField()),
                ("undone_at", models.DateTimeField(blank=True, null=True)),
                (
                    "buyer",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="decisions",
                        to="remarketing.buyer",
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "listing",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="decisions",
                        to="remarketing.listing",
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["buyer", "-decided_at"], name="remarketing_decision_buyer")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("action__in", ["approved", "passed", "not_a_fit", "hidden"])),
                        name="remarketing_decision_action_known",
                        violation_error_message="action must be one of approved, passed, not_a_fit, hidden.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "pass_category__in",
                                [
                                    "",
                                    "size",
                                    "geography",
                                    "services",
                                    "timing",
                                    "portfolio_conflict",
                                    "other",
                                ],
                            )
                        ),
                        name="remarketing_decision_pass_category_known",
                        violation_error_message="pass_category must be one of size, geography, services, timing, portfolio_conflict, other.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("composite_score__gte", 0), ("composite_score__lte", 100)),
                        name="remarketing_decision_composite_score_in_range",
                        violation_error_message="composite_score must lie between 0 and 100.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("pass_category", ""), ("action__in", ["passed", "not_a_fit"]), _connector="OR"
                        ),
                        name="remarketing_decision_category_of_refusal",
                        violation_error_message="Only a refusal has a category.",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Adjustment",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "type",
                    models.CharField(
                        choices=[("boost", "boost"), ("penalize", "penalize"), ("disqualify", "disqualify")],
                        max_length=10,
                    ),
                ),
                (
                    "value",
                    models.SmallIntegerField(
                        default=0,
                        help_text="Points; together they count for at most 25 either way. 0 when disqualifying.",
                        validators=[
                            django.core.validators.MinValueValidator(0),
                            django.core.validators.MaxValueValidator(100),
                        ],
                    ),
                ),
                ("reason", models.TextField()),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("updated_at", models.DateTimeField(auto_now=True)),
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
                    "listing",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="adjustments",
                        to="remarketing.listing",
                    ),
                ),
            ],
            options={
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("type__in", ["boost", "penalize", "disqualify"])),
                        name="remarketing_adjustment_type_known",
                        violation_error_message="type must be one of boost, penalize, disqualify.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("reason__regex", "\\S")),
                        name="remarketing_adjustment_reason_not_blank",
                        violation_error_message="reason must not be blank.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(("value__gte", 0), ("value__lte", 100)),
                        name="remarketing_adjustment_value_in_range",
                        violation_error_message="value must lie between 0 and 100.",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("type", "disqualify"), ("value", 0)),
                            models.Q(("type__in", ["boost", "penalize"]), ("value__gte", 1)),
                            _connector="OR",
                        ),
                        name="remarketing_adjustment_value_of_type",
                        violation_error_message="A boost or penalty needs 1 to 100 points, a disqualification none.",
                    ),
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="universe",
            constraint=models.UniqueConstraint(
                django.db.models.functions.text.Lower("name"),
                condition=models.Q(("archived_at__isnull", True)),
                name="remarketing_universe_name_unique",
                violation_error_message="Another universe has this name.",
            ),
        ),
        migrations.AddConstraint(
            model_name="universe",
            constraint=models.CheckConstraint(
                condition=models.Q(("source_ref__regex", "\\S")),
                name="remarketing_universe_source_ref_not_blank",
                violation_error_message="source_ref must not be blank.",
            ),
        ),
        migrations.AddConstraint(
            model_name="universe",
            constraint=models.CheckConstraint(
                condition=models.Q(("name__regex", "\\S")),
                name="remarketing_universe_name_not_blank",
                violation_error_message="name must not be blank.",
            ),
        ),
        migrations.AddConstraint(
            model_name="universe",
            constraint=models.CheckConstraint(
                condition=models.Q(("currency__regex", "^[A-Z]{3}$")),
                name="remarketing_universe_currency_code",
                violation_error_message="currency must be three capital letters, such as USD.",
            ),
        ),
        migrations.AddConstraint(
            model_name="universe",
            constraint=models.CheckConstraint(
                condition=models.Q(("revenue_min__gte", 0), ("revenue_min__lte", 1000000000000000)),
                name="remarketing_universe_revenue_min_in_range",
                violation_error_message="revenue_min must lie between 0 and 1000000000000000.",
            ),
        ),
        migrations.AddConstraint(
            model_name="universe",
            constraint=models.CheckConstraint(
                condition=models.Q(("revenue_max__gte", 0), ("revenue_max__lte", 1000000000000000)),
                name="remarketing_universe_revenue_max_in_range",
                violation_error_message="revenue_max must lie between 0 and 1000000000000000.",
            ),
        ),
        migrations.AddConstraint(
            model_name="universe",
            constraint=models.CheckConstraint(
                condition=models.Q(("ebitda_min__gte", 0), ("ebitda_min__lte", 1000000000000000)),
                name="remarketing_universe_ebitda_min_in_range",
                violation_error_message="ebitda_min must lie between 0 and 1000000000000000.",
            ),
        ),
        migrations.AddConstraint(
            model_name="universe",
            constraint=models.CheckConstraint(
                condition=models.Q(("ebitda_max__gte", 0), ("ebitda_max__lte", 1000000000000000)),
                name="remarketing_universe_ebitda_max_in_range",
                violation_error_message="ebitda_max must lie between 0 and 1000000000000000.",
            ),
        ),
        migrations.AddConstraint(
            model_name="universe",
            constraint=models.CheckConstraint(
                condition=models.Q(("locations_min__gte", 0), ("locations_min__lte", 1000000)),
                name="remarketing_universe_locations_min_in_range",
                violation_error_message="locations_min must lie between 0 and 1000000.",
            ),
        ),
        migrations.AddConstraint(
            model_name="universe",
            constraint=models.CheckConstraint(
                condition=models.Q(("locations_max__gte", 0), ("locations_max__lte", 1000000)),
                name="remarketing_universe_locations_max_in_range",
                violation_error_message="locations_max must lie between 0 and 1000000.",
            ),
        ),
        migrations.AddConstraint(
            model_name="universe",
            constraint=models.CheckConstraint(
                condition=models.Q(("revenue_min__lte", models.F("revenue_max"))),
                name="remarketing_universe_revenue_min_below_max",
                violation_error_message="revenue_min must not exceed revenue_max.",
            ),
        ),
        migrations.AddConstraint(
            model_name="universe",
            constraint=models.CheckConstraint(
                condition=models.Q(("ebitda_min__lte", models.F("ebitda_max"))),
                name="remarketing_universe_ebitda_min_below_max",
                violation_error_message="ebitda_min must not exceed ebitda_max.",
            ),
        ),
        migrations.AddConstraint(
            model_name="universe",
            constraint=models.CheckConstraint(
                condition=models.Q(("locations_min__lte", models.F("locations_max"))),
                name="remarketing_universe_locations_min_below_max",
                violation_error_message="locations_min must not exceed locations_max.",
            ),
        ),
        migrations.AddConstraint(
            model_name="universe",
            constraint=models.CheckConstraint(
                condition=django.db.models.lookups.Regex(
                    models.Func(
                        models.F("target_states"),
                        models.Value(","),
                        models.Value("?"),
                        function="array_to_string",
                        output_field=models.TextField(),
                    ),
                    models.Value("^([A-Z]{2}(,[A-Z]{2})*)?$"),
                ),
                name="remarketing_universe_target_states_codes",
                violation_error_message="target_states must hold two-letter states only.",
            ),
        ),
        migrations.AddConstraint(
            model_name="universe",
            constraint=models.CheckConstraint(
                condition=django.db.models.lookups.Regex(
                    models.Func(
                        models.F("exclude_states"),
                        models.Value(","),
                        models.Value("?"),
                        function="array_to_string",
                        output_field=models.TextField(),
                    ),
                    models.Value("^([A-Z]{2}(,[A-Z]{2})*)?$"),
                ),
                name="remarketing_universe_exclude_states_codes",
                violation_error_message="exclude_states must hold two-letter states only.",
            ),
        ),
        migrations.AddConstraint(
            model_name="universe",
            constraint=models.CheckConstraint(
                condition=models.Q(("keywords__contains", [""]), _negated=True),
                name="remarketing_universe_keywords_items",
                violation_error_message="keywords must not hold an empty entry.",
            ),
        ),
        migrations.AddConstraint(
            model_name="universe",
            constraint=models.CheckConstraint(
                condition=models.Q(("target_regions__contains", [""]), _negated=True),
                name="remarketing_universe_target_regions_items",
                violation_error_message="target_regions must not hold an empty entry.",
            ),
        ),
        migrations.AddConstraint(
            model_name="universe",
            constraint=models.CheckConstraint(
                condition=models.Q(("primary_focus__contains", [""]), _negated=True),
                name="remarketing_universe_primary_focus_items",
                violation_error_message="primary_focus must not hold an empty entry.",
            ),
        ),
        migrations.AddConstraint(
            model_name="universe",
            constraint=models.CheckConstraint(
                condition=models.Q(("required_services__contains", [""]), _negated=True),
                name="remarketing_universe_required_services_items",
                violation_error_message="required_services must not hold an empty entry.",
            ),
        ),
        migrations.AddConstraint(
            model_name="universe",
            constraint=models.CheckConstraint(
                condition=models.Q(("preferred_services__contains", [""]), _negated=True),
                name="remarketing_universe_preferred_services_items",
                violation_error_message="preferred_services must not hold an empty entry.",
            ),
        ),
        migrations.AddConstraint(
            model_name="universe",
            constraint=models.CheckConstraint(
                condition=models.Q(("excluded_services__contains", [""]), _negated=True),
                name="remarketing_universe_excluded_services_items",
                violation_error_message="excluded_services must not hold an empty entry.",
            ),
        ),
        migrations.AddConstraint(
            model_name="universe",
            constraint=models.CheckConstraint(
                condition=models.Q(("coverage__in", ["", "local", "regional", "national"])),
                name="remarketing_universe_coverage_known",
                violation_error_message="coverage must be one of local, regional, national.",
            ),
        ),
        migrations.AddConstraint(
            model_name="universe",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "preferred_buyer_types__contained_by",
                        ["pe_firm", "platform", "strategic", "family_office", "independent_sponsor", "other"],
                    )
                ),
                name="remarketing_universe_preferred_buyer_types_known",
                violation_error_message="preferred_buyer_types may hold pe_firm, platform, strategic, family_office, independent_sponsor, other only.",
            ),
        ),
        migrations.AddConstraint(
            model_name="universe",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "excluded_buyer_types__contained_by",
                        ["pe_firm", "platform", "strategic", "family_office", "independent_sponsor", "other"],
                    )
                ),
                name="remarketing_universe_excluded_buyer_types_known",
                violation_error_message="excluded_buyer_types may hold pe_firm, platform, strategic, family_office, independent_sponsor, other only.",
            ),
        ),
        migrations.AddConstraint(
            model_name="universe",
            constraint=models.CheckConstraint(
                condition=models.Q(("service_weight__gte", 0), ("service_weight__lte", 100)),
                name="remarketing_universe_service_weight_in_range",
                violation_error_message="service_weight must lie between 0 and 100.",
            ),
        ),
        migrations.AddConstraint(
            model_name="universe",
            constraint=models.CheckConstraint(
                condition=models.Q(("size_weight__gte", 0), ("size_weight__lte", 100)),
                name="remarketing_universe_size_weight_in_range",
                violation_error_message="size_weight must lie between 0 and 100.",
            ),
        ),
        migrations.AddConstraint(
            model_name="universe",
            constraint=models.CheckConstraint(
                condition=models.Q(("geography_weight__gte", 0), ("geography_weight__lte", 100)),
                name="remarketing_universe_geography_weight_in_range",
                violation_error_message="geography_weight must lie between 0 and 100.",
            ),
        ),
        migrations.AddConstraint(
            model_name="universe",
            constraint=models.CheckConstraint(
                condition=models.Q(("owner_goals_weight__gte", 0), ("owner_goals_weight__lte", 100)),
                name="remarketing_universe_owner_goals_weight_in_range",
                violation_error_message="owner_goals_weight must lie between 0 and 100.",
            ),
        ),
        migrations.AddConstraint(
            model_name="universe",
            constraint=models.CheckConstraint(
                condition=models.Q(("below_minimum_handling__in", ["disqualify", "penalize", "allow"])),
                name="remarketing_universe_below_minimum_handling_known",
                violation_error_message="below_minimum_handling must be one of disqualify, penalize, allow.",
            ),
        ),
        migrations.AddConstraint(
            model_name="universe",
            constraint=models.CheckConstraint(
                condition=models.Q(("service_matching_mode__in", ["keyword", "semantic", "hybrid"])),
                name="remarketing_universe_service_matching_mode_known",
                violation_error_message="service_matching_mode must be one of keyword, semantic, hybrid.",
            ),
        ),
        migrations.AddConstraint(
            model_name="universe",
            constraint=models.CheckConstraint(
                condition=models.Q(("geography_mode__in", ["critical", "preferred", "minimal"])),
                name="remarketing_universe_geography_mode_known",
                violation_error_message="geography_mode must be one of critical, preferred, minimal.",
            ),
        ),
        migrations.AddConstraint(
            model_name="universe",
            constraint=models.CheckConstraint(
                condition=django.db.models.lookups.Exact(
                    models.Func(
                        models.F("service_adjacency_map"),
                        function="jsonb_typeof",
                        output_field=models.TextField(),
                    ),
                    models.Value("object"),
                ),
                name="remarketing_universe_adjacency_object",
                violation_error_message="service_adjacency_map must be a JSON object.",
            ),
        ),
        migrations.AddConstraint(
            model_name="universe",
            constraint=models.CheckConstraint(
                condition=django.db.models.lookups.Exact(
                    models.Func(
                        models.F("documents"), function="jsonb_typeof", output_field=models.TextField()
                    ),
                    models.Value("array"),
                ),
                name="remarketing_universe_documents_list",
                violation_error_message="documents must be a JSON list.",
            ),
        ),
        migrations.AddIndex(
            model_name="scoresnapshot",
            index=models.Index(
                fields=["listing", "buyer", "-scored_at"], name="remarketing_scoresnapshot_pair"
            ),
        ),
        migrations.AddConstraint(
            model_name="scoresnapshot",
            constraint=models.CheckConstraint(
                condition=models.Q(("composite_score__gte", 0), ("composite_score__lte", 100)),
                name="remarketing_scoresnapshot_composite_score_in_range",
                violation_error_message="composite_score must lie between 0 and 100.",
            ),
        ),
        migrations.AddConstraint(
            model_name="scoresnapshot",
            constraint=models.CheckConstraint(
                condition=models.Q(("base_score__gte", 0), ("base_score__lte", 100)),
                name="remarketing_scoresnapshot_base_score_in_range",
                violation_error_message="base_score must lie between 0 and 100.",
            ),
        ),
        migrations.AddConstraint(
            model_name="scoresnapshot",
            constraint=models.CheckConstraint(
                condition=models.Q(("gated_score__gte", 0), ("gated_score__lte", 100)),
                name="remarketing_scoresnapshot_gated_score_in_range",
                violation_error_message="gated_score must lie between 0 and 100.",
            ),
        ),
        migrations.AddConstraint(
            model_name="scoresnapshot",
            constraint=models.CheckConstraint(
                condition=models.Q(("service_score__gte", 0), ("service_score__lte", 100)),
                name="remarketing_scoresnapshot_service_score_in_range",
                violation_error_message="service_score must lie between 0 and 100.",
            ),
        ),
        migrations.AddConstraint(
            model_name="scoresnapshot",
            constraint=models.CheckConstraint(
                condition=models.Q(("size_score__gte", 0), ("size_score__lte", 100)),
                name="remarketing_scoresnapshot_size_score_in_range",
                violation_error_message="size_score must lie between 0 and 100.",
            ),
        ),
        migrations.AddConstraint(
            model_name="scoresnapshot",
            constraint=models.CheckConstraint(
                condition=models.Q(("geography_score__gte", 0), ("geography_score__lte", 100)),
                name="remarketing_scoresnapshot_geography_score_in_range",
                violation_error_message="geography_score must lie between 0 and 100.",
            ),
        ),
        migrations.AddConstraint(
            model_name="scoresnapshot",
            constraint=models.CheckConstraint(
                condition=models.Q(("owner_goals_score__gte", 0), ("owner_goals_score__lte", 100)),
                name="remarketing_scoresnapshot_owner_goals_score_in_range",
                violation_error_message="owner_goals_score must lie between 0 and 100.",
            ),
        ),
        migrations.AddConstraint(
            model_name="scoresnapshot",
            constraint=models.CheckConstraint(
                condition=models.Q(("geography_mode_factor__gte", 0), ("geography_mode_factor__lte", 1)),
                name="remarketing_scoresnapshot_geography_mode_factor_in_range",
                violation_error_message="geography_mode_factor must lie between 0 and 1.",
            ),
        ),
        migrations.AddConstraint(
            model_name="scoresnapshot",
            constraint=models.CheckConstraint(
                condition=models.Q(("size_multiplier__gte", 0), ("size_multiplier__lte", 1)),
                name="remarketing_scoresnapshot_size_multiplier_in_range",
                violation_error_message="size_multiplier must lie between 0 and 1.",
            ),
        ),
        migrations.AddConstraint(
            model_name="scoresnapshot",
            constraint=models.CheckConstraint(
                condition=models.Q(("service_multiplier__gte", 0), ("service_multiplier__lte", 1)),
                name="remarketing_scoresnapshot_service_multiplier_in_range",
                violation_error_message="service_multiplier must lie between 0 and 1.",
            ),
        ),
        migrations.AddConstraint(
            model_name="scoresnapshot",
            constraint=models.CheckConstraint(
                condition=models.Q(("thesis_alignment_bonus__gte", 0), ("thesis_alignment_bonus__lte", 20)),
                name="remarketing_scoresnapshot_thesis_alignment_bonus_in_range",
                violation_error_message="thesis_alignment_bonus must lie between 0 and 20.",
            ),
        ),
        migrations.AddConstraint(
            model_name="scoresnapshot",
            constraint=models.CheckConstraint(
                condition=models.Q(("custom_bonus__gte", -25), ("custom_bonus__lte", 25)),
                name="remarketing_scoresnapshot_custom_bonus_in_range",
                violation_error_message="custom_bonus must lie between -25 and 25.",
            ),
        ),
        migrations.AddConstraint(
            model_name="scoresnapshot",
            constraint=models.CheckConstraint(
                condition=models.Q(("learning_penalty__gte", -5), ("learning_penalty__lte", 25)),
                name="remarketing_scoresnapshot_learning_penalty_in_range",
                violation_error_message="learning_penalty must lie between -5 and 25.",
            ),
        ),
        migrations.AddConstraint(
            model_name="scoresnapshot",
            constraint=models.CheckConstraint(
                condition=models.Q(("tier__in", ["", "A", "B", "C", "D", "F"])),
                name="remarketing_scoresnapshot_tier_known",
                violation_error_message="tier must be one of A, B, C, D, F.",
            ),
        ),
        migrations.AddConstraint(
            model_name="scoresnapshot",
            constraint=models.CheckConstraint(
                condition=models.Q(("geography_tier__in", ["", "exact", "adjacent", "regional", "distant"])),
                name="remarketing_scoresnapshot_geography_tier_known",
                violation_error_message="geography_tier must be one of exact, adjacent, regional, distant.",
            ),
        ),
        migrations.AddConstraint(
            model_name="scoresnapshot",
            constraint=models.CheckConstraint(
                condition=models.Q(("geography_mode__in", ["critical", "preferred", "minimal"])),
                name="remarketing_scoresnapshot_geography_mode_known",
                violation_error_message="geography_mode must be one of critical, preferred, minimal.",
            ),
        ),
        migrations.AddConstraint(
            model_name="scoresnapshot",
            constraint=models.CheckConstraint(
                condition=models.Q(("confidence_level__in", ["", "high", "medium", "low", "very_low"])),
                name="remarketing_scoresnapshot_confidence_level_known",
                violation_error_message="confidence_level must be one of high, medium, low, very_low.",
            ),
        ),
        migrations.AddConstraint(
            model_name="scoresnapshot",
            constraint=models.CheckConstraint(
                condition=models.Q(("data_completeness__in", ["", "high", "medium", "low"])),
                name="remarketing_scoresnapshot_data_completeness_known",
                violation_error_message="data_completeness must be one of high, medium, low.",
            ),
        ),
        migrations.AddConstraint(
            model_name="scoresnapshot",
            constraint=models.CheckConstraint(
                condition=models.Q(("scored_by__in", ["rules", "ai"])),
                name="remarketing_scoresnapshot_scored_by_known",
                violation_error_message="scored_by must be one of rules, ai.",
            ),
        ),
        migrations.AddConstraint(
            model_name="scoresnapshot",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("composite_score__isnull", True), ("tier", "")),
                    models.Q(("composite_score__gte", 80), ("tier", "A")),
                    models.Q(("composite_score__range", (65, 79)), ("tier", "B")),
                    models.Q(("composite_score__range", (50, 64)), ("tier", "C")),
                    models.Q(("composite_score__range", (35, 49)), ("tier", "D")),
                    models.Q(("composite_score__lt", 35), ("tier", "F")),
                    _connector="OR",
                ),
                name="remarketing_scoresnapshot_tier_of_score",
                violation_error_message="The tier must be that of the composite score; no score, no tier.",
            ),
        ),
        migrations.AddConstraint(
            model_name="scoresnapshot",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("is_disqualified", False),
                    models.Q(("composite_score", 0), ("disqualification_reason__regex", "\\S")),
                    _connector="OR",
                ),
                name="remarketing_scoresnapshot_disqualified_is_zero",
                violation_error_message="A disqualified buyer scores 0 and has a reason.",
            ),
        ),
        migrations.AddConstraint(
            model_name="scoresnapshot",
            constraint=models.CheckConstraint(
                condition=models.Q(("trigger__in", ["manual", "bulk", "auto"])),
                name="remarketing_scoresnapshot_trigger_known",
                violation_error_message="trigger must be one of manual, bulk, auto.",
            ),
        ),
        migrations.AddIndex(
            model_name="score",
            index=models.Index(
                condition=models.Q(("is_stale", True)),
                fields=["universe", "listing"],
                name="remarketing_score_stale",
            ),
        ),
        migrations.AddConstraint(
            model_name="score",
            constraint=models.UniqueConstraint(
                fields=("universe", "listing", "buyer"), name="remarketing_score_unique"
            ),
        ),
        migrations.AddConstraint(
            model_name="score",
            constraint=models.CheckConstraint(
                condition=models.Q(("composite_score__gte", 0), ("composite_score__lte", 100)),
                name="remarketing_score_composite_score_in_range",
                violation_error_message="composite_score must lie between 0 and 100.",
            ),
        ),
        migrations.AddConstraint(
            model_name="score",
            constraint=models.CheckConstraint(
                condition=models.Q(("base_score__gte", 0), ("base_score__lte", 100)),
                name="remarketing_score_base_score_in_range",
                violation_error_message="base_score must lie between 0 and 100.",
            ),
        ),
        migrations.AddConstraint(
            model_name="score",
            constraint=models.CheckConstraint(
                condition=models.Q(("gated_score__gte", 0), ("gated_score__lte", 100)),
                name="remarketing_score_gated_score_in_range",
                violation_error_message="gated_score must lie between 0 and 100.",
            ),
        ),
        migrations.AddConstraint(
            model_name="score",
            constraint=models.CheckConstraint(
                condition=models.Q(("service_score__gte", 0), ("service_score__lte", 100)),
                name="remarketing_score_service_score_in_range",
                violation_error_message="service_score must lie between 0 and 100.",
            ),
        ),
        migrations.AddConstraint(
            model_name="score",
            constraint=models.CheckConstraint(
                condition=models.Q(("size_score__gte", 0), ("size_score__lte", 100)),
                name="remarketing_score_size_score_in_range",
                violation_error_message="size_score must lie between 0 and 100.",
            ),
        ),
        migrations.AddConstraint(
            model_name="score",
            constraint=models.CheckConstraint(
                condition=models.Q(("geography_score__gte", 0), ("geography_score__lte", 100)),
                name="remarketing_score_geography_score_in_range",
                violation_error_message="geography_score must lie between 0 and 100.",
            ),
        ),
        migrations.AddConstraint(
            model_name="score",
            constraint=models.CheckConstraint(
                condition=models.Q(("owner_goals_score__gte", 0), ("owner_goals_score__lte", 100)),
                name="remarketing_score_owner_goals_score_in_range",
                violation_error_message="owner_goals_score must lie between 0 and 100.",
            ),
        ),
        migrations.AddConstraint(
            model_name="score",
            constraint=models.CheckConstraint(
                condition=models.Q(("geography_mode_factor__gte", 0), ("geography_mode_factor__lte", 1)),
                name="remarketing_score_geography_mode_factor_in_range",
                violation_error_message="geography_mode_factor must lie between 0 and 1.",
            ),
        ),
        migrations.AddConstraint(
            model_name="score",
            constraint=models.CheckConstraint(
                condition=models.Q(("size_multiplier__gte", 0), ("size_multiplier__lte", 1)),
                name="remarketing_score_size_multiplier_in_range",
                violation_error_message="size_multiplier must lie between 0 and 1.",
            ),
        ),
        migrations.AddConstraint(
            model_name="score",
            constraint=models.CheckConstraint(
                condition=models.Q(("service_multiplier__gte", 0), ("service_multiplier__lte", 1)),
                name="remarketing_score_service_multiplier_in_range",
                violation_error_message="service_multiplier must lie between 0 and 1.",
            ),
        ),
        migrations.AddConstraint(
            model_name="score",
            constraint=models.CheckConstraint(
                condition=models.Q(("thesis_alignment_bonus__gte", 0), ("thesis_alignment_bonus__lte", 20)),
                name="remarketing_score_thesis_alignment_bonus_in_range",
                violation_error_message="thesis_alignment_bonus must lie between 0 and 20.",
            ),
        ),
        migrations.AddConstraint(
            model_name="score",
            constraint=models.CheckConstraint(
                condition=models.Q(("custom_bonus__gte", -25), ("custom_bonus__lte", 25)),
                name="remarketing_score_custom_bonus_in_range",
                violation_error_message="custom_bonus must lie between -25 and 25.",
            ),
        ),
        migrations.AddConstraint(
            model_name="score",
            constraint=models.CheckConstraint(
                condition=models.Q(("learning_penalty__gte", -5), ("learning_penalty__lte", 25)),
                name="remarketing_score_learning_penalty_in_range",
                violation_error_message="learning_penalty must lie between -5 and 25.",
            ),
        ),
        migrations.AddConstraint(
            model_name="score",
            constraint=models.CheckConstraint(
                condition=models.Q(("tier__in", ["", "A", "B", "C", "D", "F"])),
                name="remarketing_score_tier_known",
                violation_error_message="tier must be one of A, B, C, D, F.",
            ),
        ),
        migrations.AddConstraint(
            model_name="score",
            constraint=models.CheckConstraint(
                condition=models.Q(("geography_tier__in", ["", "exact", "adjacent", "regional", "distant"])),
                name="remarketing_score_geography_tier_known",
                violation_error_message="geography_tier must be one of exact, adjacent, regional, distant.",
            ),
        ),
        migrations.AddConstraint(
            model_name="score",
            constraint=models.CheckConstraint(
                condition=models.Q(("geography_mode__in", ["critical", "preferred", "minimal"])),
                name="remarketing_score_geography_mode_known",
                violation_error_message="geography_mode must be one of critical, preferred, minimal.",
            ),
        ),
        migrations.AddConstraint(
            model_name="score",
            constraint=models.CheckConstraint(
                condition=models.Q(("confidence_level__in", ["", "high", "medium", "low", "very_low"])),
                name="remarketing_score_confidence_level_known",
                violation_error_message="confidence_level must be one of high, medium, low, very_low.",
            ),
        ),
        migrations.AddConstraint(
            model_name="score",
            constraint=models.CheckConstraint(
                condition=models.Q(("data_completeness__in", ["", "high", "medium", "low"])),
                name="remarketing_score_data_completeness_known",
                violation_error_message="data_completeness must be one of high, medium, low.",
            ),
        ),
        migrations.AddConstraint(
            model_name="score",
            constraint=models.CheckConstraint(
                condition=models.Q(("scored_by__in", ["rules", "ai"])),
                name="remarketing_score_scored_by_known",
                violation_error_message="scored_by must be one of rules, ai.",
            ),
        ),
        migrations.AddConstraint(
            model_name="score",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("composite_score__isnull", True), ("tier", "")),
                    models.Q(("composite_score__gte", 80), ("tier", "A")),
                    models.Q(("composite_score__range", (65, 79)), ("tier", "B")),
                    models.Q(("composite_score__range", (50, 64)), ("tier", "C")),
                    models.Q(("composite_score__range", (35, 49)), ("tier", "D")),
                    models.Q(("composite_score__lt", 35), ("tier", "F")),
                    _connector="OR",
                ),
                name="remarketing_score_tier_of_score",
                violation_error_message="The tier must be that of the composite score; no score, no tier.",
            ),
        ),
        migrations.AddConstraint(
            model_name="score",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("is_disqualified", False),
                    models.Q(("composite_score", 0), ("disqualification_reason__regex", "\\S")),
                    _connector="OR",
                ),
                name="remarketing_score_disqualified_is_zero",
                violation_error_message="A disqualified buyer scores 0 and has a reason.",
            ),
        ),
        migrations.AddConstraint(
            model_name="score",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["pending", "approved", "passed", "hidden"])),
                name="remarketing_score_status_known",
                violation_error_message="status must be one of pending, approved, passed, hidden.",
            ),
        ),
        migrations.AddConstraint(
            model_name="score",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "pass_category__in",
                        ["", "size", "geography", "services", "timing", "portfolio_conflict", "other"],
                    )
                ),
                name="remarketing_score_pass_category_known",
                violation_error_message="pass_category must be one of size, geography, services, timing, portfolio_conflict, other.",
            ),
        ),
        migrations.AddConstraint(
            model_name="score",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("status", "passed"),
                    models.Q(("pass_category", ""), ("pass_reason", "")),
                    _connector="OR",
                ),
                name="remarketing_score_pass_words_of_passed",
                violation_error_message="Only a passed buyer has a reason for passing.",
            ),
        ),
        migrations.AddConstraint(
            model_name="score",
            constraint=models.CheckConstraint(
                condition=models.Q(("human_override_score__gte", 0), ("human_override_score__lte", 100)),
                name="remarketing_score_human_override_score_in_range",
                violation_error_message="human_override_score must lie between 0 and 100.",
            ),
        ),
        migrations.AddConstraint(
            model_name="score",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("human_override_score__isnull", True),
                    models.Q(("overridden_at__isnull", False), ("override_reason__regex", "\\S")),
                    _connector="OR",
                ),
                name="remarketing_score_override_has_reason",
                violation_error_message="A score set by a person needs its reason.",
            ),
        ),
        migrations.AddIndex(
            model_name="buyer",
            index=models.Index(fields=["universe", "id"], name="remarketing_buyer_universe"),
        ),
        migrations.AddIndex(
            model_name="buyer",
            index=models.Index(
                condition=models.Q(("alignment_score__isnull", True), ("archived_at__isnull", True)),
                fields=["universe", "id"],
                name="remarketing_buyer_unaligned",
            ),
        ),
        migrations.AddConstraint(
            model_name="buyer",
            constraint=models.UniqueConstraint(
                models.F("universe"),
                django.db.models.functions.text.Lower("company_name"),
                condition=models.Q(("archived_at__isnull", True)),
                name="remarketing_buyer_name_unique",
                nulls_distinct=False,
                violation_error_message="This universe has a buyer of that name.",
            ),
        ),
        migrations.AddConstraint(
            model_name="buyer",
            constraint=models.CheckConstraint(
                condition=models.Q(("source_ref__regex", "\\S")),
                name="remarketing_buyer_source_ref_not_blank",
                violation_error_message="source_ref must not be blank.",
            ),
        ),
        migrations.AddConstraint(
            model_name="buyer",
            constraint=models.CheckConstraint(
                condition=models.Q(("company_name__regex", "\\S")),
                name="remarketing_buyer_company_name_not_blank",
                violation_error_message="company_name must not be blank.",
            ),
        ),
        migrations.AddConstraint(
            model_name="buyer",
            constraint=models.CheckConstraint(
                condition=models.Q(("currency__regex", "^[A-Z]{3}$")),
                name="remarketing_buyer_currency_code",
                violation_error_message="currency must be three capital letters, such as USD.",
            ),
        ),
        migrations.AddConstraint(
            model_name="buyer",
            constraint=models.CheckConstraint(
                condition=models.Q(("hq_state__regex", "^([A-Z]{2})?$")),
                name="remarketing_buyer_hq_state_code",
                violation_error_message="hq_state must be two capital letters.",
            ),
        ),
        migrations.AddConstraint(
            model_name="buyer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    (
                        "buyer_type__in",
                        [
                            "",
                            "pe_firm",
                            "platform",
                            "strategic",
                            "family_office",
                            "independent_sponsor",
                            "other",
                        ],
                    )
                ),
                name="remarketing_buyer_buyer_type_known",
                violation_error_message="buyer_type must be one of pe_firm, platform, strategic, family_office, independent_sponsor, other.",
            ),
        ),
        migrations.AddConstraint(
            model_name="buyer",
            constraint=models.CheckConstraint(
                condition=models.Q(("thesis_confidence__in", ["", "high", "medium", "low"])),
                name="remarketing_buyer_thesis_confidence_known",
                violation_error_message="thesis_confidence must be one of high, medium, low.",
            ),
        ),
        migrations.AddConstraint(
            model_name="buyer",
            constraint=models.CheckConstraint(
                condition=models.Q(("data_completeness__in", ["", "high", "medium", "low"])),
                name="remarketing_buyer_data_completeness_known",
                violation_error_message="data_completeness must be one of high, medium, low.",
            ),
        ),
        migrations.AddConstraint(
            model_name="buyer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("target_revenue_min__gte", 0), ("target_revenue_min__lte", 1000000000000000)
                ),
                name="remarketing_buyer_target_revenue_min_in_range",
                violation_error_message="target_revenue_min must lie between 0 and 1000000000000000.",
            ),
        ),
        migrations.AddConstraint(
            model_name="buyer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("target_revenue_max__gte", 0), ("target_revenue_max__lte", 1000000000000000)
                ),
                name="remarketing_buyer_target_revenue_max_in_range",
                violation_error_message="target_revenue_max must lie between 0 and 1000000000000000.",
            ),
        ),
        migrations.AddConstraint(
            model_name="buyer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("revenue_sweet_spot__gte", 0), ("revenue_sweet_spot__lte", 1000000000000000)
                ),
                name="remarketing_buyer_revenue_sweet_spot_in_range",
                violation_error_message="revenue_sweet_spot must lie between 0 and 1000000000000000.",
            ),
        ),
        migrations.AddConstraint(
            model_name="buyer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("target_ebitda_min__gte", 0), ("target_ebitda_min__lte", 1000000000000000)
                ),
                name="remarketing_buyer_target_ebitda_min_in_range",
                violation_error_message="target_ebitda_min must lie between 0 and 1000000000000000.",
            ),
        ),
        migrations.AddConstraint(
            model_name="buyer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("target_ebitda_max__gte", 0), ("target_ebitda_max__lte", 1000000000000000)
                ),
                name="remarketing_buyer_target_ebitda_max_in_range",
                violation_error_message="target_ebitda_max must lie between 0 and 1000000000000000.",
            ),
        ),
        migrations.AddConstraint(
            model_name="buyer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("ebitda_sweet_spot__gte", 0), ("ebitda_sweet_spot__lte", 1000000000000000)
                ),
                name="remarketing_buyer_ebitda_sweet_spot_in_range",
                violation_error_message="ebitda_sweet_spot must lie between 0 and 1000000000000000.",
            ),
        ),
        migrations.AddConstraint(
            model_name="buyer",
            constraint=models.CheckConstraint(
                condition=models.Q(("target_revenue_min__lte", models.F("target_revenue_max"))),
                name="remarketing_buyer_target_revenue_min_below_max",
                violation_error_message="target_revenue_min must not exceed target_revenue_max.",
            ),
        ),
        migrations.AddConstraint(
            model_name="buyer",
            constraint=models.CheckConstraint(
                condition=models.Q(("target_ebitda_min__lte", models.F("target_ebitda_max"))),
                name="remarketing_buyer_target_ebitda_min_below_max",
                violation_error_message="target_ebitda_min must not exceed target_ebitda_max.",
            ),
        ),
        migrations.AddConstraint(
            model_name="buyer",
            constraint=models.CheckConstraint(
                condition=models.Q(("target_services__contains", [""]), _negated=True),
                name="remarketing_buyer_target_services_items",
                violation_error_message="target_services must not hold an empty entry.",
            ),
        ),
        migrations.AddConstraint(
            model_name="buyer",
            constraint=models.CheckConstraint(
                condition=models.Q(("target_industries__contains", [""]), _negated=True),
                name="remarketing_buyer_target_industries_items",
                violation_error_message="target_industries must not hold an empty entry.",
            ),
        ),
        migrations.AddConstraint(
            model_name="buyer",
            constraint=models.CheckConstraint(
                condition=models.Q(("industry_exclusions__contains", [""]), _negated=True),
                name="remarketing_buyer_industry_exclusions_items",
                violation_error_message="industry_exclusions must not hold an empty entry.",
            ),
        ),
        migrations.AddConstraint(
            model_name="buyer",
            constraint=models.CheckConstraint(
                condition=models.Q(("target_geographies__contains", [""]), _negated=True),
                name="remarketing_buyer_target_geographies_items",
                violation_error_message="target_geographies must not hold an empty entry.",
            ),
        ),
        migrations.AddConstraint(
            model_name="buyer",
            constraint=models.CheckConstraint(
                condition=models.Q(("geographic_footprint__contains", [""]), _negated=True),
                name="remarketing_buyer_geographic_footprint_items",
                violation_error_message="geographic_footprint must not hold an empty entry.",
            ),
        ),
        migrations.AddConstraint(
            model_name="buyer",
            constraint=models.CheckConstraint(
                condition=models.Q(("operating_locations__contains", [""]), _negated=True),
                name="remarketing_buyer_operating_locations_items",
                violation_error_message="operating_locations must not hold an empty entry.",
            ),
        ),
        migrations.AddConstraint(
            model_name="buyer",
            constraint=models.CheckConstraint(
                condition=models.Q(("service_regions__contains", [""]), _negated=True),
                name="remarketing_buyer_service_regions_items",
                violation_error_message="service_regions must not hold an empty entry.",
            ),
        ),
        migrations.AddConstraint(
            model_name="buyer",
            constraint=models.CheckConstraint(
                condition=models.Q(("geographic_exclusions__contains", [""]), _negated=True),
                name="remarketing_buyer_geographic_exclusions_items",
                violation_error_message="geographic_exclusions must not hold an empty entry.",
            ),
        ),
        migrations.AddConstraint(
            model_name="buyer",
            constraint=models.CheckConstraint(
                condition=models.Q(("recent_acquisitions__contains", [""]), _negated=True),
                name="remarketing_buyer_recent_acquisitions_items",
                violation_error_message="recent_acquisitions must not hold an empty entry.",
            ),
        ),
        migrations.AddConstraint(
            model_name="buyer",
            constraint=models.CheckConstraint(
                condition=models.Q(("portfolio_companies__contains", [""]), _negated=True),
                name="remarketing_buyer_portfolio_companies_items",
                violation_error_message="portfolio_companies must not hold an empty entry.",
            ),
        ),
        migrations.AddConstraint(
            model_name="buyer",
            constraint=models.CheckConstraint(
                condition=models.Q(("deal_breakers__contains", [""]), _negated=True),
                name="remarketing_buyer_deal_breakers_items",
                violation_error_message="deal_breakers must not hold an empty entry.",
            ),
        ),
        migrations.AddConstraint(
            model_name="buyer",
            constraint=models.CheckConstraint(
                condition=models.Q(("alignment_score__gte", 0), ("alignment_score__lte", 100)),
                name="remarketing_buyer_alignment_score_in_range",
                violation_error_message="alignment_score must lie between 0 and 100.",
            ),
        ),
        migrations.AddConstraint(
            model_name="buyer",
            constraint=models.CheckConstraint(
                condition=models.Q(("alignment_confidence__in", ["", "high", "medium", "low"])),
                name="remarketing_buyer_alignment_confidence_known",
                violation_error_message="alignment_confidence must be one of high, medium, low.",
            ),
        ),
        migrations.AddConstraint(
            model_name="buyer",
            constraint=models.CheckConstraint(
                condition=models.Q(("alignment_scored_by__in", ["", "rules", "ai"])),
                name="remarketing_buyer_alignment_scored_by_known",
                violation_error_message="alignment_scored_by must be one of rules, ai.",
            ),
        ),
        migrations.AddConstraint(
            model_name="buyer",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("alignment_checked_at__isnull", True), ("alignment_score__isnull", True)),
                    models.Q(
                        ("alignment_checked_at__isnull", False),
                        ("alignment_score__isnull", False),
                        ("alignment_scored_by__in", ["rules", "ai"]),
                    ),
                    _connector="OR",
                ),
                name="remarketing_buyer_alignment_scored",
                violation_error_message="An alignment score needs its scorer and its time.",
            ),
        ),
        migrations.AddIndex(
            model_name="alignmentsnapshot",
            index=models.Index(fields=["buyer", "-scored_at"], name="remarketing_alignment_buyer"),
        ),
        migrations.AddConstraint(
            model_name="alignmentsnapshot",
            constraint=models.CheckConstraint(
                condition=models.Q(("score__gte", 0), ("score__lte", 100)),
                name="remarketing_alignmentsnapshot_score_in_range",
                violation_error_message="score must lie between 0 and 100.",
            ),
        ),
        migrations.AddConstraint(
            model_name="alignmentsnapshot",
            constraint=models.CheckConstraint(
                condition=models.Q(("confidence__in", ["high", "medium", "low"])),
                name="remarketing_alignmentsnapshot_confidence_known",
                violation_error_message="confidence must be one of high, medium, low.",
            ),
        ),
        migrations.AddConstraint(
            model_name="alignmentsnapshot",
            constraint=models.CheckConstraint(
                condition=models.Q(("trigger__in", ["manual", "bulk", "auto"])),
                name="remarketing_alignmentsnapshot_trigger_known",
                violation_error_message="trigger must be one of manual, bulk, auto.",
            ),
        ),
        migrations.AddConstraint(
            model_name="alignmentsnapshot",
            constraint=models.CheckConstraint(
                condition=models.Q(("scored_by__in", ["rules", "ai"])),
                name="remarketing_alignmentsnapshot_scored_by_known",
                violation_error_message="scored_by must be one of rules, ai.",
            ),
        ),
        migrations.AddConstraint(
            model_name="universelisting",
            constraint=models.UniqueConstraint(
                fields=("universe", "listing"),
                name="remarketing_link_unique",
                violation_error_message="The deal is in this universe already.",
            ),
        ),
        migrations.AddConstraint(
            model_name="universelisting",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ["active", "archived"])),
                name="remarketing_link_status_known",
                violation_error_message="status must be one of active, archived.",
            ),
        ),
    ]
