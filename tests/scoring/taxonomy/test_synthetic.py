"""Made-up figures are the same each time, marked as made up, and leave sales alone."""

import hashlib
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from scoring.taxonomy.demo import DEMO_PROJECT, load_demo
from scoring.taxonomy.models import NodeMetric, Project
from scoring.taxonomy.rules import opportunity
from scoring.taxonomy.rules.facts import MetricRow, gather
from scoring.taxonomy.synthetic import RealMetricsPresent, make_up_metrics
from tests.scoring.taxonomy.csv.files import import_retail
from tests.scoring.taxonomy.factories import make_metric, make_node, make_project, make_tree

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 6, 26, 12, tzinfo=UTC)


def list_figures(project: Project) -> list[tuple[object, ...]]:
    columns = ("node__external_id", *MetricRow._fields, "avg_session_duration")
    return list(NodeMetric.objects.filter(node__project=project).order_by(*columns[:3]).values_list(*columns))


def test_the_same_seed_gives_the_same_figures_and_another_others() -> None:
    project, twin, other = make_project(), make_project("Twin"), make_project("Other")
    for one, seed in ((project, 1), (twin, 1), (other, 2)):
        make_tree(one, nodes=60)
        make_up_metrics(one, seed=seed, now=NOW)
    assert list_figures(project) == list_figures(twin) != list_figures(other)


def test_made_up_figures_are_marked_and_replace_earlier_ones() -> None:
    project = make_project()
    make_tree(project, nodes=60)
    first = make_up_metrics(project, seed=1, as_of=date(2026, 1, 1), now=NOW)
    made = make_up_metrics(project, seed=2, now=NOW)
    assert (first.as_of, made.as_of) == (date(2026, 1, 1), date(2026, 6, 25))
    assert NodeMetric.objects.count() == made.rows
    assert not NodeMetric.objects.filter(is_synthetic=False).exists()
    assert set(NodeMetric.objects.values_list("date", "days_covered")) == {
        (date(2026, 5, 29), 7),
        (date(2026, 6, 5), 7),
        (date(2026, 6, 12), 7),
        (date(2026, 6, 19), 7),
    }


def test_sales_are_left_and_made_up_figures_end_on_their_last_day() -> None:
    project = make_project()
    nodes = make_tree(project, nodes=30)
    make_metric(nodes[0], source="shopify", days_covered=7, revenue=70, transactions=7)
    made = make_up_metrics(project, now=NOW)
    assert made.as_of == date(2026, 7, 1)
    assert not made.has_made_up_sales
    sold = NodeMetric.objects.get(source="shopify")
    assert (sold.is_synthetic, sold.transactions) == (False, 7)


@pytest.mark.parametrize("source", ["gsc", "ga4"])
def test_measured_search_and_session_figures_are_never_replaced(source: str) -> None:
    project = make_project()
    make_metric(make_node(project), source=source, impressions=5)
    with pytest.raises(RealMetricsPresent):
        make_up_metrics(project)
    assert NodeMetric.objects.count() == 1


def test_the_shop_that_ships_has_something_of_every_kind() -> None:
    project = load_demo()
    assert project.name == DEMO_PROJECT
    assert project.nodes.count() == 65
    day = NodeMetric.objects.find_newest_day(project)
    assert day is not None
    found = []
    for node in project.nodes.all():
        rows = [MetricRow._make(row) for row in node.metrics.values_list(*MetricRow._fields)]
        window = gather(rows, as_of=day)
        assert window.is_synthetic
        found.append(opportunity.score(window, choices=project.choices, as_of=day))
    assert {one.priority for one in found} == {1, 2, 3, 4, 5}
    assert {one.has_data for one in found} == {True, False}
    load_demo()
    assert project.nodes.count() == 65


def test_the_grocers_figures_are_the_ones_that_were_looked_at(real_data: Path) -> None:
    project = make_project()
    import_retail(project, real_data)
    made = make_up_metrics(project)
    assert (made.as_of, made.nodes, made.has_made_up_sales) == (date(2017, 6, 25), 3_874, False)
    rows = [row for row in list_figures(project) if row[4]]
    digest = hashlib.sha256(repr(rows).encode()).hexdigest()
    assert (len(rows), digest[:12]) == (30_992, "e01421a549f1")
