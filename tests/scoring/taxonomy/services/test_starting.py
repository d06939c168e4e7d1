"""What a start costs, however many nodes there are."""

import weakref
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from queueproject.queue.enqueue import NewJob
from queueproject.queue.models import Job
from scoring.taxonomy.models import Analysis
from scoring.taxonomy.services import AnalysisOptions, retry_failed, start_analysis, starting
from tests.scoring.taxonomy.factories import make_node, make_project, make_tree
from tests.scoring.taxonomy.working import drain, spoil

pytestmark = pytest.mark.django_db

READS_ANALYSIS = (
    'SELECT "taxonomy_analysis"."id", "taxonomy_analysis"."project_id", "taxonomy_analysis"."type"'
)


def test_chunks_are_made_one_by_one_from_nodes_read_in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[weakref.ref[NewJob]] = []
    alive: list[int] = []
    cursors = []
    open_cursor = connection.chunked_cursor

    def make(**facts: Any) -> NewJob:
        job = NewJob(**facts)
        made.append(weakref.ref(job))
        alive.append(sum(each() is not None for each in made))
        return job

    def open_chunked() -> Any:
        cursors.append(open_cursor())
        return cursors[-1]

    monkeypatch.setattr(starting, "NewJob", make)
    monkeypatch.setattr(connection, "chunked_cursor", open_chunked)
    project = make_project()
    nodes = make_tree(project, nodes=300)
    start_analysis(project, type="scoring", options=AnalysisOptions(batch_size=7))
    assert len(cursors) == 1
    assert (len(made), max(alive)) == (43, 2)
    taken = [pk for job in Job.objects.order_by("pk") for pk in job.payload["node_ids"]]
    assert taken == [node.pk for node in sorted(nodes, key=lambda node: (node.depth, node.pk))]


@pytest.mark.django_db(transaction=True)
def test_a_chunk_of_a_retry_does_not_read_the_nodes_of_all_others() -> None:
    project = make_project()
    start_analysis(project, type="scoring", nodes=[make_node(project)])
    with CaptureQueriesContext(connection) as queries:
        drain()
    read = [query["sql"] for query in queries if query["sql"].startswith(READS_ANALYSIS)]
    assert len(read) == 2  # the chunk, and what sums up
    assert '"choices"' in read[0]
    assert '"node_ids"' not in read[0]
    assert Analysis.objects.get().state == "completed"


def test_a_premium_projects_chunks_come_before_those_that_wait_already() -> None:
    usual, premium = make_project("Usual"), make_project("Premium", priority=1_000)
    for project in (usual, premium):
        make_tree(project, nodes=30)
        start_analysis(project, type="scoring", options=AnalysisOptions(batch_size=10))
    jobs = Job.objects.order_by("sort_key")
    first = Analysis.objects.get(project=premium)
    assert [job.subject_id == str(first.pk) for job in jobs] == [True] * 3 + [False] * 3


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("spoilable")
def test_a_retry_works_in_jobs_of_fifty_and_tries_each_node_five_times_more() -> None:
    project = make_project()
    spoil(make_tree(project, nodes=51))
    first = start_analysis(project, type="scoring", options=AnalysisOptions(max_retries=0))
    drain()
    second = retry_failed(first)
    assert sorted(Job.objects.filter(batch=second.batch_number).values_list("units", flat=True)) == [1, 50]
    drain()
    assert set(second.node_results.values_list("retry_count", flat=True)) == {5}
    assert second.node_results.count() == 51
