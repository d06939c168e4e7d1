"""AlignmentSnapshot: every time a buyer's alignment to its universe was scored."""

from typing import ClassVar

from django.conf import settings
from django.db import models

from scoring.remarketing.models import checks
from scoring.remarketing.models.base import text_list
from scoring.remarketing.models.buyer import Buyer
from scoring.remarketing.models.universe import Universe
from scoring.remarketing.models.words import Level, Scorer, Trigger


class AlignmentSnapshot(models.Model):
    """One alignment scoring as it was, never changed. The latest is repeated on the buyer."""

    universe = models.ForeignKey(Universe, on_delete=models.CASCADE, related_name="+")
    buyer = models.ForeignKey(
        Buyer, on_delete=models.CASCADE, related_name="alignment_snapshots", db_index=False
    )
    score = models.SmallIntegerField()
    reasoning = models.TextField(blank=True, default="")
    key_factors = text_list()
    confidence = models.CharField(max_length=6, choices=Level.choices)
    trigger = models.CharField(max_length=6, choices=Trigger.choices, default=Trigger.BULK)
    scored_by = models.CharField(max_length=5, choices=Scorer.choices)
    model = models.CharField(max_length=120, blank=True, default="")
    prompt_version = models.CharField(max_length=40, blank=True, default="")
    facts_hash = models.CharField(max_length=64, blank=True, default="")
    # Numbers of queue rows, which do not live as long as a history: no foreign keys.
    batch_number = models.BigIntegerField(null=True, blank=True)
    job_number = models.BigIntegerField(null=True, blank=True)
    scored_for = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, on_delete=models.SET_NULL, related_name="+"
    )
    scored_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            checks.between("alignmentsnapshot", "score", 0, 100),
            checks.known_word("alignmentsnapshot", "confidence", Level),
            checks.known_word("alignmentsnapshot", "trigger", Trigger),
            checks.known_word("alignmentsnapshot", "scored_by", Scorer),
        ]
        indexes: ClassVar = [
            # Read by the alignment history of one buyer, newest first, and by its foreign key on deletion.
            models.Index(fields=["buyer", "-scored_at"], name="remarketing_alignment_buyer"),
        ]

    def __str__(self) -> str:
        return f"alignment {self.score} of buyer {self.buyer_id} at {self.scored_at:%Y-%m-%d %H:%M}"
