"""Analyses through real clusters: killed, cancelled, side by side, and on a real shop's tree."""

import io
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from queueproject.queue import providers
from queueproject.queue.models import Batch, Job
from scoring.taxonomy.csv import import_metrics, import_nodes
from scoring.taxonomy.csv.export import export_analysis
from scoring.taxonomy.models import Analysis, Node, NodeResult, Opportunity, Project, Projection
from scoring.taxonomy.selectors import describe
from scoring.taxonomy.services import AnalysisOptions, cancel_analysis, retry_failed, start_analysis
from scoring.taxonomy.synthetic import make_up_metrics
from tests.processes import Cluster, run_cluster, wait_for
from tests.scoring.taxonomy.factories import make_project, make_tree
from tests.scoring.taxonomy.working import mend, spoil

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.e2e, pytest.mark.timeout(400)]

PATIENCE_SECONDS = 150
MOST_MEGABYTES = 256


@pytest.fixture(autouse=True)
def lanes(transactional_db: None) -> Iterator[None]:
    providers.sync_providers()
    yield
    connection.close()


def make_shop(*, nodes: int) -> Project:
    project = make_project()
    make_tree(project, nodes=nodes)
    make_up_metrics(project)
    return project


def wait_for_end(*analyses: Analysis) -> None:
    ended = Analysis.objects.filter(pk__in=[each.pk for each in analyses], finished_at__isnull=False)
    wait_for(lambda: ended.count() == len(analyses), seconds=PATIENCE_SECONDS, what="all end")
    for each in analyses:
        each.refresh_from_db()


def wait_until_under_way(analysis: Analysis) -> None:
    """Wait until some of it is done, and fail when all of it is: then the test shows nothing."""
    wait_for(
        lambda: describe(Analysis.objects.get(pk=analysis.pk)).processed > 0,
        seconds=PATIENCE_SECONDS,
        what="something is done",
    )
    assert Analysis.objects.get(pk=analysis.pk).finished_at is None


def export(analysis: Analysis) -> str:
    file = io.StringIO(newline="")
    export_analysis(analysis, file)
    return file.getvalue()


@pytest.mark.chaos
def test_killed_in_the_middle_it_resumes_and_exports_the_bytes_of_an_undisturbed_run() -> None:
    project = make_shop(nodes=600)
    options = AnalysisOptions(batch_size=5, concurrency=2)
    analysis = start_analysis(project, type="full_analysis", options=options)
    with run_cluster(QUEUE_LEASE_SECONDS="6") as doomed:
        wait_until_under_way(analysis)
        doomed.kill_all()
    assert Analysis.objects.get(pk=analysis.pk).finished_at is None
    with run_cluster(QUEUE_LEASE_SECONDS="6"):
        wait_for_end(analysis)
        undisturbed = start_analysis(project, type="full_analysis")
        wait_for_end(undisturbed)
    assert (analysis.result or {})["successful"] == 600
    assert export(analysis) == export(undisturbed)
    assert Projection.objects.filter(analysis=analysis).count() == 600
    batch = Batch.objects.get(pk=analysis.batch_number or 0)
    assert (batch.total_units, batch.completed_units, batch.failed_units) == (600, 600, 0)


def test_cancelled_at_about_half_it_is_over_at_once_and_nothing_is_written_afterwards() -> None:
    project = make_shop(nodes=600)
    options = AnalysisOptions(batch_size=5, concurrency=2)
    analysis = start_analysis(project, type="full_analysis", options=options)

    def count() -> tuple[Any, ...]:
        facts = Analysis.objects.values_list("state", "finished_at", "result").get(pk=analysis.pk)
        return *facts, NodeResult.objects.count(), Opportunity.objects.count(), Projection.objects.count()

    with run_cluster():
        wait_until_under_way(analysis)
        began = time.monotonic()
        assert cancel_analysis(analysis, actor="ada")
        took = time.monotonic() - began
        after = count()
        done = Job.objects.filter(batch=analysis.batch_number).exclude(state__in=["completed", "cancelled"])
        assert not done.exists()
        # What could still come comes within a settle; another analysis passes through the same slots.
        other = start_analysis(make_project("Other"), type="scoring")
        wait_for_end(other)
        wait_for(lambda: not Job.objects.filter(state="processing").exists(), seconds=30, what="all idle")
        assert count() == after
    assert after[0] == "cancelled"
    assert 0 < after[3] < 600
    assert took < 10


def test_three_jobs_of_three_types_at_once_all_complete_without_a_deadlock() -> None:
    project = make_shop(nodes=400)
    kinds = ("scoring", "revenue", "full_analysis")
    options = AnalysisOptions(batch_size=20)
    analyses = [start_analysis(project, type=kind, options=options) for kind in kinds]
    with run_cluster():
        wait_for_end(*analyses)
    assert [each.state for each in analyses] == ["completed"] * 3
    assert [(each.result or {})["successful"] for each in analyses] == [400] * 3
    assert not Job.objects.filter(state="failed").exists()


def find_peak(cluster: Cluster) -> float:
    return max(process.memory_info().rss / 1e6 for process in cluster.tree())


@pytest.mark.slow
@pytest.mark.usefixtures("spoilable")
def test_a_real_shops_tree_with_210_nodes_that_fail(real_data: Path, staff_client: Client) -> None:
    project = make_project("Real shop")
    source = real_data / "taxonomy"
    import_nodes(project, source / "retail_nodes.csv")
    import_metrics(project, source / "retail_node_weeks.csv", measured_by="shopify", days_covered=7)
    make_up_metrics(project)
    body = {"type": "full_analysis", "projectId": str(project.pk), "options": {"retryDelay": 100}}
    spoilt = list(Node.objects.filter(project=project).order_by("pk")[::20][:210])
    with run_cluster() as cluster:
        began = time.monotonic()
        spoil(spoilt)
        answer = staff_client.post("/api/jobs", json.dumps(body), content_type="application/json").json()
        seen, peak = [0], 0.0
        while (job := staff_client.get(f"/api/jobs/{answer['id']}").json())["completedAt"] is None:
            seen.append(job["progress"])
            peak = max(peak, find_peak(cluster))
            assert time.monotonic() - began < PATIENCE_SECONDS
            time.sleep(0.3)
        first = Analysis.objects.get(pk=answer["id"])
        mend(spoilt)
        second = retry_failed(first)
        wait_for_end(second)
    assert seen == sorted(seen)
    assert max(seen) < 100
    assert (job["status"], job["progress"], job["totalItems"], job["processedItems"]) == (
        "completed",
        100,
        4_203,
        4_203,
    )
    assert (job["result"]["failed"], round(job["result"]["successRate"], 1)) == (210, 95.0)
    assert (job["errorCount"], len(job["errors"])) == (210, 210)
    assert {error["retryCount"] for error in job["errors"]} == {3}
    assert {error["nodeId"] for error in job["errors"]} == {str(node.pk) for node in spoilt}
    assert set(second.node_results.values_list("node", flat=True)) == {node.pk for node in spoilt}
    assert (second.result or {})["successful"] == 210
    assert peak < MOST_MEGABYTES
