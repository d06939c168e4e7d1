"""What a button shows beforehand."""

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import Settings

from scoring.remarketing.models import Buyer, Listing, Score, Universe, UniverseListing
from scoring.remarketing.models.words import LinkStatus
from scoring.remarketing.services.plans import FitOptions, plan_alignment, plan_deals
from tests.scoring.remarketing.worlds import make_buyer, make_listing, make_universe

pytestmark = pytest.mark.django_db


@pytest.fixture
def key(settings: Settings) -> None:
    settings.GEMINI_API_KEY = "sandbox-key"


def add_score(universe: Universe, listing: Listing, buyer: Buyer | None, **values: Any) -> Score:
    assert buyer is not None
    return Score.objects.create(
        universe=universe, listing=listing, buyer=buyer, scored_by="rules", scored_at=timezone.now(), **values
    )


@pytest.mark.usefixtures("key")
def test_calls_are_the_sum_over_deals_of_buyers_by_five_rounded_up() -> None:
    plan = plan_deals(make_universe(buyers=7, listings=3))
    assert (plan.pairs, plan.calls, plan.skipped, plan.lane) == (21, 3 * 2, 0, "gemini")
    assert plan.tokens > 21 * 100
    assert "in flight" in plan.forecast.binding or "calls per minute" in plan.forecast.binding


@pytest.mark.usefixtures("key")
def test_the_binding_budget_and_the_end_are_named() -> None:
    plan = plan_deals(make_universe(buyers=5, listings=61))
    assert plan.calls == 61
    assert plan.forecast.binding == "30 calls per minute"
    assert plan.forecast.seconds >= 60


def test_without_a_key_the_rules_score_and_no_call_is_made() -> None:
    plan = plan_deals(make_universe(buyers=7, listings=3))
    assert (plan.pairs, plan.calls, plan.lane, plan.scored_by_rules) == (21, 0, "local", True)


def test_pairs_that_have_a_score_are_skipped_unless_asked_for_again() -> None:
    universe = make_universe(buyers=2, listings=1)
    listing = UniverseListing.objects.get().listing
    add_score(universe, listing, Buyer.objects.first())
    assert (plan_deals(universe).pairs, plan_deals(universe).skipped) == (1, 1)
    for options in (FitOptions(rescore=True), FitOptions(instructions="Prefer the quiet ones.")):
        plan = plan_deals(universe, options=options)
        assert (plan.pairs, plan.skipped) == (2, 0)


def test_only_what_is_stale_is_planned_when_asked_so() -> None:
    universe = make_universe(buyers=3, listings=1)
    listing = UniverseListing.objects.get().listing
    first, second, _ = Buyer.objects.order_by("pk")
    add_score(universe, listing, first, is_stale=True)
    add_score(universe, listing, second)
    plan = plan_deals(universe, options=FitOptions(only_stale=True))
    assert [work.buyer_ids for work in plan.work] == [(first.pk,)]


def test_archived_buyers_and_deals_and_sleeping_links_are_left_out() -> None:
    universe = make_universe(buyers=2, listings=3)
    Buyer.objects.filter(pk=Buyer.objects.first().pk).update(archived_at="2026-01-01T00:00Z")  # type: ignore[union-attr]
    first, second, _ = UniverseListing.objects.order_by("pk")
    UniverseListing.objects.filter(pk=first.pk).update(status=LinkStatus.ARCHIVED)
    type(second.listing).objects.filter(pk=second.listing_id).update(archived_at="2026-01-01T00:00Z")
    plan = plan_deals(universe)
    assert (plan.pairs, len(plan.listing_ids)) == (1, 1)


def test_buyers_can_be_chosen_by_number_and_by_completeness() -> None:
    universe = make_universe(listings=1)
    rich = make_buyer(universe, "Rich", recent_acquisitions=["One"])
    poor = make_buyer(universe, "Poor", thesis_summary="", target_revenue_min=None, target_revenue_max=None)
    assert (rich.data_completeness, poor.data_completeness) == ("high", "low")
    assert plan_deals(universe, options=FitOptions(buyer_ids=(poor.pk,))).work[0].buyer_ids == (poor.pk,)
    assert plan_deals(universe, options=FitOptions(min_completeness="medium")).work[0].buyer_ids == (rich.pk,)
    assert plan_deals(universe, options=FitOptions(min_completeness="low")).pairs == 2


@pytest.mark.parametrize(
    ("options", "code", "field"),
    [
        (FitOptions(geography_mode="vague"), "geography_mode_unknown", "geography_mode"),
        (FitOptions(min_completeness="vague"), "min_completeness_unknown", "min_completeness"),
        (FitOptions(buyer_ids=(999_999,)), "buyer_not_in_universe", "buyers"),
    ],
)
def test_options_that_make_no_sense_are_refused_naming_the_field(
    options: FitOptions, code: str, field: str
) -> None:
    refusal = plan_deals(make_universe(listings=1), options=options).refusal
    assert refusal is not None
    assert (refusal.code, refusal.field) == (code, field)


def test_weights_all_zero_are_refused_with_the_field() -> None:
    universe = make_universe(
        buyers=1, listings=1, service_weight=0, size_weight=0, geography_weight=0, owner_goals_weight=0
    )
    plan = plan_deals(universe)
    assert plan.pairs == 0
    assert plan.refusal is not None
    assert (plan.refusal.code, plan.refusal.field) == ("weights_all_zero", "service_weight")
    assert plan.refusal.universe_id == universe.pk
    assert plan_alignment(universe).refusal is None, "alignment does not weigh"


def test_a_universe_without_guide_is_refused_alignment_only() -> None:
    universe = make_universe(buyers=1, listings=1, guide_text="")
    refusal = plan_alignment(universe).refusal
    assert refusal is not None
    assert (refusal.code, refusal.field) == ("ma_guide_missing", "guide_text")
    assert plan_deals(universe).refusal is None


def test_an_archived_universe_and_a_deal_not_at_work_are_refused() -> None:
    universe = make_universe(buyers=1)
    stranger = make_listing(None)
    refusal = plan_deals(universe, listings=[stranger]).refusal
    assert refusal is not None
    assert refusal.code == "listing_not_linked"
    assert str(stranger.pk) in refusal.message
    universe.archived_at = universe.created_at
    for plan in (plan_deals(universe), plan_alignment(universe)):
        assert plan.refusal is not None
        assert plan.refusal.code == "universe_archived"


def test_alignment_takes_buyers_never_scored_unless_asked_again() -> None:
    universe = make_universe(buyers=3)
    Buyer.objects.filter(pk=Buyer.objects.first().pk).update(  # type: ignore[union-attr]
        alignment_score=50, alignment_checked_at="2026-01-01T00:00Z", alignment_scored_by="rules"
    )
    assert (plan_alignment(universe).pairs, plan_alignment(universe).skipped) == (2, 1)
    assert plan_alignment(universe, rescore=True).pairs == 3


@pytest.mark.usefixtures("key")
def test_a_plan_reads_in_few_queries_however_many_there_are() -> None:
    small, large = make_universe("Small", buyers=1, listings=1), make_universe("Large", buyers=9, listings=6)
    counts = []
    for universe in (small, large):
        with CaptureQueriesContext(
            connection,
        ) as queries:
            plan_deals(universe)
        counts.append(len(queries))
    assert counts[0] == counts[1] <= 10
