from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from scoring.taxonomy.rules import opportunity, revenue
from scoring.taxonomy.rules.combined import combine
from scoring.taxonomy.rules.facts import MetricWindow
from scoring.taxonomy.windows import read_windows
from tests.scoring.taxonomy.factories import AS_OF, make_measured_node, make_metric, make_node, make_project

pytestmark = pytest.mark.django_db


def test_the_worked_check_holds_from_the_tables_to_the_combined_value() -> None:
    project = make_project()
    node = make_measured_node(project)
    window = read_windows([node.pk], as_of=AS_OF)[node.pk]
    score = opportunity.score(window, choices=project.choices, as_of=AS_OF)
    projection = revenue.project(window, choices=project.choices)
    assert score.score == 41
    assert projection.projected_lift == pytest.approx(2560)
    assert combine(score, projection) == pytest.approx(15.694)


def test_the_months_of_many_nodes_are_read_in_one_query() -> None:
    project = make_project()
    nodes = [make_measured_node(project, f"Tea {number}") for number in range(3)]
    bare = make_node(project, "Bare")
    make_metric(bare, on=AS_OF - timedelta(days=30), impressions=500)
    make_metric(bare, on=AS_OF + timedelta(days=1), impressions=500)
    with CaptureQueriesContext(connection) as queries:
        windows = read_windows([*(node.pk for node in nodes), bare.pk], as_of=AS_OF)
    assert len(queries) == 1
    assert windows[bare.pk] == MetricWindow()
    assert {windows[node.pk].impressions for node in nodes} == {20_000}
    assert read_windows([], as_of=AS_OF) == {}
