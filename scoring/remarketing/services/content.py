"""Take note of changes to what scores depend on: when, how complete, and which scores are stale now."""

from collections.abc import Collection
from datetime import datetime

from django.db.models import Q
from django.utils import timezone

from scoring.remarketing import selectors
from scoring.remarketing.models import Buyer, Listing, Score, Universe
from scoring.remarketing.rules.completeness import measure_completeness


def refresh_derived(row: Universe | Buyer | Listing) -> None:
    """Set what is derived from a row's content, without saving it."""
    if isinstance(row, Buyer):
        row.data_completeness = measure_completeness(selectors.buyer_facts(row))


def save_content(
    row: Universe | Buyer | Listing, *, before: str | None = None, now: datetime | None = None
) -> bool:
    """Save an edited row and mark what was scored from its old content; say whether the content changed.

    `before` is its `content_hash` from before the edit; without it the stored row is asked.
    """
    if before is None and row.pk is not None:
        stored = type(row)._default_manager.filter(pk=row.pk).first()
        before = selectors.content_hash(stored) if stored is not None else None
    changed = before != selectors.content_hash(row)
    if changed:
        row.content_changed_at = now or timezone.now()
    refresh_derived(row)
    row.save()
    if changed:
        mark_stale(**{_ARGUMENT[type(row)]: [row.pk]})
    return changed


_ARGUMENT: dict[type[Universe] | type[Buyer] | type[Listing], str] = {
    Universe: "universe_ids",
    Buyer: "buyer_ids",
    Listing: "listing_ids",
}


def mark_stale(
    *,
    universe_ids: Collection[int] = (),
    buyer_ids: Collection[int] = (),
    listing_ids: Collection[int] = (),
) -> int:
    """Mark the scores and alignments made from rows that changed; return how many scores were marked."""
    Buyer.objects.filter(
        Q(pk__in=buyer_ids) | Q(universe_id__in=universe_ids),
        alignment_score__isnull=False,
        alignment_is_stale=False,
    ).update(alignment_is_stale=True)
    return Score.objects.filter(
        Q(universe_id__in=universe_ids) | Q(buyer_id__in=buyer_ids) | Q(listing_id__in=listing_ids),
        is_stale=False,
    ).update(is_stale=True)
