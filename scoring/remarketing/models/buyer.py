"""Buyer: a company that buys companies, with its alignment to its universe."""

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower

from scoring.remarketing.models import checks
from scoring.remarketing.models.base import Described, amount, text_list
from scoring.remarketing.models.universe import Universe
from scoring.remarketing.models.words import BuyerType, Level, Scorer


class BuyerQuerySet(models.QuerySet["Buyer"]):
    """Query methods of buyers."""

    def unarchived(self) -> "BuyerQuerySet":
        """Leave out buyers that were put away."""
        return self.filter(archived_at__isnull=True)

    def unaligned(self) -> "BuyerQuerySet":
        """Keep buyers whose alignment was never scored."""
        return self.filter(alignment_score__isnull=True)


class Buyer(Described):
    """A company that buys companies; it belongs to one universe, or to none yet."""

    universe = models.ForeignKey(
        Universe, null=True, blank=True, on_delete=models.CASCADE, related_name="buyers", db_index=False
    )
    company_name = models.CharField(max_length=200)
    website = models.CharField(max_length=500, blank=True, default="")
    buyer_type = models.CharField(max_length=20, choices=BuyerType.choices, blank=True, default="")
    pe_firm_name = models.CharField(max_length=200, blank=True, default="")
    hq_city = models.CharField(max_length=120, blank=True, default="")
    hq_state = models.CharField(max_length=2, blank=True, default="")

    business_summary = models.TextField(blank=True, default="")
    thesis_summary = models.TextField(blank=True, default="")
    thesis_confidence = models.CharField(max_length=6, choices=Level.choices, blank=True, default="")
    industry_vertical = models.CharField(max_length=200, blank=True, default="")
    target_services = text_list()
    services_offered = models.TextField(blank=True, default="", help_text="Separated by commas.")
    specialized_focus = models.TextField(blank=True, default="")
    target_industries = text_list()
    industry_exclusions = text_list()

    target_geographies = text_list("Where it wants to buy: states or regions.")
    geographic_footprint = text_list("Where it already is: states or regions.")
    operating_locations = text_list("As City, ST.")
    service_regions = text_list()
    customer_geographic_reach = models.TextField(blank=True, default="")
    geographic_exclusions = text_list("States or regions where it will not buy.")

    currency = models.CharField(max_length=3, default="USD")
    target_revenue_min = amount()
    target_revenue_max = amount()
    revenue_sweet_spot = amount()
    target_ebitda_min = amount()
    target_ebitda_max = amount()
    ebitda_sweet_spot = amount()

    recent_acquisitions = text_list()
    portfolio_companies = text_list()
    deal_preferences = models.TextField(blank=True, default="")
    deal_breakers = text_list()
    extraction_sources = text_list()
    data_completeness = models.CharField(
        max_length=6,
        choices=Level.choices,
        blank=True,
        default="",
        editable=False,
        help_text="Derived from the rest.",
    )

    alignment_score = models.SmallIntegerField(null=True, blank=True, editable=False)
    alignment_reasoning = models.TextField(blank=True, default="", editable=False)
    alignment_key_factors = text_list(editable=False)
    alignment_confidence = models.CharField(
        max_length=6, choices=Level.choices, blank=True, default="", editable=False
    )
    alignment_scored_by = models.CharField(
        max_length=5, choices=Scorer.choices, blank=True, default="", editable=False
    )
    alignment_model = models.CharField(max_length=120, blank=True, default="", editable=False)
    alignment_prompt_version = models.CharField(max_length=40, blank=True, default="", editable=False)
    alignment_facts_hash = models.CharField(max_length=64, blank=True, default="", editable=False)
    alignment_is_stale = models.BooleanField(default=False, editable=False)
    alignment_checked_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = BuyerQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            # Read by imports, which match a buyer without an id by its name in its universe.
            models.UniqueConstraint(
                "universe",
                Lower("company_name"),
                condition=Q(archived_at__isnull=True),
                nulls_distinct=False,
                name="remarketing_buyer_name_unique",
                violation_error_message="This universe has a buyer of that name.",
            ),
            checks.not_blank("buyer", "source_ref"),
            checks.not_blank("buyer", "company_name"),
            checks.currency_code("buyer"),
            checks.state_code("buyer", "hq_state"),
            checks.known_word("buyer", "buyer_type", BuyerType, optional=True),
            checks.known_word("buyer", "thesis_confidence", Level, optional=True),
            checks.known_word("buyer", "data_completeness", Level, optional=True),
            *checks.amounts(
                "buyer",
                [
                    "target_revenue_min",
                    "target_revenue_max",
                    "revenue_sweet_spot",
                    "target_ebitda_min",
                    "target_ebitda_max",
                    "ebitda_sweet_spot",
                ],
            ),
            checks.ordered("buyer", "target_revenue_min", "target_revenue_max"),
            checks.ordered("buyer", "target_ebitda_min", "target_ebitda_max"),
            *checks.no_blank_items(
                "buyer",
                [
                    "target_services",
                    "target_industries",
                    "industry_exclusions",
                    "target_geographies",
                    "geographic_footprint",
                    "operating_locations",
                    "service_regions",
                    "geographic_exclusions",
                    "recent_acquisitions",
                    "portfolio_companies",
                    "deal_breakers",
                ],
            ),
            checks.between("buyer", "alignment_score", 0, 100),
            checks.known_word("buyer", "alignment_confidence", Level, optional=True),
            checks.known_word("buyer", "alignment_scored_by", Scorer, optional=True),
            checks.check(
                "buyer",
                "alignment_scored",
                Q(alignment_score__isnull=True, alignment_checked_at__isnull=True)
                | Q(
                    alignment_score__isnull=False,
                    alignment_checked_at__isnull=False,
                    alignment_scored_by__in=Scorer.values,
                ),
                "An alignment score needs its scorer and its time.",
            ),
        ]
        indexes: ClassVar = [
            # Read by every list and job of a universe's buyers, and by the foreign key on deletion.
            models.Index(fields=["universe", "id"], name="remarketing_buyer_universe"),
            # Read by "Score all buyers", which takes those never scored.
            models.Index(
                fields=["universe", "id"],
                condition=Q(alignment_score__isnull=True, archived_at__isnull=True),
                name="remarketing_buyer_unaligned",
            ),
        ]

    def __str__(self) -> str:
        return self.company_name
