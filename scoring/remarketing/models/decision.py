"""Decision: what staff did with a buyer for a deal; the buyer's learning history."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from scoring.remarketing.models import checks
from scoring.remarketing.models.buyer import Buyer
from scoring.remarketing.models.listing import Listing
from scoring.remarketing.models.words import Action, PassCategory


class DecisionQuerySet(models.QuerySet["Decision"]):
    """Query methods of decisions."""

    def standing(self) -> "DecisionQuerySet":
        """Leave out decisions that were taken back."""
        return self.filter(undone_at__isnull=True)


class Decision(models.Model):
    """One decision as it was; taking it back marks it, nothing else changes it."""

    buyer = models.ForeignKey(Buyer, on_delete=models.CASCADE, related_name="decisions", db_index=False)
    listing = models.ForeignKey(Listing, on_delete=models.CASCADE, related_name="decisions")
    action = models.CharField(max_length=10, choices=Action.choices)
    pass_category = models.CharField(max_length=20, choices=PassCategory.choices, blank=True, default="")
    reason = models.TextField(blank=True, default="")
    composite_score = models.SmallIntegerField(
        null=True, blank=True, help_text="At the time of the decision."
    )
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    decided_at = models.DateTimeField()
    undone_at = models.DateTimeField(null=True, blank=True)

    objects = DecisionQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            checks.known_word("decision", "action", Action),
            checks.known_word("decision", "pass_category", PassCategory, optional=True),
            checks.between("decision", "composite_score", 0, 100),
            checks.check(
                "decision",
                "category_of_refusal",
                Q(pass_category="") | Q(action__in=[Action.PASSED, Action.NOT_A_FIT]),
                "Only a refusal has a category.",
            ),
        ]
        indexes: ClassVar = [
            # Read by every fit score of the buyer (learning penalty), and by its foreign key on deletion.
            models.Index(fields=["buyer", "-decided_at"], name="remarketing_decision_buyer"),
        ]

    def __str__(self) -> str:
        return f"{self.action} by buyer {self.buyer_id} for deal {self.listing_id}"
