"""A universe's deals with their counts, and its buyers by alignment."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from scoring.remarketing.models import Buyer, Universe
from scoring.remarketing.page_selectors.suggestions import suggest_universes
from scoring.remarketing.page_selectors.universes import BuyerRow
from scoring.remarketing.services.plans import plan_deals
from scoring.remarketing.services.scoring import start
from tests.scoring.remarketing.pages.conftest import World
from tests.scoring.remarketing.worlds import make_buyer, make_listing, make_universe

pytestmark = pytest.mark.django_db


def open_page(client: Client, name: str, universe: Universe, **query: Any) -> Any:
    return client.get(reverse(f"remarketing:{name}", args=[universe.pk]), query)


def align(buyer: Buyer, score: int, **values: Any) -> None:
    facts = {
        "alignment_score": score,
        "alignment_confidence": "high",
        "alignment_scored_by": "rules",
        "alignment_checked_at": timezone.now(),
        **values,
    }
    Buyer.objects.filter(pk=buyer.pk).update(**facts)


def test_deals_show_how_far_they_are_scored_and_how_well(viewer: Client, world: World) -> None:
    page = open_page(viewer, "universe", world.universe)
    first, second = page.context["deals"]
    assert (first.scored, first.stale, first.best, first.tier_a, first.tier_b) == (2, 1, 84, 1, 0)
    assert (second.scored, second.best) == (0, None)
    totals = page.context["totals"]
    assert (totals.deals, totals.buyers, totals.scored, totals.pairs, totals.stale) == (2, 3, 2, 6, 1)
    assert (
        reverse("remarketing:matching", args=[world.universe.pk, first.listing.pk]) in page.content.decode()
    )


def test_deals_are_found_by_name(viewer: Client, world: World) -> None:
    page = open_page(viewer, "universe", world.universe, q="deal 01")
    assert [row.listing for row in page.context["deals"]] == [world.listings[1]]


def test_an_empty_universe_says_what_to_do_and_a_missing_guide_is_linked(staff_client: Client) -> None:
    universe = make_universe(guide_text="", size_weight=90)
    text = open_page(staff_client, "universe", universe).content.decode()
    assert "No deal is at work in this universe yet." in text
    assert f"{reverse('admin:remarketing_universe_change', args=[universe.pk])}#id_guide_text" in text
    assert "sum to 160, not 100" in text
    assert (
        "This universe has no buyers yet." in open_page(staff_client, "alignment", universe).content.decode()
    )


def test_many_deals_and_buyers_cost_no_further_queries(
    staff_client: Client, world: World, django_assert_num_queries: Any
) -> None:
    counts = {}
    for name in ("universe", "alignment"):
        open_page(staff_client, name, world.universe)
        with CaptureQueriesContext(connection) as few:
            open_page(staff_client, name, world.universe)
        counts[name] = len(few)
    for number in range(30):
        make_listing(world.universe, f"More {number}")
        make_buyer(world.universe, f"More {number}")
    for name, count in counts.items():
        with django_assert_num_queries(count):
            open_page(staff_client, name, world.universe)


def test_what_runs_in_the_universe_is_shown(staff_client: Client, world: World) -> None:
    started = start(plan_deals(world.universe), actor="ada")
    page = open_page(staff_client, "universe", world.universe)
    assert [one.batch for one in page.context["totals"].running] == [started.batch]
    assert 'hx-trigger="poll"' in page.content.decode()


@pytest.mark.parametrize(
    ("score", "words"),
    [
        (100, "Excellent fit"),
        (85, "Excellent fit"),
        (84, "Good fit"),
        (70, "Good fit"),
        (69, "Partial fit"),
        (55, "Partial fit"),
        (54, "Weak fit"),
        (40, "Weak fit"),
        (39, "Poor fit"),
        (0, "Poor fit"),
        (None, "Not scored"),
    ],
)
def test_badges_follow_the_score(score: int | None, words: str) -> None:
    assert BuyerRow(Buyer(alignment_score=score)).badge_words == words


def test_buyers_are_ranked_with_reasons_and_who_scored(viewer: Client, world: World) -> None:
    align(world.buyers[0], 60, alignment_reasoning="Adjacent.", alignment_key_factors=["fleet", "no roofs"])
    align(
        world.buyers[1],
        90,
        alignment_scored_by="ai",
        alignment_model="gemini-test",
        alignment_prompt_version="1",
    )
    page = open_page(viewer, "alignment", world.universe)
    assert [row.buyer for row in page.context["buyers"]] == [
        world.buyers[1],
        world.buyers[0],
        world.buyers[2],
    ]
    text = page.content.decode()
    for words in (
        "Excellent fit",
        "Partial fit",
        "Not scored",
        "no roofs",
        "Adjacent.",
        "AI: gemini-test",
        "Rules",
    ):
        assert words in text
    assert {key: count for key, _, count in page.context["badges"]} == {
        "excellent": 1,
        "good": 0,
        "partial": 1,
        "weak": 0,
        "poor": 0,
        "none": 1,
    }


def test_buyers_are_filtered_by_badge_staleness_and_name(viewer: Client, world: World) -> None:
    align(world.buyers[0], 85, alignment_is_stale=True)
    align(world.buyers[1], 84)

    def found(**query: Any) -> list[Buyer]:
        return [
            row.buyer for row in open_page(viewer, "alignment", world.universe, **query).context["buyers"]
        ]

    assert found(badge="excellent") == [world.buyers[0]]
    assert found(badge="good") == [world.buyers[1]]
    assert found(badge="none") == [world.buyers[2]]
    assert found(stale="on") == [world.buyers[0]]
    assert found(q="02") == [world.buyers[2]]


def test_universes_are_suggested_by_words_in_common_and_never_those_it_is_in(world: World) -> None:
    make_universe("Dentists", keywords=["teeth"], primary_focus=["dental clinics"])
    roofs = make_universe("More roofs")
    best = make_universe("Best roofs", keywords=["roof", "repair", "emergency"])
    listing = make_listing(world.universe, services=["emergency roof repair"])
    suggestions = suggest_universes(listing)
    assert [each.universe for each in suggestions] == [best, roofs]
    assert "emergency" in suggestions[0].words
