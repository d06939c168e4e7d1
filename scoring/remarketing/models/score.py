"""Score: how well one buyer fits one listing of a universe, and every earlier time it was asked."""

from decimal import Decimal
from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce

from scoring.remarketing.models import checks
from scoring.remarketing.models.base import text_list
from scoring.remarketing.models.buyer import Buyer
from scoring.remarketing.models.listing import Listing
from scoring.remarketing.models.universe import Universe
from scoring.remarketing.models.words import (
    FitConfidence,
    GeographyMode,
    GeographyTier,
    Level,
    PassCategory,
    Scorer,
    ScoreStatus,
    Tier,
    Trigger,
)


def _factor() -> "models.DecimalField[Decimal, Decimal]":
    return models.DecimalField(max_digits=4, decimal_places=3, default=Decimal(1))


class ScoreFigures(models.Model):
    """What one scoring found. Scores run from 0 to 100, factors from 0 to 1; an empty score did not count."""

    composite_score = models.SmallIntegerField(null=True, blank=True)
    tier = models.CharField(max_length=1, choices=Tier.choices, blank=True, default="")
    base_score = models.SmallIntegerField(null=True, blank=True)
    gated_score = models.SmallIntegerField(null=True, blank=True)

    service_score = models.SmallIntegerField(null=True, blank=True)
    size_score = models.SmallIntegerField(null=True, blank=True)
    geography_score = models.SmallIntegerField(null=True, blank=True)
    owner_goals_score = models.SmallIntegerField(null=True, blank=True)
    counted_dimensions = text_list("Dimensions that entered the composite: both sides had their data.")
    geography_tier = models.CharField(max_length=8, choices=GeographyTier.choices, blank=True, default="")
    geography_mode = models.CharField(
        max_length=10, choices=GeographyMode.choices, default=GeographyMode.CRITICAL
    )
    geography_mode_factor = _factor()
    size_multiplier = _factor()
    service_multiplier = _factor()
    thesis_alignment_bonus = models.SmallIntegerField(default=0)
    custom_bonus = models.SmallIntegerField(default=0)
    learning_penalty = models.SmallIntegerField(default=0)

    is_disqualified = models.BooleanField(default=False)
    disqualification_reason = models.TextField(blank=True, default="")
    needs_review = models.BooleanField(default=False)
    review_reason = models.TextField(blank=True, default="")
    missing_fields = text_list()
    confidence_level = models.CharField(max_length=9, choices=FitConfidence.choices, blank=True, default="")
    data_completeness = models.CharField(max_length=6, choices=Level.choices, blank=True, default="")
    fit_reasoning = models.TextField(blank=True, default="")
    dimension_reasons = models.JSONField(default=dict, blank=True, help_text="Why, by dimension.")
    weights = models.JSONField(default=dict, blank=True, help_text="Percent by dimension, as used.")

    facts_hash = models.CharField(max_length=64, blank=True, default="")
    scored_by = models.CharField(max_length=5, choices=Scorer.choices)
    model = models.CharField(max_length=120, blank=True, default="")
    prompt_version = models.CharField(max_length=40, blank=True, default="")
    scoring_version = models.CharField(max_length=40, blank=True, default="")
    # Numbers of queue rows, which do not live as long as a score: no foreign keys.
    batch_number = models.BigIntegerField(null=True, blank=True)
    job_number = models.BigIntegerField(null=True, blank=True)
    scored_at = models.DateTimeField()

    class Meta:
        abstract = True


def _figure_checks(table: str) -> list[models.CheckConstraint]:
    hundred = [
        "composite_score",
        "base_score",
        "gated_score",
        "service_score",
        "size_score",
        "geography_score",
        "owner_goals_score",
    ]
    factors = ["geography_mode_factor", "size_multiplier", "service_multiplier"]
    return [
        *(checks.between(table, field, 0, 100) for field in hundred),
        *(checks.between(table, field, 0, 1) for field in factors),
        checks.between(table, "thesis_alignment_bonus", 0, 20),
        checks.between(table, "custom_bonus", -25, 25),
        checks.between(table, "learning_penalty", -5, 25),
        checks.known_word(table, "tier", Tier, optional=True),
        checks.known_word(table, "geography_tier", GeographyTier, optional=True),
        checks.known_word(table, "geography_mode", GeographyMode),
        checks.known_word(table, "confidence_level", FitConfidence, optional=True),
        checks.known_word(table, "data_completeness", Level, optional=True),
        checks.known_word(table, "scored_by", Scorer),
        checks.check(
            table,
            "tier_of_score",
            Q(composite_score__isnull=True, tier="")
            | Q(composite_score__gte=80, tier=Tier.A)
            | Q(composite_score__range=(65, 79), tier=Tier.B)
            | Q(composite_score__range=(50, 64), tier=Tier.C)
            | Q(composite_score__range=(35, 49), tier=Tier.D)
            | Q(composite_score__lt=35, tier=Tier.F),
            "The tier must be that of the composite score; no score, no tier.",
        ),
        checks.check(
            table,
            "disqualified_is_zero",
            Q(is_disqualified=False) | Q(composite_score=0, disqualification_reason__regex=r"\S"),
            "A disqualified buyer scores 0 and has a reason.",
        ),
    ]


class ScoreQuerySet(models.QuerySet["Score"]):
    """Query methods of scores."""

    def ranked(self) -> "ScoreQuerySet":
        """Order by the score that counts (a person's before the scorer's), best first, unscored last."""
        return self.annotate(
            effective_score=Coalesce("human_override_score", "composite_score"),
        ).order_by(models.F("effective_score").desc(nulls_last=True), "buyer__company_name", "id")


class Score(ScoreFigures):
    """One row per universe, listing and buyer. Scoring again replaces figures, not what people decided."""

    universe = models.ForeignKey(
        Universe, on_delete=models.CASCADE, related_name="scores", db_index=False
    )  # found through the unique triple
    listing = models.ForeignKey(Listing, on_delete=models.CASCADE, related_name="scores")
    buyer = models.ForeignKey(Buyer, on_delete=models.CASCADE, related_name="scores")

    deal_snapshot = models.JSONField(
        default=dict, blank=True, help_text="What was known of the deal when it was scored."
    )
    is_stale = models.BooleanField(default=False, help_text="Deal, buyer or universe changed since.")

    status = models.CharField(max_length=8, choices=ScoreStatus.choices, default=ScoreStatus.PENDING)
    pass_category = models.CharField(max_length=20, choices=PassCategory.choices, blank=True, default="")
    pass_reason = models.TextField(blank=True, default="")
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    decided_at = models.DateTimeField(null=True, blank=True)
    human_override_score = models.SmallIntegerField(
        null=True, blank=True, validators=[MinValueValidator(0), MaxValueValidator(100)]
    )
    override_reason = models.TextField(blank=True, default="")
    overridden_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    overridden_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = ScoreQuerySet.as_manager()

    class Meta:
        permissions: ClassVar = [
            ("score", "Can start scoring"),
            ("decide", "Can approve, pass and hide buyers, and set scores by hand"),
        ]
        constraints: ClassVar = [
            # Read by the deal-matching page (universe and listing) and by the upsert that saves a score.
            models.UniqueConstraint(fields=["universe", "listing", "buyer"], name="remarketing_score_unique"),
            *_figure_checks("score"),
            checks.known_word("score", "status", ScoreStatus),
            checks.known_word("score", "pass_category", PassCategory, optional=True),
            checks.check(
                "score",
                "pass_words_of_passed",
                Q(status=ScoreStatus.PASSED) | Q(pass_category="", pass_reason=""),
                "Only a passed buyer has a reason for passing.",
            ),
            checks.between("score", "human_override_score", 0, 100),
            checks.check(
                "score",
                "override_has_reason",
                Q(human_override_score__isnull=True)
                | Q(override_reason__regex=r"\S", overridden_at__isnull=False),
                "A score set by a person needs its reason.",
            ),
        ]
        indexes: ClassVar = [
            # Read by "rescore stale" and by its count on the universe's page.
            models.Index(
                fields=["universe", "listing"], condition=Q(is_stale=True), name="remarketing_score_stale"
            ),
        ]

    def __str__(self) -> str:
        return f"score of buyer {self.buyer_id} for deal {self.listing_id}"


class ScoreSnapshot(ScoreFigures):
    """One scoring as it was, never changed: the history of a score."""

    universe = models.ForeignKey(Universe, on_delete=models.CASCADE, related_name="+")
    listing = models.ForeignKey(Listing, on_delete=models.CASCADE, related_name="+", db_index=False)
    buyer = models.ForeignKey(Buyer, on_delete=models.CASCADE, related_name="+")
    trigger = models.CharField(max_length=6, choices=Trigger.choices)
    instructions = models.TextField(blank=True, default="")
    scored_for = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )

    class Meta:
        constraints: ClassVar = [
            *_figure_checks("scoresnapshot"),
            checks.known_word("scoresnapshot", "trigger", Trigger),
        ]
        indexes: ClassVar = [
            # Read by the history of one score, newest first, and by the foreign key of listings on deletion.
            models.Index(fields=["listing", "buyer", "-scored_at"], name="remarketing_scoresnapshot_pair"),
        ]

    def __str__(self) -> str:
        return (
            f"scoring of buyer {self.buyer_id} for deal {self.listing_id} at {self.scored_at:%Y-%m-%d %H:%M}"
        )
