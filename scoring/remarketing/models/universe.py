"""Universe: a group of buyers for one industry, with what counts there."""

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Func, Q, Value
from django.db.models.functions import Lower
from django.db.models.lookups import Exact

from scoring.remarketing.models import checks
from scoring.remarketing.models.base import Described, amount, text_list
from scoring.remarketing.models.words import BelowMinimum, BuyerType, Coverage, GeographyMode, ServiceMatching


class UniverseQuerySet(models.QuerySet["Universe"]):
    """Query methods of universes."""

    def unarchived(self) -> "UniverseQuerySet":
        """Leave out universes that were put away."""
        return self.filter(archived_at__isnull=True)


def _json_type(field: str, name: str) -> "Exact[Any]":
    kind = Func(models.F(field), function="jsonb_typeof", output_field=models.TextField())
    return Exact(kind, Value(name))


class Universe(Described):
    """A target-buyer group for one industry. The four weights are data, a zero weight means zero."""

    name = models.CharField(max_length=200)
    description = models.TextField(blank=True, default="")
    fit_criteria = models.TextField(blank=True, default="")
    keywords = text_list()
    currency = models.CharField(max_length=3, default="USD")

    revenue_min = amount()
    revenue_max = amount()
    ebitda_min = amount()
    ebitda_max = amount()
    locations_min = models.IntegerField(null=True, blank=True)
    locations_max = models.IntegerField(null=True, blank=True)

    target_states = text_list("Two-letter states.")
    target_regions = text_list("Northeast, Midwest, Southeast, Southwest, West, Pacific.")
    exclude_states = text_list("Two-letter states.")
    coverage = models.CharField(max_length=10, choices=Coverage.choices, blank=True, default="")

    primary_focus = text_list("What the industry does; the first is the most important.")
    required_services = text_list()
    preferred_services = text_list()
    excluded_services = text_list("A deal whose primary service is one of these is disqualified.")
    business_model = models.CharField(max_length=200, blank=True, default="")

    preferred_buyer_types = text_list()
    excluded_buyer_types = text_list()

    service_weight = models.SmallIntegerField(default=45, help_text="Percent; the four should sum to 100.")
    size_weight = models.SmallIntegerField(default=30)
    geography_weight = models.SmallIntegerField(default=20)
    owner_goals_weight = models.SmallIntegerField(default=5)

    below_minimum_handling = models.CharField(
        max_length=12, choices=BelowMinimum.choices, default=BelowMinimum.PENALIZE
    )
    penalize_single_location = models.BooleanField(default=False)
    service_matching_mode = models.CharField(
        max_length=10, choices=ServiceMatching.choices, default=ServiceMatching.HYBRID
    )
    geography_mode = models.CharField(
        max_length=10, choices=GeographyMode.choices, default=GeographyMode.CRITICAL
    )
    service_adjacency_map = models.JSONField(
        default=dict, blank=True, help_text='Services that count as related here, as {"roofing": ["siding"]}.'
    )

    guide_text = models.TextField(
        blank=True, default="", help_text="The industry guide. Alignment scoring is refused without one."
    )
    documents = models.JSONField(
        default=list,
        blank=True,
        help_text='A document of type "ma_guide" stands in for an empty guide: [{"type", "title", "text"}].',
    )
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
    )

    objects = UniverseQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            # Read by name look-ups of imports and commands, which ignore case.
            models.UniqueConstraint(
                Lower("name"),
                condition=Q(archived_at__isnull=True),
                name="remarketing_universe_name_unique",
                violation_error_message="Another universe has this name.",
            ),
            checks.not_blank("universe", "source_ref"),
            checks.not_blank("universe", "name"),
            checks.currency_code("universe"),
            *checks.amounts("universe", ["revenue_min", "revenue_max", "ebitda_min", "ebitda_max"]),
            checks.between("universe", "locations_min", 0, 1_000_000),
            checks.between("universe", "locations_max", 0, 1_000_000),
            checks.ordered("universe", "revenue_min", "revenue_max"),
            checks.ordered("universe", "ebitda_min", "ebitda_max"),
            checks.ordered("universe", "locations_min", "locations_max"),
            checks.state_codes("universe", "target_states"),
            checks.state_codes("universe", "exclude_states"),
            *checks.no_blank_items(
                "universe",
                [
                    "keywords",
                    "target_regions",
                    "primary_focus",
                    "required_services",
                    "preferred_services",
                    "excluded_services",
                ],
            ),
            checks.known_word("universe", "coverage", Coverage, optional=True),
            checks.known_words("universe", "preferred_buyer_types", BuyerType),
            checks.known_words("universe", "excluded_buyer_types", BuyerType),
            checks.between("universe", "service_weight", 0, 100),
            checks.between("universe", "size_weight", 0, 100),
            checks.between("universe", "geography_weight", 0, 100),
            checks.between("universe", "owner_goals_weight", 0, 100),
            checks.known_word("universe", "below_minimum_handling", BelowMinimum),
            checks.known_word("universe", "service_matching_mode", ServiceMatching),
            checks.known_word("universe", "geography_mode", GeographyMode),
            checks.check(
                "universe",
                "adjacency_object",
                _json_type("service_adjacency_map", "object"),
                "service_adjacency_map must be a JSON object.",
            ),
            checks.check(
                "universe",
                "documents_list",
                _json_type("documents", "array"),
                "documents must be a JSON list.",
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def weights(self) -> dict[str, int]:
        """Return the four weights, in percent, as scores record them."""
        return {
            "service": self.service_weight,
            "size": self.size_weight,
            "geography": self.geography_weight,
            "owner_goals": self.owner_goals_weight,
        }
