"""The API's calls about opportunities."""

import pytest
from django.test import Client

from scoring.taxonomy.models import Node, Project
from tests.scoring.taxonomy.factories import make_opportunity, make_project, make_tree

pytestmark = pytest.mark.django_db


@pytest.fixture
def project() -> Project:
    made = make_project()
    for number, node in enumerate(make_tree(made, nodes=6)):
        make_opportunity(node, score=number * 10, priority=1 + number % 5, confidence=number / 10)
    return made


def test_opportunities_are_ranked_page_by_page(staff_client: Client, project: Project) -> None:
    page = staff_client.get(f"/api/opportunities?project={project.pk}&limit=4").json()
    assert [item["score"] for item in page["items"]] == [50, 40, 30, 20]
    rest = staff_client.get(page["next"]).json()
    assert [(item["rank"], item["score"]) for item in rest["items"]] == [(5, 10), (6, 0)]
    assert (rest["total"], rest["next"]) == (6, None)


@pytest.mark.parametrize(
    ("query", "scores"),
    [
        ("minScore=40", [50, 40]),
        ("priority=1", [50, 0]),
        ("search=LEAF 3", [30]),
        ("search=nothing", []),
        ("status=critical", [20]),
    ],
)
def test_opportunities_are_filtered(
    staff_client: Client, project: Project, query: str, scores: list[int]
) -> None:
    Node.objects.filter(opportunity_score=20).update(optimization_status="critical")
    found = staff_client.get(f"/api/opportunities?project=corner shop&{query}").json()
    assert [item["score"] for item in found["items"]] == scores


def test_the_top_holds_only_what_can_be_trusted_at_all(staff_client: Client, project: Project) -> None:
    found = staff_client.get(f"/api/opportunities/top?project={project.pk}").json()
    assert [item["score"] for item in found["items"]] == [50, 40, 30, 20, 10]
    top = staff_client.get(f"/api/opportunities/top?project={project.pk}&limit=1").json()
    assert [item["score"] for item in top["items"]] == [50]


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("", "project"),
        ("project=", "project"),
        ("project=%00", "project"),
        ("project=1&minScore=101", "minScore"),
        ("project=1&priority=6", "priority"),
        ("project=1&status=good", "status"),
        ("project=1&search=%00", "search"),
    ],
)
def test_a_query_that_will_not_do_is_refused(staff_client: Client, query: str, field: str) -> None:
    answer = staff_client.get(f"/api/opportunities?{query}")
    assert (answer.status_code, answer.json()["field"]) == (400, field)
