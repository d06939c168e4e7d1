"""Listing: a company for sale, and the universes it is at work in."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from scoring.remarketing.models import checks
from scoring.remarketing.models.base import Described, amount, text_list
from scoring.remarketing.models.universe import Universe
from scoring.remarketing.models.words import LinkStatus


class ListingQuerySet(models.QuerySet["Listing"]):
    """Query methods of listings."""

    def unarchived(self) -> "ListingQuerySet":
        """Leave out listings that were put away."""
        return self.filter(archived_at__isnull=True)

    def in_universe(self, universe: Universe) -> "ListingQuerySet":
        """Keep the listings that are at work in a universe."""
        return self.filter(universe_links__universe=universe, universe_links__status=LinkStatus.ACTIVE)


class Listing(Described):
    """A company for sale. Unknown revenue or EBITDA is empty, which is not zero."""

    title = models.CharField(max_length=300)
    currency = models.CharField(max_length=3, default="USD")
    revenue = amount("Yearly, whole units. Empty: unknown; the listing is then scored without size.")
    ebitda = amount("Yearly, whole units, may be negative. Empty: unknown.")
    asking_price = amount()
    location = models.CharField(max_length=300, blank=True, default="", help_text="As City, ST.")
    category = models.CharField(max_length=200, blank=True, default="")
    categories = text_list()
    services = text_list("The first is the primary service.")
    description = models.TextField(blank=True, default="")
    executive_summary = models.TextField(blank=True, default="")
    location_count = models.IntegerField(null=True, blank=True)
    owner_goals = models.TextField(blank=True, default="")
    seller_motivation = models.TextField(blank=True, default="")
    transition_preferences = models.TextField(blank=True, default="")
    special_requirements = models.TextField(blank=True, default="")
    ownership_structure = models.TextField(blank=True, default="")

    objects = ListingQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            checks.not_blank("listing", "source_ref"),
            checks.not_blank("listing", "title"),
            checks.currency_code("listing"),
            *checks.amounts("listing", ["revenue", "asking_price"]),
            *checks.amounts("listing", ["ebitda"], low=-checks.LARGEST_AMOUNT),
            checks.between("listing", "location_count", 0, 1_000_000),
            *checks.no_blank_items("listing", ["categories", "services"]),
        ]

    def __str__(self) -> str:
        return self.title


class UniverseListing(models.Model):
    """A deal at work in a universe; an archived link keeps its scores and takes no new ones."""

    universe = models.ForeignKey(
        Universe, on_delete=models.CASCADE, related_name="listing_links", db_index=False
    )  # found through the unique pair
    listing = models.ForeignKey(Listing, on_delete=models.CASCADE, related_name="universe_links")
    status = models.CharField(max_length=8, choices=LinkStatus.choices, default=LinkStatus.ACTIVE)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        editable=False,
        on_delete=models.SET_NULL,
        related_name="+",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = "universe deal"
        constraints: ClassVar = [
            # Read by "Score all deals" and by every list of a universe's deals.
            models.UniqueConstraint(
                fields=["universe", "listing"],
                name="remarketing_link_unique",
                violation_error_message="The deal is in this universe already.",
            ),
            checks.known_word("link", "status", LinkStatus),
        ]

    def __str__(self) -> str:
        return f"deal {self.listing_id} in universe {self.universe_id}"
