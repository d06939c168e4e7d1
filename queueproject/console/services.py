"""What the console itself writes: that somebody has been told."""

from collections.abc import Sequence

from django.db import transaction

from queueproject.queue.models import Batch


def tell_ended(batch_ids: Sequence[int]) -> set[int]:
    """Mark ended batches as told and return those nobody else marked meanwhile; no query without any."""
    if not batch_ids:
        return set()
    with transaction.atomic():
        untold = Batch.objects.filter(pk__in=batch_ids, seen=False).select_for_update(
            skip_locked=True, no_key=True
        )
        told = set(untold.values_list("pk", flat=True))
        Batch.objects.filter(pk__in=told).update(seen=True)
    return told
