"""Fixtures of the queue's tests: a lane, workers, and drains that run in the test's own thread."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from pytest_django import DjangoDbBlocker

from queueproject.queue import claim, providers, settle, workers
from queueproject.queue.budgets import CallStats
from queueproject.queue.models import Job, Provider, Worker
from queueproject.queue.outcomes import Outcome
from queueproject.queue.settle import Done, Release, Settled
from tests.queue import kinds

PLANS = Path(__file__).parent / "plans"


@pytest.fixture(scope="module")
def vacuumed(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> None:
    """No rows that other tests left dead: the health of the tables is told of."""
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        for name in ("flush_counts", "vacuum"):
            cursor.execute((PLANS / f"{name}.sql").read_text())
    connection.close()


@pytest.fixture
def lane(db: None) -> Provider:
    """The tests' metered lane: 100 calls a minute, 10 in flight."""
    providers.sync_providers()
    return Provider.objects.get(key=kinds.LANE)


@pytest.fixture
def worker(lane: Provider) -> Worker:
    return workers.register()


@pytest.fixture
def act() -> Iterator[dict[str, Callable[..., Any]]]:
    """What the tests' kinds do, empty again afterwards."""
    yield kinds.acts
    kinds.acts.clear()


class Hand:
    """Claims and settles by hand, as a drain would."""

    def __init__(self, worker: Worker) -> None:
        self.worker = worker

    def claim(self, most: int = 1000) -> list[dict[str, Any]]:
        found = claim.claim(worker_id=self.worker.pk, capacity=lambda _: most)
        return [row for group in found.groups for row in group]

    def settle(
        self,
        rows: list[dict[str, Any]],
        outcome: Outcome | Release | Callable[[dict[str, Any]], Outcome],
        calls: int = 0,
    ) -> Settled:
        return settle.settle(
            [
                Done(row, outcome(row) if callable(outcome) else outcome, stats=CallStats(calls=calls))
                for row in rows
            ],
            worker_id=self.worker.pk,
        )


@pytest.fixture
def hand(worker: Worker) -> Hand:
    return Hand(worker)


@pytest.fixture
def other_hand(lane: Provider) -> Hand:
    return Hand(workers.register())


def states() -> dict[str, int]:
    """Count jobs by state."""
    found: dict[str, int] = {}
    for state in Job.objects.values_list("state", flat=True):
        found[state] = found.get(state, 0) + 1
    return found
