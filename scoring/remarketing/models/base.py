"""What several tables share: times, external ids, lists of text."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils import timezone

from scoring.remarketing.models.checks import make_source_ref


class Described(models.Model):
    """A row that staff describe or import: its text decides scores, so its last real change is kept."""

    source_ref = models.CharField(
        max_length=120,
        default=make_source_ref,
        unique=True,
        help_text="Id in the system it came from; importing the same id again updates the row.",
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    content_changed_at = models.DateTimeField(
        default=timezone.now, editable=False, help_text="When something that scores depend on last changed."
    )
    archived_at = models.DateTimeField(null=True, blank=True, editable=False)

    class Meta:
        abstract = True

    @property
    def is_archived(self) -> bool:
        """Say whether the row was put away; it is then neither scored nor offered."""
        return self.archived_at is not None


def text_list(help_text: str = "", *, editable: bool = True) -> "ArrayField[list[str], list[str]]":
    """Return a column that holds a list of short texts."""
    return ArrayField(models.TextField(), default=list, blank=True, help_text=help_text, editable=editable)


def amount(help_text: str = "") -> "models.BigIntegerField[int | None, int | None]":
    """Return a column for money in whole units of the row's currency; empty means unknown."""
    return models.BigIntegerField(null=True, blank=True, help_text=help_text)
