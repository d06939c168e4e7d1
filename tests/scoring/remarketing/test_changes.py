"""What follows when rows change or go."""

from typing import Any

import pytest
from django.utils import timezone

from queueproject.queue.models import Job
from scoring.remarketing.models import Buyer, Listing, Score, Universe, UniverseListing
from scoring.remarketing.services import changes, scoring
from scoring.remarketing.services.plans import plan_alignment, plan_deals
from tests.scoring.remarketing.worlds import make_universe

pytestmark = pytest.mark.django_db


@pytest.fixture
def world() -> Universe:
    """Two buyers and two deals in one universe, all of it waiting; one more universe waits too."""
    universe = make_universe(buyers=2, listings=2)
    other = make_universe("Other", buyers=1, listings=1)
    for one in (universe, other):
        scoring.start([plan_deals(one), plan_alignment(one)])
    return universe


def waiting() -> int:
    return Job.objects.filter(state="pending", kind__startswith="remarketing.score").count()


def first(rows: Any) -> Any:
    return rows.order_by("pk").first()


def test_archiving_a_buyer_cancels_its_fit_and_alignment_jobs_and_says_how_many(world: Universe) -> None:
    buyer = first(world.buyers)
    assert waiting() == 4 + 2 + 1 + 1
    assert changes.count_waiting([buyer]) == 3
    done = changes.archive([buyer], actor="ada")
    assert (done.rows, done.cancelled, waiting()) == (1, 3, 5)
    assert done.sentence("archived") == "1 archived, 3 waiting jobs cancelled."
    assert set(Job.objects.filter(state="cancelled").values_list("payload__buyer_id", flat=True)) == {
        buyer.pk
    }
    assert changes.archive([buyer], actor="ada").rows == 0
    assert changes.restore([buyer]).rows == 1
    assert not Buyer.objects.get(pk=buyer.pk).is_archived


def test_deleting_a_listing_cancels_its_jobs_in_all_universes(world: Universe) -> None:
    listing = first(Listing.objects.in_universe(world))
    done = changes.delete([listing], actor="ada")
    assert (done.cancelled, waiting()) == (2, 6)
    assert "deleted" in Job.objects.filter(state="cancelled")[0].last_error


def test_deleting_a_universe_cancels_all_of_its_jobs_and_no_others(world: Universe) -> None:
    assert changes.count_waiting([world]) == 6
    done = changes.delete([world], actor="ada")
    assert (done.cancelled, waiting()) == (6, 2)


def test_taking_a_deal_out_of_a_universe_cancels_its_jobs_there(world: Universe) -> None:
    link = first(UniverseListing.objects.filter(universe=world))
    done = changes.archive_links([link], actor="ada")
    assert (done.cancelled, waiting()) == (2, 6)
    link.refresh_from_db()
    assert link.status == "archived"


def test_a_change_marks_the_scores_made_from_the_row(world: Universe) -> None:
    listing, buyer = first(Listing.objects.in_universe(world)), first(world.buyers)
    score = Score.objects.create(
        universe=world, listing=listing, buyer=buyer, scored_by="rules", scored_at=timezone.now()
    )
    for row in (world, listing, buyer):
        Score.objects.update(is_stale=False)
        before = row.content_changed_at
        assert changes.note_change(row) == 1
        row.refresh_from_db()
        score.refresh_from_db()
        assert score.is_stale
        assert row.content_changed_at > before


def test_a_buyer_that_waits_for_nothing_cancels_nothing(world: Universe) -> None:
    Job.objects.all().delete()
    assert (
        changes.archive([first(world.buyers)], actor="ada")
        .sentence("archived")
        .endswith("no job was waiting.")
    )
