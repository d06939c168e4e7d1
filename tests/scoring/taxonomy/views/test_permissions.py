"""Who may open what: strangers nothing, viewers pages, operators buttons."""

from collections.abc import Callable

import pytest
from django.test import Client
from django.urls import reverse

from scoring.taxonomy.models import Analysis, Node
from tests.scoring.taxonomy.views.conftest import Shop

pytestmark = pytest.mark.django_db(transaction=True)


def looked_at(shop: Shop) -> list[str]:
    project, analysis, node = [shop.project.pk], [shop.analysis.pk], [shop.tea.pk]
    return [
        reverse("taxonomy:projects"),
        *(
            reverse(f"taxonomy:{name}", args=project)
            for name in ("project", "opportunities", "opportunities_csv", "tree", "compare")
        ),
        *(reverse(f"taxonomy:{name}", args=analysis) for name in ("analysis", "failed", "results_csv")),
        reverse("taxonomy:node", args=node),
        reverse("taxonomy:children", args=node),
    ]


def pressed(shop: Shop) -> list[str]:
    return [
        reverse("taxonomy:start", args=[shop.project.pk]),
        reverse("taxonomy:import", args=[shop.project.pk, "nodes"]),
        reverse("taxonomy:import", args=[shop.project.pk, "metrics"]),
        reverse("taxonomy:act_on_analysis", args=[shop.analysis.pk, "cancel"]),
        reverse("taxonomy:act_on_analysis", args=[shop.analysis.pk, "retry"]),
    ]


def test_a_stranger_is_sent_to_the_login_page(client: Client, shop: Shop) -> None:
    for url in (*looked_at(shop), *pressed(shop)):
        response = client.get(url)
        assert response.status_code == 302, url
        assert "/admin/login/" in response["Location"]


def test_staff_without_a_group_see_nothing(client_of: Callable[..., Client], shop: Shop) -> None:
    nobody = client_of()
    for url in (*looked_at(shop), *pressed(shop)):
        assert nobody.get(url).status_code == 403, url


def test_a_viewer_sees_every_page_and_no_button(viewer: Client, shop: Shop) -> None:
    for url in looked_at(shop):
        response = viewer.get(url)
        assert response.status_code == 200, url
        if response["Content-Type"].startswith("text/html"):
            text = response.content.decode()
            assert "/analyse/" not in text, url
            assert "/cancel/" not in text, url
    for url in pressed(shop):
        assert viewer.get(url).status_code == 403, url


def test_a_viewer_changes_nothing_by_posting(viewer: Client, shop: Shop) -> None:
    for url in pressed(shop):
        assert viewer.post(url, {"start": 1, "type": "scoring"}).status_code == 403, url
    assert Analysis.objects.count() == 1
    assert Node.objects.count() == 3


def test_an_operator_may_press_every_button(operator: Client, shop: Shop) -> None:
    for url in (*looked_at(shop), *pressed(shop)):
        assert operator.get(url).status_code == 200, url


def test_changes_ask_for_a_token(staff_client: Client, shop: Shop) -> None:
    careful = Client(enforce_csrf_checks=True)
    careful.cookies = staff_client.cookies
    for url in pressed(shop):
        assert careful.post(url, {"start": 1}).status_code == 403, url


def test_what_is_not_there_is_not_found(staff_client: Client, shop: Shop) -> None:
    for url in (
        reverse("taxonomy:project", args=[0]),
        reverse("taxonomy:node", args=[0]),
        reverse("taxonomy:import", args=[shop.project.pk, "people"]),
        reverse("taxonomy:act_on_analysis", args=[shop.analysis.pk, "explode"]),
    ):
        assert staff_client.get(url).status_code == 404, url
