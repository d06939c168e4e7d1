"""Half a million jobs that may not run, of a blocked provider or in a paused batch, cost a claim nothing.

Measured in pages, not in seconds: what a claim's statements read with nothing in the way, and with much.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, transaction

from queueproject.queue import batches, providers
from queueproject.queue.enqueue import NewJob, enqueue_many
from queueproject.queue.models import Batch, Job, Provider
from queueproject.queue.registry import LOCAL
from tests.queue.conftest import Hand
from tests.queue.kinds import LANE

# What ANALYZE counts outlives a rollback; only the emptying of the tables afterwards forgets it.
pytestmark = pytest.mark.django_db(transaction=True)

PLANS = Path(__file__).parent / "plans"
PLANNED = ("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")
READY = 50
FACTOR = 2
"""Each row taken walks down a few trees, which so many make a page higher; reading them costs thousands."""


def run(name: str, **parameters: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute((PLANS / f"{name}.sql").read_text(), parameters)


@contextmanager
def counting_pages() -> Iterator[list[int]]:
    """List the pages each statement on the table of jobs reads, by running it twice, once to be explained."""
    pages: list[int] = []

    def explain(
        execute: Callable[..., Any], statement: str, parameters: Any, many: bool, context: Any
    ) -> Any:
        words = [line for line in statement.splitlines() if line.strip() and not line.startswith("--")]
        if words and words[0].split()[0] in PLANNED and "queue_job" in statement:
            point = transaction.savepoint()
            execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {statement}", parameters, many, context)
            (found,) = context["cursor"].fetchone()
            transaction.savepoint_rollback(point)
            plan = (json.loads(found) if isinstance(found, str) else found)[0]["Plan"]
            pages.append(plan["Shared Hit Blocks"] + plan["Shared Read Blocks"])
        return execute(statement, parameters, many, context)

    with connection.execute_wrapper(explain):
        yield pages


def claim_pages(hand: Hand) -> int:
    """Return what a claim of all that is ready reads; it is undone."""
    with transaction.atomic():
        with counting_pages() as pages:
            assert len(hand.claim()) == READY
        transaction.set_rollback(True)
    return sum(pages)


MANY = pytest.mark.parametrize(
    "rows", [20_000, pytest.param(500_000, marks=[pytest.mark.slow, pytest.mark.timeout(600)])]
)


@MANY
def test_jobs_of_a_blocked_provider_cost_a_claim_of_another_nothing(hand: Hand, rows: int) -> None:
    enqueue_many("tests.noop", [NewJob({"n": n}) for n in range(READY)])
    run("analyze")
    before = claim_pages(hand)
    providers.block(LANE, retry_after_seconds=3600)
    run("fill_waiting", rows=rows, lane=LANE, batch=None, held=None)
    run("analyze")
    assert claim_pages(hand) <= before * FACTOR


@MANY
@pytest.mark.parametrize("lane_key", [LOCAL, LANE])
def test_jobs_of_a_paused_batch_cost_a_claim_of_its_own_lane_nothing(
    hand: Hand, rows: int, lane_key: str
) -> None:
    Provider.objects.update(max_in_flight=READY)
    enqueue_many("tests.noop", [NewJob({"n": n}) for n in range(READY)], provider=lane_key)
    run("analyze")
    before = claim_pages(hand)
    with batches.start_batch(kind="t", label="t") as batch:
        enqueue_many("tests.noop", [NewJob({"n": n}) for n in range(10)], provider=lane_key, batch=batch)
    batches.pause_batch(batch.pk, actor="ada")
    run("fill_waiting", rows=rows, lane=lane_key, batch=batch.pk, held="paused")
    run("analyze")
    assert claim_pages(hand) <= before * FACTOR


def test_pausing_a_batch_takes_all_its_waiting_jobs_out_of_the_claims_index(hand: Hand) -> None:
    with batches.start_batch(kind="t", label="t") as batch:
        enqueue_many("tests.noop", [NewJob({"n": n}) for n in range(30)], batch=batch)
    batches.pause_batch(batch.pk, actor="ada")
    assert not Job.objects.filter(batch=batch, held=None).exists()
    assert Batch.objects.get(pk=batch.pk).paused


@pytest.mark.parametrize("lane_key", [LOCAL, LANE])
def test_jobs_of_a_limited_batch_that_may_not_be_open_yet_are_claimed_on_no_lane(
    hand: Hand, lane_key: str
) -> None:
    with batches.start_batch(kind="t", label="t", max_in_flight=2) as batch:
        enqueue_many("tests.noop", [NewJob({"n": n}) for n in range(5)], provider=lane_key, batch=batch)
    enqueue_many("tests.noop", [NewJob({"n": n}) for n in range(3)], provider=lane_key)
    owners = [row["batch_id"] for row in hand.claim()]
    assert (owners.count(batch.pk), owners.count(None)) == (2, 3)


def test_a_lane_whose_head_is_all_of_a_paused_batch_does_not_stop_the_claim_of_another(hand: Hand) -> None:
    with batches.start_batch(kind="t", label="t") as batch:
        enqueue_many("tests.noop", [NewJob({})], batch=batch)
    Batch.objects.filter(pk=batch.pk).update(paused=True)
    enqueue_many("tests.call", [NewJob({})])
    assert [row["provider_id"] for row in hand.claim()] == [LANE]
