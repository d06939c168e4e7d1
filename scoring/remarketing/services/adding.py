"""Add a deal to a universe, an old one or a new one, and see beforehand what that starts."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.contrib.auth.models import User
from django.db import transaction

from scoring.remarketing.models import Listing, Universe, UniverseListing
from scoring.remarketing.models.words import LinkStatus
from scoring.remarketing.services.content import save_content
from scoring.remarketing.services.links import link_listings
from scoring.remarketing.services.plans import Plan, plan_deals
from scoring.remarketing.services.scoring import Assigned, assign_listings


@dataclass(frozen=True)
class Preview:
    """What assigning deals to a universe would do; `plan` is None when all of them are at work there."""

    new: int
    already: int
    plan: Plan | None


def preview_assignment(universe: Universe, listing_ids: Sequence[int]) -> Preview:
    """Work out what assigning would start: link, plan, and take that back, so that it counts truly."""
    links = UniverseListing.objects.filter(
        universe=universe, listing__in=listing_ids, status=LinkStatus.ACTIVE
    )
    known = set(links.values_list("listing_id", flat=True))
    new = [listing_id for listing_id in listing_ids if listing_id not in known]
    if not new:
        return Preview(0, len(known), None)
    with transaction.atomic():
        link_listings([(universe.pk, listing_id) for listing_id in new])
        plan = plan_deals(universe, listings=new)
        transaction.set_rollback(True)
    return Preview(len(new), len(known), plan)


def add_listing_and_score(listing: Listing, universe: Universe, *, user: User | None = None) -> Assigned:
    """Save a new deal, put it to work in a universe, score it there; a Refused saves nothing."""
    with transaction.atomic():
        save_content(listing)
        return assign_listings(universe, [listing], user=user)


def create_universe_and_assign(
    universe: Universe, listing_ids: Sequence[int], *, user: User | None = None
) -> Assigned:
    """Save a new universe and put deals to work in it; without buyers there is nothing to score yet."""
    with transaction.atomic():
        universe.created_by = user
        save_content(universe)
        return assign_listings(universe, listing_ids, user=user)
