"""What buttons start: one transaction, one batch, nothing twice."""

import time
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.db import transaction
from django.utils import timezone

from queueproject.queue.models import Batch, BatchJob, Budget, Job
from scoring.remarketing import kinds
from scoring.remarketing.models import Buyer, Listing, Score, Universe, UniverseListing
from scoring.remarketing.models.words import LinkStatus
from scoring.remarketing.services import scoring
from scoring.remarketing.services.plans import FitOptions, plan_alignment, plan_deals
from tests.scoring.remarketing.worlds import make_buyer, make_listing, make_universe

pytestmark = pytest.mark.django_db


def add_score(universe: Universe, **values: Any) -> Score:
    return Score.objects.create(
        universe=universe,
        listing=Listing.objects.get(),
        buyer=universe.buyers.get(),
        scored_by="rules",
        scored_at=timezone.now(),
        **values,
    )


def test_score_all_makes_one_job_per_pair_ordered_by_deal_with_all_options(staff: User) -> None:
    universe = make_universe(buyers=6, listings=2)
    options = FitOptions(instructions=" Prefer the quiet ones. ", geography_mode="minimal")
    started = scoring.start(plan_deals(universe, options=options), user=staff)
    assert (started.queued, started.shared, started.skipped) == (12, 0, 0)
    jobs = list(Job.objects.order_by("sort_key", "pk"))
    assert [job.payload["listing_id"] for job in jobs] == sorted(job.payload["listing_id"] for job in jobs)
    assert {job.group_key for job in jobs if job.payload["listing_id"] == jobs[0].payload["listing_id"]} == {
        f"{jobs[0].payload['listing_id']}#0",
        f"{jobs[0].payload['listing_id']}#1",
    }
    assert jobs[0].options == {
        "rescore": True,
        "instructions": "Prefer the quiet ones.",
        "geography_mode": "minimal",
        "min_completeness": "",
        "trigger": "bulk",
        "user_id": staff.pk,
    }
    assert (jobs[0].subject_type, jobs[0].subject_id) == ("listing", str(jobs[0].payload["listing_id"]))
    batch = Batch.objects.get()
    assert (batch.created_by, batch.total_units, batch.priority, batch.sealed) == (staff, 12, 150, True)
    assert batch.label == f"Score all deals: {universe}"
    assert batch.options["universe_ids"] == [universe.pk]


def test_the_lane_is_fixed_when_the_job_is_enqueued(settings: Any) -> None:
    universe = make_universe(buyers=1, listings=1)
    settings.GEMINI_API_KEY = "key"
    scoring.start([plan_deals(universe), plan_alignment(universe)])
    settings.GEMINI_API_KEY = ""
    assert set(Job.objects.values_list("provider_id", flat=True)) == {"gemini"}
    assert all(tokens > 100 for tokens in Job.objects.values_list("estimated_tokens", flat=True))


def test_starting_again_shares_what_waits_and_skips_what_has_a_score() -> None:
    universe = make_universe(buyers=1, listings=1)
    first = scoring.start(plan_deals(universe))
    second = scoring.start(plan_deals(universe))
    assert (first.queued, second.queued, second.shared) == (1, 0, 1)
    assert Job.objects.count() == 1
    assert BatchJob.objects.get().batch == second.batch
    Job.objects.update(state="completed", finished_at=timezone.now())
    add_score(universe)
    third = scoring.start(plan_deals(universe))
    assert (third.queued, third.shared, third.skipped) == (0, 0, 1)
    third.batch.refresh_from_db()
    assert (third.batch.state, third.batch.skipped_units) == ("completed", 1)


def test_a_refusal_writes_nothing_even_when_the_field_changed_after_the_plan() -> None:
    universe = make_universe(buyers=1, listings=1)
    plans = [plan_deals(universe), plan_alignment(universe)]
    Universe.objects.update(guide_text="")
    with pytest.raises(scoring.Refused) as caught:
        scoring.start(plans)
    assert (caught.value.refusal.code, caught.value.refusal.field) == ("ma_guide_missing", "guide_text")
    assert not Batch.objects.exists()
    assert not Job.objects.exists()


def test_a_token_estimate_above_the_budget_is_refused_naming_it(settings: Any) -> None:
    universe = make_universe(buyers=1, listings=1)
    settings.GEMINI_API_KEY = "key"
    Budget.objects.filter(provider="gemini", currency="tokens").update(limit=10)
    with pytest.raises(scoring.Refused, match="more than gemini allows"):
        scoring.start(plan_deals(universe))
    assert not Batch.objects.exists()


def test_all_is_worked_out_anew_when_it_starts() -> None:
    universe = make_universe(buyers=1, listings=1)
    plan = plan_deals(universe)
    make_listing(universe, "Late")
    assert scoring.start(plan).queued == 2


def test_nothing_is_enqueued_when_the_callers_transaction_fails() -> None:
    universe = make_universe(buyers=1, listings=1)

    def fail_after_starting() -> None:
        with transaction.atomic():
            scoring.start(plan_deals(universe))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_after_starting()
    assert not Job.objects.exists()
    assert not Batch.objects.exists()


def test_assigning_scores_only_newly_linked_deals_and_counts_the_others() -> None:
    universe = make_universe(buyers=2, listings=1)
    known = Listing.objects.get()
    asleep = make_listing(universe, "Asleep")
    UniverseListing.objects.filter(listing=asleep).update(status=LinkStatus.ARCHIVED)
    new = make_listing(None, "New")
    done = scoring.assign_listings(universe, [known, asleep, new])
    assert (done.linked, done.already_linked) == (2, 1)
    assert done.started is not None
    assert done.started.queued == 4
    again = scoring.assign_listings(universe, [known, asleep, new])
    assert (again.linked, again.already_linked, again.started) == (0, 3, None)


def test_assigning_to_a_universe_that_cannot_score_links_nothing() -> None:
    zero: dict[str, Any] = {
        "service_weight": 0,
        "size_weight": 0,
        "geography_weight": 0,
        "owner_goals_weight": 0,
    }
    universe = make_universe(buyers=1, **zero)
    with pytest.raises(scoring.Refused):
        scoring.assign_listings(universe, [make_listing(None)])
    assert not UniverseListing.objects.exists()


def test_a_new_buyer_is_saved_and_alone_scored_for_every_deal(staff: User) -> None:
    universe = make_universe(buyers=2, listings=3)
    buyer = Buyer(universe=universe, company_name="New Roofs")
    started = scoring.add_buyer_and_score(buyer, user=staff)
    assert started.queued == 3
    assert set(Job.objects.values_list("payload__buyer_id", flat=True)) == {buyer.pk}
    assert buyer.data_completeness == "low"


def test_one_pair_by_hand_goes_ahead_and_says_so_in_its_history(staff: User) -> None:
    universe = make_universe(buyers=1, listings=1)
    add_score(universe)
    started = scoring.score_one(Listing.objects.get(), Buyer.objects.get(), user=staff)
    job = Job.objects.get()
    assert (started.queued, job.priority, job.options["trigger"]) == (1, 200, "manual")


def test_rescore_stale_takes_what_is_stale_and_can_be_scored() -> None:
    universe = make_universe(buyers=1, listings=1)
    assert scoring.rescore_stale(universe) is None
    add_score(universe, is_stale=True)
    for what in (universe, Listing.objects.get()):
        started = scoring.rescore_stale(what)
        assert started is not None
        assert started.queued + started.shared == 1
    UniverseListing.objects.update(status=LinkStatus.ARCHIVED)
    assert scoring.rescore_stale(universe) is None


def test_a_buyer_without_universe_is_refused() -> None:
    listing = make_listing(make_universe())
    with pytest.raises(scoring.Refused, match="belongs to no universe"):
        scoring.score_one(listing, make_buyer(None))


def test_eight_thousand_pairs_are_enqueued_in_seconds(settings: Any) -> None:
    settings.GEMINI_API_KEY = "key"
    universe = make_universe(listings=20)
    Buyer.objects.bulk_create(Buyer(universe=universe, company_name=f"Buyer {n}") for n in range(400))
    began = time.monotonic()
    plan = plan_deals(universe)
    started = scoring.start(plan)
    assert (plan.calls, started.queued) == (1_600, 8_000)
    assert time.monotonic() - began < 20
    assert Job.objects.filter(kind=kinds.SCORE_FIT).count() == 8_000
