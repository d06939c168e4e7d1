"""What becomes of an analysis's jobs, through real drains."""

import io
from datetime import timedelta
from typing import Any

import pytest

from queueproject.queue import operations
from queueproject.queue.batches import start_batch
from queueproject.queue.enqueue import enqueue
from queueproject.queue.models import Batch, Job
from scoring.taxonomy import kinds
from scoring.taxonomy.csv.export import export_analysis
from scoring.taxonomy.models import Analysis, Node, NodeResult, Opportunity, Projection
from scoring.taxonomy.selectors import describe
from scoring.taxonomy.services import (
    AnalysisOptions,
    NothingToRetry,
    cancel_analysis,
    retry_failed,
    start_analysis,
)
from scoring.taxonomy.services import working as services_working
from tests.scoring.taxonomy.factories import AS_OF, make_measured_node, make_node, make_project, make_tree
from tests.scoring.taxonomy.working import drain, mend, spoil

pytestmark = pytest.mark.django_db(transaction=True)


def analyse(project: Any, *, type: str = "full_analysis", **options: Any) -> Analysis:  # noqa: A002
    analysis = start_analysis(project, type=type, options=AnalysisOptions(**options))
    drain()
    analysis.refresh_from_db()
    return analysis


def export(analysis: Analysis) -> str:
    file = io.StringIO(newline="")
    export_analysis(analysis, file)
    return file.getvalue()


def test_a_full_analysis_finds_the_figures_of_the_worked_check() -> None:
    project = make_project()
    node = make_measured_node(project)
    analysis = analyse(project)
    assert (analysis.state, analysis.as_of) == ("completed", AS_OF)
    row = analysis.node_results.get()
    assert (row.score, float(row.projected_lift or 0)) == (41, 2560.0)
    assert round(row.combined_value or 0, 2) == 15.69
    node.refresh_from_db()
    assert (node.opportunity_score, node.optimization_status) == (41, "needs_work")
    opportunity = Opportunity.objects.get()
    assert (opportunity.analysis, float(opportunity.revenue_potential)) == (analysis, 1728.70)
    assert opportunity.valid_until - opportunity.computed_at == timedelta(days=7)
    assert Projection.objects.get().weeks_to_impact == 4
    result = analysis.result or {}
    assert (result["averageScore"], result["totalPotential"], result["successRate"]) == (41, 2560, 100)
    assert result["distribution"] == {"0-19": 0, "20-39": 0, "40-59": 1, "60-79": 0, "80-100": 0, "noData": 0}
    assert [top["externalId"] for top in result["topOpportunities"]] == ["tea"]


@pytest.mark.parametrize(
    ("type_", "opportunities", "projections"),
    [("scoring", 1, 0), ("revenue", 0, 1), ("full_analysis", 1, 1)],
)
def test_each_type_writes_what_it_works_out(type_: str, opportunities: int, projections: int) -> None:
    project = make_project()
    make_measured_node(project)
    analysis = analyse(project, type=type_)
    assert Opportunity.objects.count() == opportunities
    assert Projection.objects.count() == projections
    row = analysis.node_results.get()
    assert (row.score is not None, row.projected_lift is not None) == (bool(opportunities), bool(projections))
    assert (row.combined_value is not None) == (type_ == "full_analysis")


def test_a_node_without_figures_succeeds_and_says_that_it_has_no_data() -> None:
    project = make_project()
    node = make_node(project)
    analysis = analyse(project)
    assert analysis.state == "completed"
    assert (analysis.result or {})["distribution"]["noData"] == 1
    node.refresh_from_db()
    assert (node.opportunity_score, node.optimization_status) == (None, "no_data")
    assert Opportunity.objects.get().recommendations[0]["type"] == "technical"


def test_a_project_without_nodes_is_completed_at_once() -> None:
    analysis = start_analysis(make_project(), type="scoring")
    progress = describe(analysis)
    assert (progress.status, progress.processed, progress.total, progress.progress) == (
        "completed",
        0,
        0,
        100,
    )
    assert (analysis.result or {})["successRate"] == 100
    assert not Job.objects.exists()


def test_the_batch_size_is_the_number_of_nodes_of_a_job() -> None:
    project = make_project()
    make_tree(project, nodes=25)
    start_analysis(project, type="scoring", options=AnalysisOptions(batch_size=10))
    assert sorted(Job.objects.values_list("units", flat=True)) == [5, 10, 10]


def test_the_concurrency_is_how_many_jobs_are_not_held() -> None:
    project = make_project()
    make_tree(project, nodes=25)
    start_analysis(project, type="scoring", options=AnalysisOptions(batch_size=5, concurrency=2))
    assert Job.objects.filter(held=None).count() == 2
    assert Batch.objects.get().max_in_flight == 2


@pytest.mark.usefixtures("spoilable")
@pytest.mark.parametrize("max_retries", [0, 2])
def test_a_failing_node_is_tried_again_so_often_and_fails_alone(max_retries: int) -> None:
    project = make_project()
    nodes = make_tree(project, nodes=20)
    spoil(nodes[3:4])
    analysis = analyse(project, max_retries=max_retries, retry_delay_ms=1)
    assert analysis.state == "completed"
    failed = analysis.node_results.get(succeeded=False)
    assert (failed.node, failed.retry_count) == (nodes[3], max_retries)
    assert failed.error
    assert (analysis.result or {})["successRate"] == 95.0
    batch = Batch.objects.get()
    assert (batch.total_units, batch.completed_units, batch.failed_units) == (20, 19, 1)
    assert Job.objects.filter(kind=kinds.ANALYSE_CHUNK).count() == 1 + max_retries


@pytest.mark.usefixtures("spoilable")
def test_the_retry_delay_grows_with_each_try() -> None:
    project = make_project()
    spoil([make_node(project)])
    start_analysis(project, type="scoring", options=AnalysisOptions(retry_delay_ms=30_000))
    waits = []
    for _ in range(2):
        drain(hurry=False)
        job = Job.objects.get(state="scheduled")
        waits.append((job.due_at - job.created_at).total_seconds() if job.due_at else 0)
        Job.objects.filter(pk=job.pk).update(due_at=job.created_at)
    assert waits == pytest.approx([30, 60], abs=2)


def test_a_timeout_fails_the_nodes_not_come_to(monkeypatch: pytest.MonkeyPatch) -> None:
    project = make_project()
    make_tree(project, nodes=10)
    ticks = iter(range(1_000))
    work = services_working.work
    monkeypatch.setattr(
        "scoring.taxonomy.handlers.work",
        lambda chunk: work(chunk, clock=lambda: chunk.began + next(ticks) * 0.01),
    )
    analysis = analyse(project, timeout_ms=45)
    errors = analysis.node_results.filter(succeeded=False).values_list("error", "retry_count")
    assert set(errors) == {("Batch timeout", 0)}
    result = analysis.result or {}
    assert (result["successful"], result["failed"]) == (5, 5)


def test_a_slow_chunk_hands_its_rest_on_and_loses_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    project = make_project()
    make_tree(project, nodes=30)
    work = services_working.work

    def slowly(chunk: services_working.Chunk) -> services_working.Worked:
        ticks = iter(range(1_000))
        return work(chunk, clock=lambda: chunk.began + next(ticks) * 0.1)

    monkeypatch.setattr("scoring.taxonomy.handlers.work", slowly)
    analysis = analyse(project)
    assert (analysis.result or {})["successful"] == 30
    batch = Batch.objects.get()
    assert (batch.total_units, batch.completed_units) == (30, 30)
    assert Job.objects.filter(kind=kinds.ANALYSE_CHUNK).count() == 6


@pytest.mark.usefixtures("spoilable")
def test_an_analysis_fails_when_every_node_failed() -> None:
    project = make_project()
    spoil(make_tree(project, nodes=3))
    analysis = analyse(project, max_retries=0)
    assert (analysis.state, analysis.error) == ("failed", "Every node failed")
    assert describe(analysis).errors_by_kind[0][1] == 3


@pytest.mark.usefixtures("spoilable")
def test_a_retry_touches_the_failed_nodes_alone_and_names_its_parent() -> None:
    project = make_project()
    nodes = make_tree(project, nodes=12)
    spoil(nodes[:3])
    first = analyse(project, max_retries=0)
    before = set(NodeResult.objects.filter(analysis=first).values_list("pk", "settled_at"))
    mend(nodes[:3])
    second = retry_failed(first, actor="ada")
    assert (second.parent, second.total_nodes, second.as_of) == (first, 3, first.as_of)
    assert (second.options["batchSize"], second.options["maxRetries"]) == (50, 5)
    drain()
    second.refresh_from_db()
    assert set(second.node_results.values_list("node", flat=True)) == {node.pk for node in nodes[:3]}
    assert (second.result or {})["successful"] == 3
    assert set(NodeResult.objects.filter(analysis=first).values_list("pk", "settled_at")) == before
    with pytest.raises(NothingToRetry, match="No failed items to retry"):
        retry_failed(second)


@pytest.mark.usefixtures("spoilable")
def test_the_retry_of_an_older_analysis_leaves_newer_scores_alone() -> None:
    project = make_project()
    nodes = make_tree(project, nodes=6)
    spoil(nodes[:3])
    first = analyse(project, max_retries=0)
    mend(nodes[:2])
    second = analyse(project, max_retries=0)
    mend(nodes[:3])
    third = retry_failed(first, actor="ada")
    drain()
    of = dict(Opportunity.objects.values_list("node_id", "analysis_id"))
    assert {of[node.pk] for node in nodes[:2]} == {second.pk}, "scored by the newer one, and left so"
    assert of[nodes[2].pk] == third.pk, "which the newer one could not score"
    assert third.node_results.filter(succeeded=True).count() == 3
    fourth = retry_failed(second, actor="ada")
    drain()
    assert Opportunity.objects.get(node=nodes[2]).analysis_id == fourth.pk


def test_a_cancelled_analysis_is_over_at_once_and_nothing_is_written_afterwards() -> None:
    project = make_project()
    make_tree(project, nodes=20)
    analysis = start_analysis(project, type="full_analysis", options=AnalysisOptions(batch_size=5))
    assert cancel_analysis(analysis, actor="ada")
    assert (analysis.state, analysis.error) == ("cancelled", "Job cancelled by user")
    assert analysis.finished_at
    drain()
    after = Analysis.objects.get()
    assert (after.state, after.finished_at, after.result) == (
        "cancelled",
        analysis.finished_at,
        analysis.result,
    )
    assert not NodeResult.objects.exists()
    assert not cancel_analysis(analysis, actor="ada")
    assert describe(analysis).status == "failed"


def test_an_analysis_that_is_over_cannot_be_cancelled() -> None:
    project = make_project()
    make_node(project)
    analysis = analyse(project)
    assert not cancel_analysis(analysis, actor="ada")
    assert analysis.state == "completed"


def test_the_nodes_of_a_chunk_cancelled_by_itself_are_failures_that_a_retry_finds() -> None:
    project = make_project()
    make_tree(project, nodes=20)
    analysis = start_analysis(project, type="full_analysis", options=AnalysisOptions(batch_size=5))
    job = Job.objects.filter(kind=kinds.ANALYSE_CHUNK).earliest("pk")
    operations.cancel_jobs([job.pk], actor="ada")
    drain()
    analysis.refresh_from_db()
    result = analysis.result or {}
    failed = analysis.node_results.filter(succeeded=False)
    assert (result["successful"], result["failed"], failed.count()) == (analysis.total_nodes - 5, 5, 5)
    assert retry_failed(analysis, actor="ada").total_nodes == 5


def test_an_operation_cancelled_by_staff_cancels_its_analysis() -> None:
    from queueproject.queue.batches import cancel_batch

    project = make_project()
    make_tree(project, nodes=20)
    analysis = start_analysis(project, type="scoring")
    cancel_batch(analysis.batch_number or 0, actor="ada", reason="not wanted")
    drain()
    analysis.refresh_from_db()
    assert analysis.state == "cancelled"


def test_a_node_deleted_meanwhile_counts_as_failed_and_the_others_go_on() -> None:
    project = make_project()
    nodes = make_tree(project, nodes=10)
    analysis = start_analysis(project, type="scoring")
    Node.objects.filter(pk=nodes[5].pk).delete()
    drain()
    analysis.refresh_from_db()
    result = analysis.result or {}
    assert (result["total"], result["successful"], result["failed"]) == (10, 9, 1)


def test_a_chunk_whose_job_failed_leaves_failed_nodes_that_a_retry_finds() -> None:
    project = make_project()
    nodes = make_tree(project, nodes=10)
    analysis = start_analysis(project, type="scoring", options=AnalysisOptions(batch_size=5))
    analysis.choices = {"curve": "bent"}
    analysis.save(update_fields=["choices"])
    drain()
    analysis.refresh_from_db()
    assert analysis.state == "failed"
    failed = analysis.node_results.filter(succeeded=False)
    assert set(failed.values_list("node", flat=True)) == {node.pk for node in nodes}
    assert set(failed.values_list("error_kind", flat=True)) == {"JobFailed"}


def test_two_runs_over_the_same_figures_export_the_same_bytes() -> None:
    project = make_project()
    for number in range(7):
        make_measured_node(project, f"Tea {number}")
    assert export(analyse(project, batch_size=2)) == export(analyse(project, batch_size=5))


def test_choices_are_those_of_the_start() -> None:
    project = make_project()
    make_measured_node(project)
    analysis = start_analysis(project, type="full_analysis")
    project.target_position = 1
    project.save()
    drain()
    row = analysis.node_results.get()
    assert (analysis.choices["target_position"], float(row.projected_lift or 0)) == (3, 2560.0)


def test_a_job_of_an_analysis_that_was_deleted_is_cancelled() -> None:
    project = make_project()
    make_node(project)
    analysis = start_analysis(project, type="scoring")
    Analysis.objects.filter(pk=analysis.pk).delete()
    drain()
    assert set(Job.objects.values_list("state", flat=True)) == {"cancelled"}


def test_the_end_of_a_batch_without_an_analysis_is_cancelled() -> None:
    with start_batch(kind="other", label="other") as batch:
        pass
    enqueue(kinds.FINISH_ANALYSIS, {"batch_id": batch.pk, "finish": 1})
    drain()
    assert Job.objects.get().state == "cancelled"
