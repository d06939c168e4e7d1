"""The admin's tables: projects are edited, what jobs write is only read."""

from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from scoring.taxonomy.models import Node, Project
from tests.scoring.taxonomy.factories import (
    make_analysis,
    make_metric,
    make_node,
    make_opportunity,
    make_project,
    make_projection,
    make_result,
)

pytestmark = pytest.mark.django_db

READ_ONLY = ("analysis", "noderesult", "opportunity", "projection", "nodemetric")


@pytest.fixture
def node() -> Node:
    node = make_node(make_project())
    make_metric(node, impressions=1)
    make_opportunity(node)
    make_projection(node)
    make_result(make_analysis(node.project), node)
    return node


@pytest.mark.parametrize("model", [*READ_ONLY, "project", "node"])
def test_every_list_opens_with_rows_and_without(staff_client: Client, model: str, node: Node) -> None:
    url = reverse(f"admin:taxonomy_{model}_changelist")
    assert staff_client.get(url).context["cl"].result_count == 1
    assert staff_client.get(url, {"q": "nothing"}).status_code == 200


@pytest.mark.parametrize("model", READ_ONLY)
def test_what_jobs_write_is_only_read(staff_client: Client, model: str, node: Node) -> None:
    assert staff_client.get(reverse(f"admin:taxonomy_{model}_add")).status_code == 403
    listed = staff_client.get(reverse(f"admin:taxonomy_{model}_changelist")).context["cl"].result_list[0]
    change = reverse(f"admin:taxonomy_{model}_change", args=[listed.pk])
    assert staff_client.get(change).status_code == 200
    assert staff_client.post(change, {}).status_code == 403
    assert staff_client.post(reverse(f"admin:taxonomy_{model}_delete", args=[listed.pk])).status_code == 403


def test_a_wrong_weight_is_said_at_its_field(staff_client: Client) -> None:
    project = make_project()
    url = reverse("admin:taxonomy_project_change", args=[project.pk])
    fields: dict[str, Any] = {
        "name": "Corner shop",
        "priority": 150,
        "as_of": "",
        "ctr_curve": "[0.3, 0.2, 0.1, 0.06, 0.05, 0.04, 0.03, 0.02, 0.01, 0.01]",
        "weights": '{"volume": 0.5, "ctr_gap": 0.3, "position": 0.2, "competition": 0.1, "revenue": 0.15}',
        "target_position": 3,
        "timeframe": "moderate",
        "seasonality": 1,
    }
    refused = staff_client.post(url, fields)
    assert "must sum to 1" in str(refused.context["adminform"].form.errors["weights"])
    fields["weights"] = fields["weights"].replace("0.5", "0.25")
    assert staff_client.post(url, fields).status_code == 302
    project.refresh_from_db()
    assert (project.priority, project.weights["volume"]) == (150, 0.25)
    page = staff_client.get(reverse("taxonomy:project", args=[project.pk])).content.decode()
    assert "by ada" in page


def test_a_project_goes_with_all_that_belongs_to_it(staff_client: Client, node: Node) -> None:
    url = reverse("admin:taxonomy_project_delete", args=[node.project_id])
    assert "with everything below it" in staff_client.get(url).content.decode()
    assert staff_client.post(url, {"post": "yes"}).status_code == 302
    assert not Project.objects.exists()
    assert not Node.objects.exists()


def test_a_node_keeps_its_place_when_its_text_is_corrected(staff_client: Client, node: Node) -> None:
    url = reverse("admin:taxonomy_node_change", args=[node.pk])
    answer = staff_client.post(url, {"title": "Fine tea", "metadata": "{}", "path": "Elsewhere", "depth": 7})
    assert answer.status_code == 302
    node.refresh_from_db()
    assert (node.title, node.path, node.depth) == ("Fine tea", "Tea", 1)
    assert staff_client.get(reverse("admin:taxonomy_node_add")).status_code == 403
