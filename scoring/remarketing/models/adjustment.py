"""Adjustment: a person's correction of all scores of one listing."""

from typing import ClassVar

from django.conf import settings
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

from scoring.remarketing.models import checks
from scoring.remarketing.models.listing import Listing
from scoring.remarketing.models.words import AdjustmentKind


class Adjustment(models.Model):
    """Points to add to or take from every score of a listing, or its disqualification."""

    listing = models.ForeignKey(Listing, on_delete=models.CASCADE, related_name="adjustments")
    type = models.CharField(max_length=10, choices=AdjustmentKind.choices)
    value = models.SmallIntegerField(
        default=0,
        validators=[MinValueValidator(0), MaxValueValidator(100)],
        help_text="Points; together they count for at most 25 either way. 0 when disqualifying.",
    )
    reason = models.TextField()
    created_by = models.ForeignKey(
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
        constraints: ClassVar = [
            checks.known_word("adjustment", "type", AdjustmentKind),
            checks.not_blank("adjustment", "reason"),
            checks.between("adjustment", "value", 0, 100),
            checks.check(
                "adjustment",
                "value_of_type",
                Q(type=AdjustmentKind.DISQUALIFY, value=0)
                | (Q(type__in=[AdjustmentKind.BOOST, AdjustmentKind.PENALIZE]) & Q(value__gte=1)),
                "A boost or penalty needs 1 to 100 points, a disqualification none.",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.value}" if self.value else self.type
