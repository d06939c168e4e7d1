"""Days and weeks of metrics are imported whole or refused line by line."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from scoring.taxonomy.csv import import_metrics
from scoring.taxonomy.models import Node, NodeMetric, Project
from tests.scoring.taxonomy.csv.files import import_retail, list_metric_faults, load_tree
from tests.scoring.taxonomy.factories import make_project

pytestmark = pytest.mark.django_db

NOW = datetime(2026, 6, 26, 12, tzinfo=UTC)
FULL = """\
node_id,date,source,days_covered,impressions,clicks,position,sessions,revenue,transactions,bounce_rate,\
avg_session_duration,is_synthetic
tea,2026-06-01,gsc,1,"1,200",30,7.25,,,,,,no
tea,2026-06-01,ga4,1,,,,44,,,45%,61.5,yes
green,2026-06-01,shopify,7,,,,,1234.565,6,,,
"""


@pytest.fixture
def project() -> Project:
    project = make_project()
    load_tree(project)
    return project


def test_every_figure_is_taken_over(project: Project) -> None:
    result = import_metrics(project, FULL.encode(), now=NOW)
    assert (result.rows, result.created, result.updated, result.unchanged) == (3, 3, 0, 0)
    gsc, ga4, shop = (NodeMetric.objects.get(source=source) for source in ("gsc", "ga4", "shopify"))
    assert (gsc.impressions, gsc.clicks, gsc.position, gsc.sessions) == (1200, 30, 7.25, None)
    assert (ga4.sessions, ga4.bounce_rate, ga4.avg_session_duration) == (44, 0.45, 61.5)
    assert (gsc.is_synthetic, ga4.is_synthetic, shop.is_synthetic) == (False, True, False)
    assert (shop.revenue, shop.transactions, shop.days_covered) == (Decimal("1234.57"), 6, 7)
    assert shop.node.external_id == "green"


def test_what_has_no_column_is_named_with_the_import(project: Project) -> None:
    file = b"node_id,week_start,revenue_usd,transactions,households\ntea,2026-06-01,7,1,1\n"
    import_metrics(project, file, measured_by="shopify", days_covered=7, is_synthetic=True)
    row = NodeMetric.objects.get()
    assert (row.source, row.days_covered, row.date, row.is_synthetic) == (
        "shopify",
        7,
        date(2026, 6, 1),
        True,
    )


def test_columns_of_the_file_go_before_what_is_named_with_the_import(project: Project) -> None:
    import_metrics(project, FULL.encode(), measured_by="gsc", days_covered=1)
    assert set(NodeMetric.objects.values_list("source", "days_covered")) == {
        ("gsc", 1),
        ("ga4", 1),
        ("shopify", 7),
    }


def test_a_row_again_updates_what_its_file_has_columns_for(project: Project) -> None:
    import_metrics(project, FULL.encode(), now=NOW)
    again = b"node_id,date,impressions\ntea,2026-06-01,\ntea,2026-06-02,5\n"
    result = import_metrics(project, again, measured_by="gsc", days_covered=1)
    assert (result.created, result.updated, result.unchanged) == (1, 1, 0)
    row = NodeMetric.objects.get(date=date(2026, 6, 1), source="gsc")
    assert (row.impressions, row.clicks, row.position) == (None, 30, 7.25)


def test_nodes_say_when_their_metrics_changed(project: Project) -> None:
    import_metrics(project, FULL.encode(), now=NOW)
    changed = dict(Node.objects.values_list("external_id", "metrics_updated_at"))
    assert changed == {"tea": NOW, "green": NOW, "sencha": None, "coffee": None}
    later = datetime(2026, 6, 27, 12, tzinfo=UTC)
    assert import_metrics(project, FULL.encode(), now=later).unchanged == 3
    assert not Node.objects.filter(metrics_updated_at=later).exists()


def test_a_dry_run_counts_and_writes_nothing(project: Project) -> None:
    assert import_metrics(project, FULL.encode(), dry_run=True).created == 3
    assert not NodeMetric.objects.exists()
    assert not Node.objects.filter(metrics_updated_at__isnull=False).exists()


REFUSED = {
    "an unknown node": (
        "node_id,date\ntea,2026-06-01\nmate,2026-06-01\n",
        ["line 3, column node_id: the project has no node of this id (found: mate)"],
    ),
    "a row twice": (
        "node_id,day\ntea,2026-06-01\ngreen,2026-06-01\ntea,2026-06-01\n",
        ["line 4, column node_id: line 2 has the same node, day and source (found: tea)"],
    ),
    "no day": (
        "node_id,week_start\ntea,01.06.2026\n",
        ["line 2, column week_start: not a day; write it as 2026-06-25 (found: 01.06.2026)"],
    ),
    "a day of a calendar without dashes": (
        "node_id,date\ntea,20260601\n",
        ["line 2, column date: not a day; write it as 2026-06-25 (found: 20260601)"],
    ),
    "a day to come": (
        "node_id,date\ntea,2226-06-01\n",
        ["line 2, column date: lies in the future (found: 2226-06-01)"],
    ),
    "an unknown source": (
        "node_id,date,source\ntea,2026-06-01,bing\n",
        ["line 2, column source: must be one of gsc, ga4, shopify (found: bing)"],
    ),
    "no source": (
        "node_id,date,source\ntea,2026-06-01,\n",
        ["line 2, column source: must be one of gsc, ga4, shopify"],
    ),
    "a month of days": (
        "node_id,date,days_covered\ntea,2026-06-01,30\n",
        ["line 2, column days_covered: must be 1 for a day or 7 for a week (found: 30)"],
    ),
    "less than nothing": (
        "node_id,date,revenue_usd,clicks\ntea,2026-06-01,-0.01,-1\n",
        [
            "line 2, column clicks: must be at least 0 (found: -1)",
            "line 2, column revenue_usd: must be at least 0 (found: -0.01)",
        ],
    ),
    "a decimal comma": (
        'node_id,date,revenue\ntea,2026-06-01,"7,2"\n',
        ["line 2, column revenue: not a number; write it with a decimal point, such as 12.56 (found: 7,2)"],
    ),
    "more than all": (
        "node_id,date,bounce_rate\ntea,2026-06-01,101%\n",
        ["line 2, column bounce_rate: must be at most 1.0 (found: 101%)"],
    ),
    "a number without end": (
        f"node_id,date,revenue\ntea,2026-06-01,{'9' * 15}\n",
        [f"line 2, column revenue: must be at most 999999999999.99 (found: {'9' * 15})"],
    ),
}


@pytest.mark.parametrize("kind", REFUSED)
def test_broken_metrics_are_refused_by_line_and_column(project: Project, kind: str) -> None:
    content, faults = REFUSED[kind]
    assert list_metric_faults(project, content) == faults
    assert not NodeMetric.objects.exists()


@pytest.mark.parametrize(
    ("named", "column"), [({"measured_by": "gsc"}, "days_covered"), ({"days_covered": 7}, "source")]
)
def test_what_no_column_and_no_option_says_is_refused(
    project: Project, named: dict[str, object], column: str
) -> None:
    with pytest.raises(Exception, match=f"line 1, column {column}: the column is missing"):
        import_metrics(project, b"node_id,date\ntea,2026-06-01\n", **named)  # type: ignore[arg-type]


def test_a_node_of_another_project_is_unknown(project: Project) -> None:
    other = make_project("Other shop")
    assert list_metric_faults(other, "node_id,date\ntea,2026-06-01\n")


def test_the_grocers_weeks_are_imported_as_they_are(real_data: Path) -> None:
    project = make_project()
    import_retail(project, real_data)
    assert NodeMetric.objects.count() == 23_879
    assert NodeMetric.objects.values("node").distinct().count() == 2_903
    assert NodeMetric.objects.filter(revenue=0).count() == 74
    assert NodeMetric.objects.find_newest_day(project) == date(2017, 6, 25)
    again = import_metrics(
        project,
        real_data / "taxonomy" / "retail_node_weeks.csv",
        measured_by="shopify",
        days_covered=7,
    )
    assert again.unchanged == 23_879
