"""Deals and buyers added to universes, which starts their scores."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from pytest_django import Settings

from queueproject.queue.models import Batch, Job
from scoring.remarketing.models import Buyer, Listing, Universe, UniverseListing
from tests.scoring.remarketing.pages.conftest import World
from tests.scoring.remarketing.worlds import make_listing, make_universe

pytestmark = pytest.mark.django_db
ASSIGN = "remarketing:assign"


def assign(client: Client, listings: str, shown: str, **fields: Any) -> Any:
    sent = {"listings": listings, "shown": shown, "start": "1", **fields}
    return client.post(reverse(ASSIGN), sent, follow=True)


def test_a_deal_is_added_to_a_universe_and_scored_for_its_buyers(operator: Client, world: World) -> None:
    deal = make_listing(None, "Newcomer")
    asked = operator.get(reverse(ASSIGN), {"listings": deal.pk})
    assert [one.universe for one in asked.context["suggestions"]] == [world.universe]
    before = operator.get(reverse(ASSIGN), {"listings": deal.pk, "universe": world.universe.pk})
    assert before.context["offer"].pairs == 3
    assert not UniverseListing.objects.filter(listing=deal).exists()
    page = assign(operator, str(deal.pk), before.context["shown"], universe=world.universe.pk)
    text = page.content.decode()
    assert "1 deal added to Roofing." in text
    assert "Queued 3 jobs" in text
    assert UniverseListing.objects.get(listing=deal).added_by is not None
    assert set(Job.objects.values_list("subject_id", flat=True)) == {str(deal.pk)}


def test_many_deals_are_added_and_those_in_it_already_are_counted_as_skipped(
    operator: Client, world: World
) -> None:
    new = [make_listing(None, f"New {number}") for number in range(2)]
    ids = ",".join(str(deal.pk) for deal in [*new, world.listings[0]])
    before = operator.get(reverse(ASSIGN), {"listings": ids, "universe": str(world.universe.pk)})
    assert (before.context["preview"].new, before.context["preview"].already) == (2, 1)
    page = assign(operator, ids, before.context["shown"], universe=world.universe.pk)
    assert "2 deals added to Roofing, 1 skipped: in it already." in page.content.decode()
    assert Batch.objects.get().total_units == 6


def test_another_universe_than_the_one_shown_is_shown_first(operator: Client, world: World) -> None:
    other = make_universe("Gutters", buyers=1)
    deal = make_listing(None)
    page = assign(operator, str(deal.pk), str(world.universe.pk), universe=other.pk)
    assert "Another universe is chosen" in page.content.decode()
    assert not Batch.objects.exists()


def test_a_universe_is_created_with_the_deal_in_it(staff_client: Client, world: World) -> None:
    deal = make_listing(None)
    page = assign(staff_client, str(deal.pk), "Solar", new_universe="Solar", universe="")
    solar = Universe.objects.get(name="Solar")
    assert solar.created_by is not None
    assert UniverseListing.objects.get(listing=deal).universe == solar
    assert "has no buyers yet" in page.content.decode()


def test_a_name_that_is_taken_is_refused_at_its_field(staff_client: Client, world: World) -> None:
    deal = make_listing(None)
    page = assign(staff_client, str(deal.pk), "roofing", new_universe="roofing", universe="")
    assert "Another universe has this name" in page.content.decode()
    assert Universe.objects.count() == 1


def test_operators_add_deals_but_make_no_universes(operator: Client, world: World) -> None:
    page = operator.get(reverse(ASSIGN), {"listings": world.listings[0].pk})
    assert b"new_universe" not in page.content
    assign(operator, str(world.listings[0].pk), "Solar", new_universe="Solar", universe="")
    assert not Universe.objects.filter(name="Solar").exists()


def test_no_universe_and_two_universes_are_both_refused(staff_client: Client, world: World) -> None:
    ids = world.listings[0].pk
    none = staff_client.get(reverse(ASSIGN), {"listings": str(ids), "universe": ""})
    assert "Choose a universe." in none.content.decode()
    both = staff_client.get(
        reverse(ASSIGN), {"listings": str(ids), "universe": str(world.universe.pk), "new_universe": "Solar"}
    )
    assert "not both" in both.content.decode()


def test_weights_of_zero_link_nothing(operator: Client, world: World) -> None:
    Universe.objects.update(service_weight=0, size_weight=0, geography_weight=0, owner_goals_weight=0)
    deal = make_listing(None)
    page = assign(operator, str(deal.pk), str(world.universe.pk), universe=world.universe.pk)
    assert "#id_service_weight" in page.content.decode()
    assert not UniverseListing.objects.filter(listing=deal).exists()


def test_deals_are_ticked_inside_a_universe(operator: Client, world: World) -> None:
    deal, gone = make_listing(None, "Outside"), make_listing(None, "Archived")
    Listing.objects.filter(pk=gone.pk).update(archived_at=timezone.now())
    url = reverse("remarketing:add_deals", args=[world.universe.pk])
    assert operator.get(url).context["deals"] == [deal]
    assert operator.get(url, {"q": "zzz"}).context["deals"] == []
    page = operator.post(url, {"listings": [deal.pk]}, follow=True)
    assert page.context["preview"].new == 1
    page = assign(
        operator,
        str(deal.pk),
        page.context["shown"],
        universe=world.universe.pk,
        next=reverse("remarketing:universe", args=[world.universe.pk]),
    )
    assert page.request["PATH_INFO"] == reverse("remarketing:universe", args=[world.universe.pk])
    assert "Tick a deal first." in operator.post(url, {}).content.decode()


def test_a_deal_created_in_a_universe_is_scored_for_all_its_buyers(
    operator: Client, world: World, settings: Settings
) -> None:
    settings.GEMINI_API_KEY = "sandbox-key"
    url = reverse("remarketing:new_deal", args=[world.universe.pk])
    offer = operator.get(url).context["offer"]
    assert (offer.pairs, offer.calls) == (3, 1)
    page = operator.post(
        url, {"title": "Fresh", "currency": "USD", "services": "roof repair; slate"}, follow=True
    )
    assert "Queued 3 jobs" in page.content.decode()
    assert Listing.objects.get(title="Fresh").services == ["roof repair", "slate"]


def test_a_deal_with_a_fault_is_not_saved_and_names_the_field(operator: Client, world: World) -> None:
    url = reverse("remarketing:new_deal", args=[world.universe.pk])
    page = operator.post(url, {"title": "Fresh", "currency": "USD", "revenue": "-5"})
    assert page.status_code == 400
    assert "revenue" in page.content.decode().lower()
    assert not Listing.objects.filter(title="Fresh").exists()


def test_a_buyer_created_in_a_universe_is_the_only_one_scored(operator: Client, world: World) -> None:
    url = reverse("remarketing:add_buyer", args=[world.universe.pk])
    assert operator.get(url).context["offer"].pairs == 2
    elsewhere = make_universe("Elsewhere")
    page = operator.post(
        url, {"company_name": "Fresh Money", "currency": "USD", "universe": elsewhere.pk}, follow=True
    )
    assert "Queued 2 jobs" in page.content.decode()
    buyer = Buyer.objects.get(company_name="Fresh Money")
    assert buyer.universe == world.universe
    assert {job.payload["buyer_id"] for job in Job.objects.all()} == {buyer.pk}


def test_a_buyer_is_not_created_where_nothing_can_be_scored(operator: Client, world: World) -> None:
    Universe.objects.update(service_weight=0, size_weight=0, geography_weight=0, owner_goals_weight=0)
    url = reverse("remarketing:add_buyer", args=[world.universe.pk])
    page = operator.post(url, {"company_name": "Fresh Money", "currency": "USD"})
    assert "#id_service_weight" in page.content.decode()
    assert not Buyer.objects.filter(company_name="Fresh Money").exists()
