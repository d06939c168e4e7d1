"""Import, start, watch, cancel, retry and compare from the pages."""

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from queueproject.queue.models import Batch
from scoring.taxonomy.models import Analysis, Node, NodeMetric, Project
from scoring.taxonomy.services import start_analysis
from tests.scoring.taxonomy.factories import make_analysis, make_node, make_project, make_result, make_tree

pytestmark = pytest.mark.django_db


def post(client: Client, name: str, *args: Any, **fields: Any) -> Any:
    return client.post(reverse(f"taxonomy:{name}", args=args), fields, follow=True)


def upload(client: Client, project: Project, what: str, text: str, **fields: Any) -> Any:
    file = SimpleUploadedFile("file.csv", text.encode())
    return post(client, "import", project.pk, what, file=file, **fields)


def text_of(response: Any) -> str:
    return " ".join(response.content.decode().split())


def options(**changes: Any) -> dict[str, Any]:
    chosen = {"batch_size": 100, "max_retries": 3, "retry_delay_ms": 1000, "concurrency": 5}
    return {"type": "scoring", **chosen, "timeout_ms": 300_000, **changes}


def test_a_file_is_checked_without_a_trace_and_then_imported(staff_client: Client) -> None:
    project = make_project()
    nodes = "node_id,parent_id,title\n1,,Drinks\n2,1,Tea\n"
    checked = upload(staff_client, project, "nodes", nodes, check=1)
    assert "would create 2, update 0 and leave 0 as they are. Nothing was written" in text_of(checked)
    assert not Node.objects.exists()
    assert "2 rows of nodes read: 2 created, 0 updated" in text_of(
        upload(staff_client, project, "nodes", nodes)
    )
    metrics = "node_id,date,impressions\n2,2026-06-01,100\n"
    done = upload(
        staff_client, project, "metrics", metrics, measured_by="gsc", days_covered=7, is_synthetic="on"
    )
    assert "1 row of metrics read: 1 created" in text_of(done)
    row = NodeMetric.objects.get()
    assert (row.source, row.days_covered, row.is_synthetic, row.impressions) == ("gsc", 7, True, 100)


def test_a_file_with_a_fault_is_refused_whole_by_line(staff_client: Client) -> None:
    project = make_project()
    refused = upload(staff_client, project, "nodes", "node_id,parent_id,title\n1,,Drinks\n2,9,Tea\n")
    assert refused.status_code == 400
    assert [fault.line for fault in refused.context["faults"].kept] == [3]
    assert "nothing was imported" in text_of(refused)
    assert not Node.objects.exists()


@pytest.mark.parametrize("what", ["nodes", "metrics"])
def test_no_file_is_said_at_the_field(staff_client: Client, what: str) -> None:
    refused = post(staff_client, "import", make_project().pk, what)
    assert refused.status_code == 400
    assert refused.context["form"].errors["file"] == ["This field is required."]


def test_what_starting_means_is_said_first(staff_client: Client) -> None:
    project = make_project()
    make_tree(project, nodes=45)
    page = post(staff_client, "start", project.pk, **options(batch_size=10, concurrency=3))
    forecast = page.context["forecast"]
    assert (forecast.nodes, forecast.chunks, forecast.at_once) == (45, 5, 3)
    assert "No worker lives" in text_of(page)
    assert not Analysis.objects.exists()


def test_an_analysis_starts_with_the_options_chosen(staff_client: Client) -> None:
    project = make_project()
    make_tree(project, nodes=45)
    page = post(staff_client, "start", project.pk, start=1, **options(batch_size=10, concurrency=3))
    analysis = Analysis.objects.get()
    assert page.redirect_chain[-1][0] == reverse("taxonomy:analysis", args=[analysis.pk])
    assert (analysis.type, analysis.actor, analysis.options["batchSize"]) == ("scoring", "ada", 10)
    batch = Batch.objects.get()
    assert (batch.max_in_flight, batch.jobs.count(), batch.total_units) == (3, 5, 45)
    assert "Waits: " in text_of(page)
    assert 'data-poll-seconds="2"' in text_of(page)


@pytest.mark.parametrize(
    ("name", "value"),
    [("batch_size", 0), ("max_retries", 11), ("retry_delay_ms", -1), ("concurrency", 51), ("type", "guess")],
)
def test_a_wrong_option_is_said_at_its_field_and_nothing_starts(
    staff_client: Client, name: str, value: Any
) -> None:
    project = make_project()
    make_node(project)
    page = post(staff_client, "start", project.pk, start=1, **options(**{name: value}))
    assert page.status_code == 400
    assert list(page.context["form"].errors) == [name]
    assert not Analysis.objects.exists()


def test_choices_that_cannot_be_used_are_named(staff_client: Client) -> None:
    project = make_project(weights={"volume": 1})
    make_node(project)
    page = post(staff_client, "start", project.pk, start=1, **options())
    assert "weights" in text_of(page)
    assert page.status_code == 400
    assert not Analysis.objects.exists()


def test_a_cancel_asks_first_and_ends_the_analysis(staff_client: Client) -> None:
    project = make_project()
    make_tree(project, nodes=5)
    analysis = start_analysis(project, type="scoring", actor="ada")
    url = reverse("taxonomy:act_on_analysis", args=[analysis.pk, "cancel"])
    assert "Its waiting chunks are dropped" in text_of(staff_client.get(url))
    analysis.refresh_from_db()
    assert analysis.state == "pending"
    page = text_of(staff_client.post(url, follow=True))
    assert "Cancelled. Nothing more is written for it." in page
    assert 'data-poll-seconds="2" hx-get="/admin/product-trees' not in page
    analysis.refresh_from_db()
    assert analysis.state == "cancelled"
    assert "Nothing to do: it is over." in text_of(staff_client.post(url, follow=True))


def test_a_retry_takes_the_failed_nodes_alone(staff_client: Client) -> None:
    project = make_project()
    good, bad = make_node(project, "Good"), make_node(project, "Bad")
    analysis = make_analysis(project, state="completed", total_nodes=2)
    make_result(analysis, good)
    make_result(analysis, bad, error="position is no number")
    page = post(staff_client, "act_on_analysis", analysis.pk, "retry")
    assert "1 failed node is tried again." in text_of(page)
    again = Analysis.objects.get(parent=analysis)
    assert (again.node_ids, again.created_by) == ([bad.pk], page.wsgi_request.user)
    assert reverse("taxonomy:analysis", args=[again.pk]) in text_of(page)


def test_a_retry_without_failures_says_so(staff_client: Client) -> None:
    analysis = make_analysis(make_project(), state="completed")
    assert "none of its nodes failed" in text_of(post(staff_client, "act_on_analysis", analysis.pk, "retry"))
    assert Analysis.objects.count() == 1


def test_errors_are_grouped_with_an_example_and_lead_to_their_nodes(staff_client: Client) -> None:
    project = make_project()
    analysis = make_analysis(
        project, state="completed", total_nodes=60, result={"successful": 0, "failed": 60, "successRate": 0.0}
    )
    for number, node in enumerate(make_tree(project, nodes=60)):
        make_result(analysis, node, error=f"broken {number:02}", error_kind="KeyError" if number else "Odd")
    page = staff_client.get(reverse("taxonomy:analysis", args=[analysis.pk]))
    assert page.context["overview"].progress.errors_by_kind == [
        ("KeyError", 59, "broken 01"),
        ("Odd", 1, "broken 00"),
    ]
    url = reverse("taxonomy:failed", args=[analysis.pk])
    assert f"{url}?kind=KeyError" in page.content.decode()
    assert len(staff_client.get(url).context["page"].object_list) == 50
    assert [row.error for row in staff_client.get(url, {"kind": "Odd"}).context["page"]] == ["broken 00"]
    with CaptureQueriesContext(connection) as full:
        staff_client.get(url)
    with CaptureQueriesContext(connection) as one:
        staff_client.get(url, {"kind": "Odd"})
    assert len(full) == len(one)


def test_only_the_part_is_drawn_for_a_refresh(staff_client: Client) -> None:
    analysis = make_analysis(make_project(), total_nodes=3)
    part = staff_client.get(
        reverse("taxonomy:analysis", args=[analysis.pk]), headers={"HX-Request": "true"}
    ).content.decode()
    assert part.lstrip().startswith('<div id="analysis"')
    assert "</html>" not in part


def make_pair(project: Project) -> tuple[Analysis, Analysis]:
    """Store two analyses: one node rises, one falls, one newly fails, one is mended, one is new."""
    sums = ({"totalPotential": 100.0, "failed": 1}, {"totalPotential": 250.0, "failed": 1})
    before, after = (
        make_analysis(project, state="completed", result={**each, "distribution": {"0-19": 2, "noData": 1}})
        for each in sums
    )
    scores = {"up": (10, 60), "down": (50, 20), "fails": (30, None), "mends": (None, 40), "new": (..., 5)}
    for name, pair in scores.items():
        node = make_node(project, name)
        for analysis, score in zip((before, after), pair, strict=True):
            if score is None:
                make_result(analysis, node, error="broken")
            elif score is not ...:
                make_result(analysis, node, score=score, projected_lift=score)
    return before, after


def test_two_analyses_are_compared_node_by_node(staff_client: Client) -> None:
    project = make_project()
    before, after = make_pair(project)
    url = reverse("taxonomy:compare", args=[project.pk])
    page = staff_client.get(url)
    comparison = page.context["comparison"]
    assert (comparison.before.analysis, comparison.after.analysis) == (before, after)
    assert comparison.potential_change == 150
    assert [(node.title, node.score_change) for node in comparison.risen] == [("up", 50)]
    assert [(node.title, node.score_change) for node in comparison.fallen] == [("down", -30)]
    assert comparison.newly_failed == 1

    def find(**query: Any) -> list[str]:
        return [node.title for node in staff_client.get(url, query).context["page"]]

    assert find() == ["down", "fails", "mends", "new", "up"]
    assert find(show="newly_failed") == ["fails"]
    assert find(show="mended") == ["mends"]
    assert find(show="changed", sort="fall") == ["down", "up"]
    assert find(sort="lift")[0] == "up"
    turned = staff_client.get(url, {"before": str(after.pk), "after": str(before.pk)})
    assert turned.context["comparison"].potential_change == -150


def test_more_differences_cost_no_further_queries(staff_client: Client) -> None:
    project = make_project()
    before, after = make_pair(project)
    url = reverse("taxonomy:compare", args=[project.pk])
    staff_client.get(url)
    with CaptureQueriesContext(connection) as few:
        staff_client.get(url)
    for node in make_tree(project, nodes=60):
        make_result(before, node, score=1)
        make_result(after, node, score=2)
    with CaptureQueriesContext(connection) as many:
        staff_client.get(url)
    assert len(many) == len(few)
