"""Buttons that score: what they say beforehand, what keeps them from starting, what they start."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from queueproject.queue import operations
from queueproject.queue.models import Batch, Budget, Job
from scoring.remarketing.models import Universe, UniverseListing
from scoring.remarketing.page_words import describe_end
from tests.scoring.remarketing.pages.conftest import World
from tests.scoring.remarketing.worlds import make_listing, make_universe

pytestmark = pytest.mark.django_db


def open_start(client: Client, what: str, **query: Any) -> Any:
    return client.get(reverse("remarketing:start", args=[what]), query)


def press(client: Client, what: str, *, options: dict[str, Any] | None = None, **query: Any) -> Any:
    """Look at the figures for some options, then press the button below them."""
    url = reverse("remarketing:start", args=[what])
    seen = client.post(url, {**query, **(options or {}), "shown": "anything"})
    shown = seen.context["shown"]
    return client.post(url, {**query, **(options or {}), "shown": shown, "start": "1"}, follow=True)


def test_the_page_says_pairs_calls_skipped_scorer_and_end_before_anything_starts(
    staff_client: Client, world: World, settings: Settings
) -> None:
    settings.GEMINI_API_KEY, settings.GEMINI_MODEL = "sandbox-key", "gemini-test"
    page = open_start(staff_client, "universe-deals", ids=world.universe.pk)
    offer = page.context["offer"]
    assert (offer.pairs, offer.calls, offer.skipped) == (4, 2, 2)
    text = page.content.decode()
    assert "Gemini: gemini-test, prompt version" in text
    assert "today at" in text or "tomorrow" in text
    assert offer.binding in text
    assert not Batch.objects.exists()


def test_without_a_key_the_page_is_loud_about_the_rules(staff_client: Client, world: World) -> None:
    text = open_start(staff_client, "universe-deals", ids=world.universe.pk).content.decode()
    assert "Scored by the rules, not by Gemini" in text
    assert "no GEMINI_API_KEY is set" in text


def test_the_budget_that_binds_is_named(staff_client: Client, settings: Settings) -> None:
    settings.GEMINI_API_KEY = "sandbox-key"
    universe = make_universe(buyers=1, listings=70)
    text = open_start(staff_client, "universe-deals", ids=universe.pk).content.decode()
    assert "30 calls per minute" in text


def test_an_end_tomorrow_names_the_day(staff_client: Client, settings: Settings) -> None:
    settings.GEMINI_API_KEY = "sandbox-key"
    universe = make_universe(buyers=1, listings=3)
    Budget.objects.filter(provider="gemini", currency="calls", kind="sliding").update(
        limit=1, window_seconds=86_400
    )
    offer = open_start(staff_client, "universe-deals", ids=universe.pk).context["offer"]
    assert offer.ends_at > datetime.now(UTC) + timedelta(hours=24)
    assert f"{offer.ends_at:%A}" in offer.ends


@pytest.mark.parametrize(
    ("hours", "words"),
    [
        (1, "today at 14:00 UTC"),
        (12, "tomorrow, Tuesday 24 November, at 01:00 UTC"),
        (60, "Thursday 26 November at 01:00 UTC"),
    ],
)
def test_clock_times_carry_their_day(hours: int, words: str) -> None:
    now = datetime(2026, 11, 23, 13, tzinfo=UTC)
    assert describe_end(now + timedelta(hours=hours), now=now) == words


def test_missing_workers_odd_weights_and_unknown_revenue_are_warned_of(
    staff_client: Client, world: World
) -> None:
    Universe.objects.update(size_weight=10)
    make_listing(world.universe, "Mystery", revenue=None)
    text = open_start(staff_client, "universe-deals", ids=world.universe.pk).content.decode()
    assert "python manage.py qcluster" in text
    assert "sum to 80, not 100" in text
    assert "Revenue is not known, so size counts little or nothing: Mystery." in text


def test_a_universe_without_guide_is_refused_with_a_link_to_the_field(
    staff_client: Client, world: World
) -> None:
    Universe.objects.update(guide_text="")
    page = open_start(staff_client, "universe-buyers", ids=world.universe.pk)
    text = page.content.decode()
    change = reverse("admin:remarketing_universe_change", args=[world.universe.pk])
    assert f"{change}#id_guide_text" in text
    assert 'id="start"' not in text
    press(staff_client, "universe-buyers", ids=world.universe.pk)
    assert not Job.objects.exists()


def test_weights_that_are_all_zero_are_refused_with_a_link_to_the_field(
    staff_client: Client, world: World
) -> None:
    Universe.objects.update(service_weight=0, size_weight=0, geography_weight=0, owner_goals_weight=0)
    page = press(staff_client, "universe-deals", ids=world.universe.pk)
    assert "#id_service_weight" in page.content.decode()
    assert not Job.objects.exists()


def test_pressing_queues_skips_and_links_to_the_batch(staff_client: Client, world: World) -> None:
    page = press(staff_client, "universe-deals", ids=world.universe.pk)
    batch = Batch.objects.get()
    assert batch.created_by is not None
    assert batch.created_by.username == "ada"
    assert (batch.total_units, batch.skipped_units, batch.priority) == (4, 2, 150)
    text = page.content.decode()
    assert "Queued 4 jobs, skipped 2 that have a score." in text
    assert reverse("console:batch", args=[batch.pk]) in text


def test_what_waits_already_is_joined_not_doubled(staff_client: Client, world: World) -> None:
    press(staff_client, "universe-deals", ids=world.universe.pk)
    page = press(staff_client, "universe-deals", ids=world.universe.pk)
    assert "joined 4 that were asked for already" in page.content.decode()
    assert Job.objects.filter(kind="remarketing.score_fit").count() == 4


def test_options_reach_every_job(staff_client: Client, world: World) -> None:
    options = {"instructions": "Prefer calm ones.", "geography_mode": "minimal", "min_completeness": "low"}
    press(staff_client, "deals", options=options, ids=world.listings[0].pk, universe=world.universe.pk)
    jobs = Job.objects.filter(kind="remarketing.score_fit")
    assert jobs.count() == 3  # with instructions what has a score is scored again
    for job in jobs:
        assert {name: job.options[name] for name in options} == options
        assert job.priority == 200  # one deal by hand


def test_options_that_were_not_shown_are_not_started(staff_client: Client, world: World) -> None:
    url = reverse("remarketing:start", args=["universe-deals"])
    first = staff_client.get(url, {"ids": world.universe.pk})
    sent = {"ids": world.universe.pk, "shown": first.context["shown"], "start": "1", "rescore": "on"}
    again = staff_client.post(url, sent)
    assert "Nothing was started yet" in again.content.decode()
    assert again.context["offer"].pairs == 6
    assert not Batch.objects.exists()
    staff_client.post(url, sent | {"shown": again.context["shown"]})
    assert Batch.objects.get().total_units == 6


def test_nothing_left_to_score_offers_no_button(staff_client: Client) -> None:
    universe = make_universe()
    page = open_start(staff_client, "universe-deals", ids=universe.pk)
    assert "Nothing is left to score" in page.content.decode()
    assert b'id="start"' not in page.content
    press(staff_client, "universe-deals", ids=universe.pk)
    assert not Batch.objects.exists()


def test_one_alignment_job_for_each_buyer_never_scored(staff_client: Client, world: World) -> None:
    world.universe.buyers.filter(pk=world.buyers[0].pk).update(
        alignment_score=50,
        alignment_confidence="low",
        alignment_scored_by="rules",
        alignment_checked_at=timezone.now(),
    )
    press(staff_client, "universe-buyers", ids=world.universe.pk)
    batch = Batch.objects.get()
    assert (batch.total_units, batch.skipped_units) == (2, 1)


def test_one_pair_is_scored_again_ahead_of_others(staff_client: Client, world: World) -> None:
    press(
        staff_client,
        "pair",
        ids=world.listings[0].pk,
        universe=world.universe.pk,
        buyers=world.buyers[0].pk,
    )
    job = Job.objects.get(kind="remarketing.score_fit")
    assert (job.payload["buyer_id"], job.priority) == (world.buyers[0].pk, 200)


def test_only_stale_scores_are_scored_again(staff_client: Client, world: World) -> None:
    press(staff_client, "stale", ids=world.listings[0].pk, universe=world.universe.pk)
    job = Job.objects.get(kind="remarketing.score_fit")
    assert job.payload["buyer_id"] == world.buyers[1].pk


def test_ticked_buyers_are_the_only_ones_scored(staff_client: Client, world: World) -> None:
    first, _, third = world.buyers
    ticked = f"ids={world.listings[0].pk}&universe={world.universe.pk}&buyers={first.pk}&buyers={third.pk}"
    page = staff_client.get(f"{reverse('remarketing:start', args=['deals'])}?{ticked}&rescore=1")
    assert page.context["offer"].pairs == 2
    assert page.context["buyers"] == f"{first.pk},{third.pk}"


def test_deals_of_several_universes_become_one_batch(staff_client: Client, world: World) -> None:
    other = make_universe("Gutters", buyers=1)
    UniverseListing.objects.create(universe=other, listing=world.listings[0])
    press(staff_client, "listings", ids=world.listings[0].pk)
    assert Batch.objects.get().total_units == 1 + 1


def test_a_deal_of_no_universe_leads_to_adding_it_to_one(staff_client: Client) -> None:
    alone = make_listing(None)
    page = open_start(staff_client, "listings", ids=alone.pk)
    assert reverse("remarketing:assign") in page.content.decode()


@pytest.mark.parametrize("ids", ["1;drop", "-1", "9" * 30])
def test_ids_that_are_no_numbers_are_not_found(staff_client: Client, ids: str) -> None:
    assert open_start(staff_client, "universe-deals", ids=ids).status_code == 404


def test_what_is_gone_or_unknown_starts_nothing(staff_client: Client) -> None:
    assert open_start(staff_client, "everything", ids=1).status_code == 404
    page = open_start(staff_client, "universe-deals", ids=999_999)
    assert "not there any more" in page.content.decode()


def test_a_wrong_option_is_shown_at_its_field(staff_client: Client, world: World) -> None:
    url = reverse("remarketing:start", args=["universe-deals"])
    page = staff_client.post(url, {"ids": world.universe.pk, "shown": "x", "geography_mode": "lunar"})
    assert page.status_code == 400
    assert b'id="id_geography_mode_error"' in page.content


def test_a_paused_provider_is_warned_of(staff_client: Client, world: World, settings: Settings) -> None:
    settings.GEMINI_API_KEY = "sandbox-key"
    operations.pause_provider("gemini", actor="ada", reason="Invoice unpaid.")
    text = open_start(staff_client, "universe-deals", ids=world.universe.pk).content.decode()
    assert "gemini is paused, so jobs wait until it is resumed: Invoice unpaid." in text
