"""Put listings to work in universes."""

from collections.abc import Collection, Sequence

from django.contrib.auth.models import User

from scoring.remarketing.models import UniverseListing
from scoring.remarketing.models.words import LinkStatus


def link_listings(pairs: Sequence[tuple[int, int]], *, by: User | None = None) -> int:
    """Link (universe id, listing id) pairs, wake archived links, return how many were not at work before."""
    wanted = dict.fromkeys(pairs)
    listing_ids = {listing_id for _, listing_id in wanted}
    links = UniverseListing.objects.filter(listing__in=listing_ids).order_by("id").select_for_update()
    known = {(link.universe_id, link.listing_id): link for link in links}
    asleep = [
        link.pk for pair, link in known.items() if pair in wanted and link.status == LinkStatus.ARCHIVED
    ]
    new = [
        UniverseListing(universe_id=universe_id, listing_id=listing_id, added_by=by)
        for universe_id, listing_id in wanted
        if (universe_id, listing_id) not in known
    ]
    UniverseListing.objects.bulk_create(new, ignore_conflicts=True, batch_size=1_000)
    return len(new) + _wake(asleep)


def _wake(link_ids: Collection[int]) -> int:
    return UniverseListing.objects.filter(pk__in=link_ids).update(status=LinkStatus.ACTIVE)
