"""Saving by hand notes real changes and makes scores of the old content stale."""

import pytest

from scoring.remarketing.models import Buyer, Listing, Universe
from scoring.remarketing.services.content import mark_stale, save_content
from tests.scoring.remarketing.makers import NOW, make_buyer, make_listing, make_score, make_universe

pytestmark = pytest.mark.django_db


def test_a_real_change_is_dated_and_makes_scores_stale() -> None:
    listing = make_listing(revenue=5)
    score = make_score(make_universe(), listing, make_buyer())
    before = listing.content_changed_at
    listing.revenue = 6
    assert save_content(listing)
    score.refresh_from_db()
    assert score.is_stale
    assert Listing.objects.get().content_changed_at > before


def test_saving_without_change_leaves_scores_alone() -> None:
    listing = make_listing(revenue=5)
    score = make_score(make_universe(), listing, make_buyer())
    assert not save_content(Listing.objects.get())
    score.refresh_from_db()
    assert not score.is_stale


def test_a_changed_universe_makes_alignments_stale_and_only_its_own() -> None:
    universe = make_universe()
    aligned = {"alignment_score": 80, "alignment_checked_at": NOW, "alignment_scored_by": "ai"}
    mine, other = make_buyer("A", universe=universe, **aligned), make_buyer("B", **aligned)
    never = make_buyer("C", universe=universe)
    universe.guide_text = "Now there is one."
    save_content(universe)
    stale = dict(Buyer.objects.values_list("pk", "alignment_is_stale"))
    assert stale == {mine.pk: True, other.pk: False, never.pk: False}


def test_marking_counts_scores_that_were_not_stale_before() -> None:
    universe = make_universe()
    make_score(universe, make_listing(), make_buyer())
    assert mark_stale(universe_ids=[universe.pk]) == 1
    assert mark_stale(universe_ids=[universe.pk]) == 0
    assert mark_stale() == 0


def test_a_new_row_is_saved_with_what_is_derived() -> None:
    buyer = Buyer(company_name="Acme", thesis_summary="We buy.")
    assert save_content(buyer)
    assert Buyer.objects.get().data_completeness == "medium"
    assert Universe.objects.count() == 0
