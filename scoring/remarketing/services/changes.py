"""What follows when a row changes or goes: its scores are stale, its waiting jobs are cancelled."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from django.db import transaction
from django.utils import timezone

from queueproject.queue import operations
from queueproject.queue.models import Job
from queueproject.queue.states import LIVE
from scoring.remarketing import kinds
from scoring.remarketing.models import Buyer, Listing, Score, Universe, UniverseListing
from scoring.remarketing.models.words import LinkStatus
from scoring.remarketing.services.content import mark_stale

Content = Universe | Buyer | Listing
_KEYS_AT_ONCE = 1_000


@dataclass(frozen=True)
class Removed:
    """How many rows were put away, restored or deleted, and how many of their waiting jobs were cancelled."""

    rows: int
    cancelled: int

    def sentence(self, verb: str) -> str:
        """Return "2 archived, 40 waiting jobs cancelled."."""
        jobs = f"{self.cancelled} waiting job{'' if self.cancelled == 1 else 's'} cancelled"
        return f"{self.rows} {verb}, {jobs if self.cancelled else 'no job was waiting'}."


def note_change(row: Content) -> int:
    """Mark what was scored from a row stale; return how many scores.

    What is being scored right now will be saved as stale too: its job sees that the row changed.
    """
    with transaction.atomic():
        row.content_changed_at = timezone.now()
        type(row)._default_manager.filter(pk=row.pk).update(content_changed_at=row.content_changed_at)
        if isinstance(row, Universe):
            return mark_stale(universe_ids=[row.pk])
        return mark_stale(buyer_ids=[row.pk]) if isinstance(row, Buyer) else mark_stale(listing_ids=[row.pk])


def count_waiting(rows: Iterable[Content | UniverseListing]) -> int:
    """Count the open jobs that would be cancelled if these rows went."""
    return len(_find_all(rows))


def cancel_waiting(rows: Iterable[Content | UniverseListing], *, actor: str, reason: str) -> int:
    """Cancel the open jobs about these rows; return how many."""
    ids = _find_all(rows)
    return operations.cancel_jobs(ids, actor=actor, reason=reason).done if ids else 0


def archive(rows: Sequence[Content], *, actor: str) -> Removed:
    """Put rows away, and cancel what waits about them."""
    open_rows = [row for row in rows if not row.is_archived]
    with transaction.atomic():
        # Jobs before domain rows: the order in which everybody locks.
        cancelled = cancel_waiting(open_rows, actor=actor, reason=_because(open_rows, "archived"))
        now = timezone.now()
        for row in open_rows:
            row.archived_at = now
            type(row)._default_manager.filter(pk=row.pk).update(archived_at=now)
    return Removed(len(open_rows), cancelled)


def restore(rows: Sequence[Content]) -> Removed:
    """Bring archived rows back; raises IntegrityError where the name was given away meanwhile."""
    asleep = [row for row in rows if row.is_archived]
    with transaction.atomic():
        for row in asleep:
            row.archived_at = None
            type(row)._default_manager.filter(pk=row.pk).update(archived_at=None)
    return Removed(len(asleep), 0)


def delete(rows: Sequence[Content], *, actor: str) -> Removed:
    """Delete rows with their scores and histories, and cancel what waits about them."""
    with transaction.atomic():
        cancelled = cancel_waiting(rows, actor=actor, reason=_because(rows, "deleted"))
        for row in rows:
            row.delete()
    return Removed(len(rows), cancelled)


def archive_links(links: Sequence[UniverseListing], *, actor: str) -> Removed:
    """Take deals out of universes; their scores stay, what waits is cancelled."""
    active = [link for link in links if link.status == LinkStatus.ACTIVE]
    with transaction.atomic():
        cancelled = cancel_waiting(active, actor=actor, reason="the deal was taken out of the universe")
        for link in active:
            link.status = LinkStatus.ARCHIVED
            link.save(update_fields=["status", "updated_at"])
    return Removed(len(active), cancelled)


def _because(rows: Sequence[Content], verb: str) -> str:
    if len(rows) == 1:
        return f"{type(rows[0]).__name__.lower()} {rows[0].pk} was {verb}"
    return f"what it is about was {verb}"


# -- which jobs -----------------------------------------------------------------------------------


def _find_all(rows: Iterable[Content | UniverseListing]) -> list[int]:
    return sorted({job_id for row in rows if row.pk for job_id in _find_open_jobs(row)})


def _find_open_jobs(row: Content | UniverseListing) -> list[int]:
    if isinstance(row, Universe):
        return _find_of_universe(row)
    if isinstance(row, Buyer):
        return _find_of_buyer(row)
    if isinstance(row, Listing):
        return _find_about(kinds.LISTING, [row.pk])
    return _find_about(kinds.LISTING, [row.listing_id], universe_id=row.universe_id)


def _find_about(subject_type: str, ids: Iterable[int], *, universe_id: int | None = None) -> list[int]:
    """Find open jobs by the index on subjects; those of one universe when it is given."""
    jobs = Job.objects.filter(
        subject_type=subject_type,
        subject_id__in=[str(number) for number in ids],
        kind__in=[kinds.SCORE_FIT, kinds.SCORE_ALIGNMENT],
        state__in=LIVE,
    )
    if universe_id is not None:
        jobs = jobs.filter(payload__universe_id=universe_id)
    return list(jobs.values_list("pk", flat=True))


def _find_of_universe(universe: Universe) -> list[int]:
    buyers = universe.buyers.values_list("pk", flat=True)
    listings = universe.listing_links.values_list("listing_id", flat=True)
    return [
        *_find_about(kinds.BUYER, buyers, universe_id=universe.pk),
        *_find_about(kinds.LISTING, listings, universe_id=universe.pk),
    ]


def _find_of_buyer(buyer: Buyer) -> list[int]:
    """Find a buyer's alignment job by subject, its fit jobs by the keys they must have.

    A fit job's subject is the listing; its key names the buyer, and live keys are indexed.
    """
    universe_ids = set(Score.objects.filter(buyer=buyer).values_list("universe_id", flat=True).distinct())
    if buyer.universe_id:
        universe_ids.add(buyer.universe_id)
    pairs = UniverseListing.objects.filter(universe__in=universe_ids).values_list("universe_id", "listing_id")
    keys = [
        kinds.make_fit_key(universe_id=universe_id, listing_id=listing_id, buyer_id=buyer.pk)
        for universe_id, listing_id in pairs
    ]
    found = _find_about(kinds.BUYER, [buyer.pk])
    for start in range(0, len(keys), _KEYS_AT_ONCE):
        chunk = keys[start : start + _KEYS_AT_ONCE]
        jobs = Job.objects.filter(dedupe_key__in=chunk, state__in=LIVE)
        found += jobs.values_list("pk", flat=True)
    return found
