"""The statements of the imports read the tables by index, or once and whole, never once per row."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from scoring.taxonomy.csv import sql
from scoring.taxonomy.models import NodeMetric
from tests.scoring.taxonomy.factories import AS_OF, make_project, make_tree

pytestmark = pytest.mark.django_db

PLANS = Path(__file__).parent / "sql"
STATEMENTS = sorted(path.stem for path in Path(sql.__file__).parent.glob("*.sql"))
GIVEN = ["title", "url", "revenue"]
PARAMETERS: dict[str, dict[str, Any]] = {
    "find_metric_twins": {},
    "find_misplaced_nodes": {},
    "find_unknown_nodes": {"project": 1},
    "reserve_node_ids": {"count": 10},
    "upsert_metrics": {"project": 1, "given": GIVEN, "now": datetime(2026, 6, 26, tzinfo=UTC)},
    "upsert_nodes": {"project": 1, "given": GIVEN},
}
Plan = dict[str, Any]


def walk(plan: Plan) -> Iterator[Plan]:
    """Visit every node of a plan."""
    yield plan
    for child in plan.get("Plans", ()):
        yield from walk(child)


def find_faults(plan: Plan) -> Iterator[str]:
    """Name the tables that are read whole for each row of another."""
    for node in walk(plan):
        if node["Node Type"] == "Nested Loop":
            for inner in walk(node["Plans"][1]):
                if inner["Node Type"] == "Seq Scan":
                    yield inner["Relation Name"]


def explain(name: str) -> Plan:
    with connection.cursor() as cursor:
        cursor.execute((PLANS / "explain.sql").read_text() + sql.text(name), PARAMETERS[name])
        (found,) = cursor.fetchone()
    plan: Plan = (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]
    return plan


def test_every_statement_says_what_it_does_and_which_index_it_reads() -> None:
    for name in STATEMENTS:
        lines = sql.text(name).splitlines()
        assert [line.startswith("-- ") for line in lines[:3]] == [True, True, False], name


def test_every_statement_with_a_plan_is_planned_here() -> None:
    planned = {name for name in STATEMENTS if sql.text(name).splitlines()[2].split()[0] in ("SELECT", "WITH")}
    assert planned == set(PARAMETERS)


@pytest.mark.parametrize("rows", [0, 5_000])
def test_no_table_is_read_whole_for_every_row(rows: int) -> None:
    if rows:
        nodes = make_tree(make_project(), nodes=rows)
        NodeMetric.objects.bulk_create(NodeMetric(node=node, date=AS_OF, source="gsc") for node in nodes)
        with connection.cursor() as cursor:
            cursor.execute((PLANS / "analyze.sql").read_text())
    for name in ("create_node_upload", "create_node_place", "create_metric_upload"):
        sql.run(name)
    faults = {name: list(find_faults(explain(name))) for name in PARAMETERS}
    assert not any(faults.values()), faults


def test_a_table_read_for_every_row_is_found() -> None:
    scan = {"Node Type": "Seq Scan", "Relation Name": "taxonomy_node"}
    probe = {"Node Type": "Index Scan", "Relation Name": "taxonomy_node"}
    assert list(find_faults({"Node Type": "Nested Loop", "Plans": [probe, scan]})) == ["taxonomy_node"]
    assert list(find_faults({"Node Type": "Nested Loop", "Plans": [scan, probe]})) == []
