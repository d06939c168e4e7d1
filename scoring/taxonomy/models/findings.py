"""Opportunity and projection: what is known of a node now, and what was projected at any time."""

from typing import ClassVar

from django.db import models
from django.db.models import F

from scoring.taxonomy.models import checks
from scoring.taxonomy.models.analysis import Analysis
from scoring.taxonomy.models.node import Node
from scoring.taxonomy.models.words import Label, Method, Priority


class Opportunity(models.Model):
    """The newest score of a node, with what to do about it; it is valid for a week."""

    node = models.OneToOneField(Node, on_delete=models.CASCADE, related_name="opportunity")
    score = models.SmallIntegerField()
    factors = models.JSONField(default=dict, blank=True)
    recommendations = models.JSONField(
        default=list, blank=True, help_text="At most five of {type, priority, action, impact, effort}."
    )
    revenue_potential = checks.money()
    priority = models.SmallIntegerField(choices=Priority.choices)
    confidence = models.FloatField()
    effort = models.SmallIntegerField(null=True, blank=True, help_text="0 to 100; empty: products unknown.")
    label = models.CharField(max_length=11, choices=Label.choices, blank=True, default="")
    computed_at = models.DateTimeField()
    valid_until = models.DateTimeField()
    as_of = models.DateField(null=True, blank=True)
    # Read on deletion of an analysis.
    analysis = models.ForeignKey(
        Analysis, null=True, blank=True, on_delete=models.SET_NULL, related_name="opportunities"
    )

    class Meta:
        verbose_name_plural = "opportunities"
        constraints: ClassVar = [
            checks.between("opportunity", "score", 0, 100),
            checks.json_object("opportunity", "factors"),
            checks.json_list("opportunity", "recommendations"),
            *checks.money_between("opportunity", "revenue_potential"),
            checks.between("opportunity", "priority", 1, 5),
            checks.between("opportunity", "confidence", 0, 1),
            checks.between("opportunity", "effort", 0, 100),
            checks.known_word("opportunity", "label", Label, optional=True),
            checks.check(
                "opportunity",
                "valid_after_computed",
                models.Q(valid_until__gt=F("computed_at")),
                "valid_until must lie after computed_at.",
            ),
        ]

    def __str__(self) -> str:
        return f"opportunity of node {self.node_id}: {self.score}"


class Projection(models.Model):
    """What a better position would bring a month, as it was projected once; never changed."""

    node = models.ForeignKey(Node, on_delete=models.CASCADE, related_name="projections", db_index=False)
    # Read on deletion of an analysis.
    analysis = models.ForeignKey(
        Analysis, null=True, blank=True, on_delete=models.SET_NULL, related_name="projections"
    )
    current_revenue = checks.money()
    projected_revenue = checks.money()
    projected_lift = checks.money("A month; never below 0.")
    assumptions = models.JSONField(default=dict, blank=True)
    confidence = models.FloatField()
    weeks_to_impact = models.SmallIntegerField(default=0)
    method = models.CharField(max_length=9, choices=Method.choices)
    cost = checks.money()
    roi = models.FloatField(default=0, help_text="A year's lift in percent of the cost.")
    calculated_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            *checks.money_between(
                "projection", "current_revenue", "projected_revenue", "projected_lift", "cost"
            ),
            checks.json_object("projection", "assumptions"),
            checks.between("projection", "confidence", 0, 1),
            checks.between("projection", "weeks_to_impact", 0, 520),
            checks.known_word("projection", "method", Method),
            checks.between("projection", "roi", 0, 1e15),
        ]
        indexes: ClassVar = [
            # Read by a node's history, newest first, and on deletion of nodes.
            models.Index(fields=["node", "-calculated_at"], name="taxonomy_projection_history"),
        ]

    def __str__(self) -> str:
        return f"projection of node {self.node_id} at {self.calculated_at:%Y-%m-%d %H:%M}"
