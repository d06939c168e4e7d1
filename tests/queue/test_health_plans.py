"""Looking the queue over reads a few entries of an index a lane, however much waits."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.db import connection

from queueproject.queue.models import Batch, BudgetEntry, Job, Provider
from queueproject.queue.selectors import sql
from tests.queue.test_plans import PLANS, fill, run, walk

pytestmark = pytest.mark.django_db(transaction=True)

STATEMENTS: dict[str, dict[str, Any]] = {
    "find_heads": {},
    "find_unknown_kinds": {"known": ["tests.noop"], "most": 100},
}


def explain(name: str) -> dict[str, Any]:
    with connection.cursor() as cursor:
        cursor.execute((PLANS / "explain.sql").read_text() + sql.text(name), STATEMENTS[name])
        (found,) = cursor.fetchone()
    plan: dict[str, Any] = (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]
    return plan


@pytest.mark.parametrize("statistics", ["fresh", "stale"])
def test_health_reads_no_table_of_jobs_whole_and_sorts_none(lane: Provider, statistics: str) -> None:
    if statistics == "stale":
        fill(20)
        run("analyze")
        for model in (Job, Batch, BudgetEntry):
            model._default_manager.all().delete()
    fill(10_000)
    if statistics == "fresh":
        run("analyze")
    for name in STATEMENTS:
        nodes = list(walk(explain(name)))
        assert not [
            node for node in nodes if node.get("Relation Name") == "queue_job" and "Seq" in node["Node Type"]
        ]
        assert not [node for node in nodes if node["Node Type"] == "Sort" and node["Plan Rows"] > 2000]


def test_every_statement_of_health_names_its_indexes() -> None:
    for name in STATEMENTS:
        assert "Indexes: job_claim" in (Path(sql.__file__).parent / f"{name}.sql").read_text()
