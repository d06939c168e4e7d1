"""Projects, opportunities, tree and nodes: what stands on them, empty and full, and what they cost."""

import csv
import io
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from scoring.taxonomy.models import Project
from scoring.taxonomy.page_selectors.charts import draw_distribution
from scoring.taxonomy.page_selectors.nodes import PAGE_SIZE
from scoring.taxonomy.services import AnalysisOptions, start_analysis
from tests.scoring.taxonomy.factories import (
    AS_OF,
    make_analysis,
    make_metric,
    make_node,
    make_opportunity,
    make_project,
    make_projection,
    make_result,
    make_tree,
)
from tests.scoring.taxonomy.views.conftest import Shop

# Session, user, permissions 4; a bound on the rest 3; bar 3. Then what each page reads itself.
SHARED_QUERIES = 10


def show(client: Client, name: str, *args: Any, **query: Any) -> str:
    answer = client.get(reverse(f"taxonomy:{name}", args=args), query)
    assert answer.status_code == 200
    return " ".join(answer.content.decode().split())


def count_queries(client: Client, name: str, *args: Any, **query: Any) -> int:
    show(client, name, *args, **query)
    with CaptureQueriesContext(connection) as asked:
        show(client, name, *args, **query)
    return len(asked)


def make_scored(project: Project, number: int, **values: Any) -> None:
    node = make_node(project, f"Node {number:03}", product_count=5, optimization_status="needs_work")
    facts = {"score": number % 101, "revenue_potential": number * 10, "effort": 20, "priority": 3}
    make_opportunity(node, **{**facts, **values})


@pytest.mark.django_db
def test_pages_without_rows_say_what_to_do(staff_client: Client) -> None:
    assert "There is no project yet." in show(staff_client, "projects")
    project = make_project()
    page = show(staff_client, "project", project.pk)
    assert "This project has no nodes yet." in page
    assert "Nothing was analysed yet." in page
    assert "Nothing is scored yet." in show(staff_client, "opportunities", project.pk)
    assert "This project has no nodes yet." in show(staff_client, "tree", project.pk)
    assert "this project has 0" in show(staff_client, "compare", project.pk)
    assert "This project has no nodes yet." in show(staff_client, "start", project.pk)
    node = make_node(project)
    page = show(staff_client, "node", node.pk)
    assert "This node was never scored." in page
    assert "Nothing was measured in the 30 days that count." in page
    assert "Nothing was projected for it yet." in page


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("name", "queries"), [("projects", 3), ("project", 8), ("opportunities", 6), ("tree", 6), ("start", 5)]
)
def test_more_rows_cost_no_further_queries(staff_client: Client, name: str, queries: int) -> None:
    project = make_project()
    args = [] if name == "projects" else [project.pk]
    for number in range(3):
        make_scored(project, number)
        make_analysis(project, state="completed")
    few = count_queries(staff_client, name, *args)
    for number in range(3, 60):
        make_scored(project, number)
    for number in range(5):
        make_analysis(project, state="completed")
        make_project(f"More {number}")
    assert count_queries(staff_client, name, *args) == few
    assert few <= SHARED_QUERIES + queries


@pytest.mark.django_db
def test_opportunities_are_filtered_ordered_and_exported_alike(staff_client: Client) -> None:
    project = make_project()
    for number in (10, 40, 90):
        make_scored(project, number)
    make_scored(project, 70, priority=1, label="quick-win")
    parent = make_node(project, "Teas")
    below = make_node(project, "Green", parent=parent, optimization_status="critical")
    make_opportunity(below, score=55)

    def find(**query: Any) -> list[int]:
        page = staff_client.get(reverse("taxonomy:opportunities", args=[project.pk]), query)
        file = staff_client.get(reverse("taxonomy:opportunities_csv", args=[project.pk]), query)
        text = b"".join(file.streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
        shown = [one.score for _, one in page.context["rows"]]
        assert [int(row["score"]) for row in csv.DictReader(io.StringIO(text))] == shown
        return shown

    assert find() == [90, 70, 55, 40, 10]
    assert find(min_score=41) == [90, 70, 55]
    assert find(priority=1) == [70]
    assert find(label="quick-win") == [70]
    assert find(status="critical") == [55]
    assert find(q="node 0") == [90, 70, 40, 10]
    assert find(under=parent.pk) == [55]
    assert find(under=10**9) == []
    assert find(sort="path") == [10, 40, 70, 90, 55]
    assert find(sort="nonsense", min_score="many") == [90, 70, 55, 40, 10]


@pytest.mark.django_db
def test_charts_are_of_what_the_filters_let_through(staff_client: Client) -> None:
    project = make_project()
    for number in (10, 40, 90):
        make_scored(project, number)
    overview = staff_client.get(
        reverse("taxonomy:opportunities", args=[project.pk]), {"min_score": 20}
    ).context["overview"]
    assert {column.label: column.count for column in overview.distribution.columns if column.count} == {
        "40–49": 1,
        "90–100": 1,
    }
    assert [line.label for line in overview.top.lines] == ["Node 090", "Node 040"]
    assert [(point.effort, point.score) for point in overview.scatter.points] == [(20, 90), (20, 40)]
    assert overview.scatter.quick_wins == 1
    assert overview.potential == 1_300


@pytest.mark.django_db
def test_a_chart_says_in_words_and_in_a_table_what_it_shows(staff_client: Client) -> None:
    project = make_project()
    make_scored(project, 90)
    page = show(staff_client, "opportunities", project.pk)
    assert "1 nodes have a score; most of them, 1, lie at 90–100." in page
    table = page[page.index('id="effort-table"') :]
    assert "<td>Node 090</td>" in table


@pytest.mark.django_db
def test_a_level_of_the_tree_is_read_in_pages(staff_client: Client) -> None:
    project = make_project()
    root = make_node(project, "Root")
    for number in range(PAGE_SIZE + 1):
        make_node(project, f"Leaf {number:03}", parent=root, position=number)
    tree = show(staff_client, "tree", project.pk)
    assert f"{PAGE_SIZE + 1} below" in tree
    assert "Leaf 000" not in tree
    first = show(staff_client, "children", root.pk)
    assert first.count("t-leaf") == PAGE_SIZE
    assert f"offset={PAGE_SIZE}" in first
    rest = show(staff_client, "children", root.pk, offset=PAGE_SIZE)
    assert rest.count("t-leaf") == 1
    assert "Show more" not in rest


@pytest.mark.django_db
def test_a_tree_of_many_nodes_costs_no_more_than_a_small_one(staff_client: Client) -> None:
    project = make_project()
    make_tree(project, nodes=3)
    few = count_queries(staff_client, "tree", project.pk)
    make_tree(project, nodes=5_000, prefix="m")
    assert count_queries(staff_client, "tree", project.pk) == few
    assert len(staff_client.get(reverse("taxonomy:tree", args=[project.pk])).content) < 100_000


@pytest.mark.django_db(transaction=True)
def test_a_node_explains_its_score_by_its_figures(staff_client: Client, shop: Shop) -> None:
    page = staff_client.get(reverse("taxonomy:node", args=[shop.tea.pk]))
    detail = page.context["detail"]
    assert [factor.key for factor in detail.factors] == [
        "volume",
        "ctr_gap",
        "position",
        "competition",
        "revenue",
    ]
    assert sum(factor.points for factor in detail.factors) == pytest.approx(41, abs=0.5)
    text = " ".join(page.content.decode().split())
    for words in (
        "20,000 impressions",
        "1.50 % of impressions bring a click; 2.30 %",
        "Position 8.0",
        "65 %",
    ):
        assert words in text
    assert "2,560" in text
    assert reverse("taxonomy:node", args=[shop.drinks.pk]) in text


@pytest.mark.django_db
def test_a_long_history_costs_no_further_queries(staff_client: Client) -> None:
    node = make_node(make_project())
    make_metric(node, impressions=100)
    make_opportunity(node, as_of=AS_OF)
    make_projection(node, analysis=make_analysis(node.project))
    few = count_queries(staff_client, "node", node.pk)
    for _ in range(30):
        make_projection(node, analysis=make_analysis(node.project))
    assert count_queries(staff_client, "node", node.pk) == few
    assert "The latest 20 are shown." in show(staff_client, "node", node.pk)


@pytest.mark.django_db
def test_made_up_figures_are_labelled_wherever_they_are_shown(staff_client: Client) -> None:
    project = make_project()
    node = make_node(project)
    make_opportunity(node, as_of=AS_OF)
    pages = [("project", project.pk), ("opportunities", project.pk), ("tree", project.pk), ("node", node.pk)]
    make_metric(node, impressions=100)
    for name, pk in pages:
        assert "made up" not in show(staff_client, name, pk), name
    make_metric(node, source="ga4", sessions=3, is_synthetic=True)
    for name, pk in pages:
        assert 'id="synthetic"' in show(staff_client, name, pk), name
    assert "These figures are synthetic" in show(staff_client, "node", node.pk)
    file = staff_client.get(reverse("taxonomy:opportunities_csv", args=[project.pk]))
    assert b"".join(file.streaming_content).strip().endswith(b",yes")  # type: ignore[attr-defined]


@pytest.mark.django_db
@pytest.mark.parametrize("name", ["opportunities", "compare"])
def test_a_page_orders_numbers_of_rows_and_reads_only_the_rows_it_shows(
    staff_client: Client, name: str
) -> None:
    project = make_project()
    for number in range(60):
        make_scored(project, number)
    for _ in range(2):
        analysis = make_analysis(project, state="completed")
        for node in project.nodes.all():
            make_result(analysis, node, score=10)
    with CaptureQueriesContext(connection) as queries:
        show(staff_client, name, project.pk)
    ordered = [query["sql"] for query in queries if query["sql"].endswith("LIMIT 50")]
    assert ordered
    assert not [sql for sql in ordered if '"metadata"' in sql or '"result"' in sql or '"node_ids"' in sql]


def test_bands_too_narrow_for_their_names_say_where_they_begin() -> None:
    ten = draw_distribution({f"{low}–{low + 9}": 1 for low in range(0, 100, 10)})
    five = draw_distribution({f"{low}–{low + 19}": 1 for low in range(0, 100, 20)})
    assert [column.tick for column in ten.columns][:3] == ["0", "10", "20"]
    assert [column.tick for column in five.columns][:2] == ["0–19", "20–39"]


@pytest.mark.django_db
def test_an_analysis_tells_weights_and_options_in_the_order_of_their_forms(staff_client: Client) -> None:
    analysis = start_analysis(make_project(), type="scoring", options=AnalysisOptions(timeout_ms=5_000))
    page = show(staff_client, "analysis", analysis.pk)
    words = ("volume 0.25", "position 0.2", "revenue 0.15", "Nodes in one chunk: 100", "milliseconds: 5,000")
    places = [page.index(each) for each in words]
    assert places == sorted(places)
