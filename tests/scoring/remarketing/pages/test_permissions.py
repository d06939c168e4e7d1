"""Who may open what: strangers nothing, viewers pages, operators buttons."""

from collections.abc import Callable

from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from queueproject.queue.models import Batch
from scoring.remarketing.groups import sync_groups
from scoring.remarketing.models import Score
from tests.scoring.remarketing.pages.conftest import World


def looked_at(world: World) -> list[str]:
    deal = [world.universe.pk, world.listings[0].pk]
    return [
        reverse("remarketing:universe", args=deal[:1]),
        reverse("remarketing:alignment", args=deal[:1]),
        reverse("remarketing:matching", args=deal),
        reverse("remarketing:ranking_csv", args=deal),
        reverse("remarketing:ranking_json", args=deal),
        reverse("remarketing:pair", args=[*deal, world.buyers[0].pk]),
    ]


def pressed(world: World) -> list[str]:
    universe = world.universe.pk
    return [
        reverse("remarketing:start", args=["universe-deals"]) + f"?ids={universe}",
        reverse("remarketing:assign") + f"?listings={world.listings[0].pk}",
        reverse("remarketing:add_deals", args=[universe]),
        reverse("remarketing:new_deal", args=[universe]),
        reverse("remarketing:add_buyer", args=[universe]),
        reverse("remarketing:pass_over", args=[world.scores[0].pk]),
        reverse("remarketing:put_away", args=["buyer", "archive"]) + f"?ids={world.buyers[0].pk}",
    ]


def test_a_stranger_is_sent_to_the_login_page(client: Client, world: World) -> None:
    for url in (*looked_at(world), *pressed(world)):
        response = client.get(url)
        assert response.status_code == 302, url
        assert "/admin/login/" in response["Location"]


def test_staff_without_a_group_see_nothing(client_of: Callable[..., Client], world: World) -> None:
    nobody = client_of()
    for url in (*looked_at(world), *pressed(world)):
        assert nobody.get(url).status_code == 403, url


def test_a_viewer_sees_every_page_and_no_button(viewer: Client, world: World) -> None:
    for url in looked_at(world):
        response = viewer.get(url)
        assert response.status_code == 200, url
        if response["Content-Type"].startswith("text/html"):
            text = response.content.decode()
            assert "/matching/start/" not in text
            assert 'value="approve"' not in text
    for url in pressed(world):
        assert viewer.get(url).status_code == 403, url


def test_a_viewer_changes_nothing_by_posting(viewer: Client, world: World) -> None:
    start = reverse("remarketing:start", args=["universe-deals"])
    assert viewer.post(start, {"ids": world.universe.pk, "start": 1}).status_code == 403
    score = world.scores[0].pk
    assert viewer.post(reverse("remarketing:decide", args=[score]), {"verb": "approve"}).status_code == 403
    assert viewer.post(reverse("remarketing:override", args=[score]), {"value": 1}).status_code == 403
    assert not Batch.objects.exists()
    assert Score.objects.get(pk=score).status == "pending"


def test_an_operator_may_press_every_button(operator: Client, world: World) -> None:
    for url in (*looked_at(world), *pressed(world)):
        assert operator.get(url).status_code == 200, url


def test_changes_ask_for_a_token(staff_client: Client, world: World) -> None:
    careful = Client(enforce_csrf_checks=True)
    careful.cookies = staff_client.cookies
    url = reverse("remarketing:decide", args=[world.scores[0].pk])
    assert careful.post(url, {"verb": "approve"}).status_code == 403


def test_reading_verbs_change_nothing(staff_client: Client, world: World) -> None:
    for name in ("decide", "override"):
        assert staff_client.get(reverse(f"remarketing:{name}", args=[world.scores[0].pk])).status_code == 405


def test_rights_that_were_given_by_hand_survive_a_migration(db: None) -> None:
    viewers = Group.objects.get(name="viewer")
    before = set(viewers.permissions.values_list("codename", flat=True))
    assert "view_score" in before
    assert not before & {"score", "decide", "change_universe"}
    own = Group.objects.get(name="operator").permissions.get(codename="decide")
    viewers.permissions.add(own)
    sync_groups()
    assert set(viewers.permissions.values_list("codename", flat=True)) == before | {"decide"}
