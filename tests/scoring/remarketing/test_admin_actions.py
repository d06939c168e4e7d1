"""What the admin's lists and object pages start: scoring, adding, archiving, deleting."""

from collections.abc import Callable
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.urls import reverse

from queueproject.queue.models import Batch, Job
from scoring.remarketing.models import Buyer, Listing, Universe, UniverseListing
from scoring.remarketing.services.plans import plan_deals
from scoring.remarketing.services.scoring import start
from tests.scoring.remarketing.test_admin import read_form
from tests.scoring.remarketing.worlds import make_listing, make_universe

pytestmark = pytest.mark.django_db


def act(client: Client, model: str, action: str, rows: list[Any]) -> Any:
    url = reverse(f"admin:remarketing_{model}_changelist")
    return client.post(url, {"action": action, "_selected_action": [row.pk for row in rows]})


def open_row(client: Client, row: Any) -> str:
    url = reverse(f"admin:remarketing_{row._meta.model_name}_change", args=[row.pk])
    return str(client.get(url).content.decode())


def log_in(make_user: Callable[..., User], group: str) -> Client:
    client = Client()
    client.force_login(make_user(group, groups=(group,)), backend="django.contrib.auth.backends.ModelBackend")
    return client


@pytest.mark.parametrize(
    ("model", "action", "pairs"),
    [
        ("universe", "score_all_deals", 4),
        ("universe", "score_all_buyers", 2),
        ("listing", "score_listings", 4),
        ("buyer", "score_alignment", 2),
        ("buyer", "score_for_deals", 4),
    ],
)
def test_actions_on_lists_lead_to_the_figures_then_start(
    staff_client: Client, model: str, action: str, pairs: int
) -> None:
    universe = make_universe(buyers=2, listings=2)
    rows: dict[str, list[Any]] = {
        "universe": [universe],
        "listing": list(Listing.objects.all()),
        "buyer": list(Buyer.objects.all()),
    }
    page = act(staff_client, model, action, rows[model])
    context = page.context
    assert context["offer"].pairs == pairs
    assert not Batch.objects.exists()
    sent = {"ids": context["ids"], "shown": context["shown"], "start": "1"}
    staff_client.post(context["here"], sent)
    assert Batch.objects.get().total_units == pairs


def test_many_deals_are_assigned_by_an_action(staff_client: Client) -> None:
    universe = make_universe(buyers=2)
    deals = [make_listing(None, f"Deal {number}") for number in range(3)]
    page = act(staff_client, "listing", "assign_to_universe", deals)
    assert page.context["listings"] == deals
    sent = {"listings": page.context["ids"], "universe": universe.pk, "shown": universe.pk, "start": "1"}
    staff_client.post(reverse("remarketing:assign"), sent)
    assert UniverseListing.objects.filter(universe=universe).count() == 3
    assert Batch.objects.get().total_units == 6


def test_viewers_are_offered_no_action_and_no_button(make_user: Callable[..., User]) -> None:
    universe = make_universe(buyers=1, listings=1)
    viewer = log_in(make_user, "viewer")
    for model in ("universe", "buyer", "listing"):
        page = viewer.get(reverse(f"admin:remarketing_{model}_changelist"))
        assert "_selected_action" not in page.content.decode()
    for row in (universe, Buyer.objects.get(), Listing.objects.get()):
        text = open_row(viewer, row)
        assert "/matching/start/" not in text
        assert "/matching/rows/" not in text


def test_object_pages_lead_to_what_can_be_started(staff_client: Client) -> None:
    universe = make_universe(buyers=1, listings=1)
    text = open_row(staff_client, universe)
    for words in (
        "Deals and buyers",
        "Score all deals",
        "Score all buyers",
        "Add deals",
        "New deal",
        "New buyer",
    ):
        assert words in text
    text = open_row(staff_client, Listing.objects.get())
    for words in (f"Ranking: {universe}", "Add to a universe", "Score this deal", "Archive"):
        assert words in text
    text = open_row(staff_client, Buyer.objects.get())
    for words in ("Score alignment", "Score for all deals", "Alignment history", "Archive"):
        assert words in text


def test_operators_score_but_change_no_universe(make_user: Callable[..., User]) -> None:
    universe = make_universe(buyers=1, listings=1)
    operator = log_in(make_user, "operator")
    text = open_row(operator, universe)
    assert "Score all deals" in text
    assert ">Archive<" not in text
    url = reverse("remarketing:put_away", args=["universe", "archive"])
    assert operator.get(url, {"ids": universe.pk}).status_code == 403
    text = open_row(log_in(make_user, "configurer"), universe)
    assert ">Archive<" in text


@pytest.mark.parametrize("model", ["universe", "buyer", "listing"])
def test_archiving_says_what_it_cancels_and_can_be_taken_back(staff_client: Client, model: str) -> None:
    universe = make_universe(buyers=1, listings=1)
    started = start(plan_deals(universe), actor="ada")
    row = {"universe": universe, "buyer": Buyer.objects.get(), "listing": Listing.objects.get()}[model]
    page = act(staff_client, model, "archive_rows", [row])
    assert "1 waiting job</strong> would be cancelled" in page.content.decode()
    assert Job.objects.filter(batch=started.batch, state="pending").exists()
    sent = {"ids": page.context["ids"], "confirmed": "yes"}
    done = staff_client.post(page.context["here"], sent, follow=True)
    assert "1 archived, 1 waiting job cancelled." in done.content.decode()
    row.refresh_from_db()
    assert row.is_archived
    assert Job.objects.get(batch=started.batch).state == "cancelled"
    again = staff_client.post(page.context["here"], sent, follow=True)
    assert "1 were archived already." in again.content.decode()
    page = act(staff_client, model, "restore_rows", [row])
    staff_client.post(page.context["here"], sent)
    row.refresh_from_db()
    assert not row.is_archived


def test_restoring_a_name_that_was_given_away_is_refused_in_words(staff_client: Client) -> None:
    old = make_universe("Roofing")
    staff_client.post(
        reverse("remarketing:put_away", args=["universe", "archive"]), {"ids": old.pk, "confirmed": "yes"}
    )
    make_universe("Roofing")
    page = staff_client.post(
        reverse("remarketing:put_away", args=["universe", "restore"]),
        {"ids": old.pk, "confirmed": "yes"},
        follow=True,
    )
    assert "another row has taken a name" in page.content.decode()
    assert Universe.objects.get(pk=old.pk).is_archived


def test_deleting_cancels_what_waits_and_says_how_many(staff_client: Client) -> None:
    universe = make_universe(buyers=2, listings=1)
    start(plan_deals(universe), actor="ada")
    buyer = Buyer.objects.order_by("pk")[0]
    url = reverse("admin:remarketing_buyer_delete", args=[buyer.pk])
    page = staff_client.post(url, {"post": "yes"}, follow=True)
    assert "1 deleted, 1 waiting job cancelled." in page.content.decode()
    page = staff_client.post(
        reverse("admin:remarketing_listing_changelist"),
        {"action": "delete_selected", "_selected_action": [Listing.objects.get().pk], "post": "yes"},
        follow=True,
    )
    assert "1 deleted, 1 waiting job cancelled." in page.content.decode()


@pytest.mark.parametrize("how", ["archive", "delete"])
def test_taking_a_deal_out_of_a_universe_cancels_what_waits_there(staff_client: Client, how: str) -> None:
    universe = make_universe(buyers=2, listings=1)
    start(plan_deals(universe), actor="ada")
    link = UniverseListing.objects.get()
    if how == "archive":
        url = reverse("admin:remarketing_universelisting_change", args=[link.pk])
        sent = {"universe": universe.pk, "listing": link.listing_id, "status": "archived"}
    else:
        url, sent = reverse("admin:remarketing_universelisting_delete", args=[link.pk]), {"post": "yes"}
    page = staff_client.post(url, sent, follow=True)
    assert "2 waiting jobs cancelled: the deal was taken out of the universe." in page.content.decode()


def test_a_row_saved_by_somebody_else_meanwhile_is_not_overwritten(staff_client: Client) -> None:
    universe = make_universe("Roofing")
    url = reverse("admin:remarketing_universe_change", args=[universe.pk])
    data = read_form(staff_client, url)
    seen = staff_client.get(url).context["seen"]
    universe.description = "theirs"
    universe.save()
    page = staff_client.post(url, data | {"seen": seen, "description": "mine"})
    assert "somebody saved this row" in page.content.decode()
    universe.refresh_from_db()
    assert universe.description == "theirs"
    staff_client.post(url, data | {"seen": page.context["seen"], "description": "mine"})
    universe.refresh_from_db()
    assert universe.description == "mine"


def import_file(client: Client, kind: str, content: str, **fields: Any) -> str:
    file = SimpleUploadedFile("rows.csv", content.encode())
    page = client.post(reverse(f"admin:remarketing_{kind}_import"), {"file": file, **fields}, follow=True)
    done = client.post(page.redirect_chain[0][0], follow=True)
    return str(done.content.decode())


def test_an_import_offers_to_score_what_is_new_and_starts_nothing(staff_client: Client) -> None:
    universe = make_universe(buyers=1, listings=2)
    text = import_file(staff_client, "buyer", "company_name\nFresh\nNew\n", universe=universe.pk)
    assert "Score the 2 new buyers<" in text
    ids = list(
        Buyer.objects.filter(company_name__in=["Fresh", "New"]).order_by("pk").values_list("pk", flat=True)
    )
    url = reverse("remarketing:start", args=["buyers-deals"]) + f"?ids={ids[0]},{ids[1]}"
    assert url in text
    assert staff_client.get(url).context["offer"].pairs == 4
    assert not Batch.objects.exists()
    text = import_file(staff_client, "listing", "source_ref,title\nl1,Fresh\n", universe=universe.pk)
    assert "Score the 1 new listing<" in text


def test_many_new_rows_are_offered_by_universe(staff_client: Client) -> None:
    universe = make_universe(buyers=1, listings=1)
    rows = "".join(f"Fresh {number}\n" for number in range(301))
    text = import_file(staff_client, "buyer", f"company_name\n{rows}", universe=universe.pk)
    assert f"Score the new buyers of {universe}" in text


def test_the_list_of_universes_leads_to_their_deals(staff_client: Client) -> None:
    universe = make_universe()
    text = staff_client.get(reverse("admin:remarketing_universe_changelist")).content.decode()
    assert reverse("remarketing:universe", args=[universe.pk]) in text
