"""Drains that work an analysis off in the test's own thread, and nodes whose figures are nonsense."""

import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from queueproject.queue import providers
from queueproject.queue.drain import Drain
from queueproject.queue.models import Job
from queueproject.queue.states import LIVE
from scoring.taxonomy.models import Node, NodeMetric
from tests.scoring.taxonomy.factories import AS_OF

WAYS_AROUND = (
    "ALTER TABLE taxonomy_nodemetric DROP CONSTRAINT IF EXISTS taxonomy_nodemetric_position_in_range",
    (
        "ALTER TABLE taxonomy_nodemetric ADD CONSTRAINT taxonomy_nodemetric_position_in_range"
        " CHECK (position >= 0 AND position <= 1000) NOT VALID"
    ),
)


def drain(*, hurry: bool = True) -> None:
    """Work until nothing is left; with `hurry` what waits for a later try is due at once."""
    providers.sync_providers()
    for _ in range(50):
        Drain(stop=threading.Event(), linger_seconds=0).run()
        parked = Job.objects.filter(state="scheduled")
        if hurry:
            parked.update(due_at=timezone.now() - timedelta(seconds=1))
        live = Job.objects.filter(state__in=LIVE)
        if not (live if hurry else live.exclude(state="scheduled")).exists():
            return
    raise AssertionError("work was left after fifty drains")


@contextmanager
def nonsense_allowed() -> Iterator[None]:
    """Let a position be stored that is no number, as a table without its constraint would."""
    with connection.cursor() as cursor:
        cursor.execute(WAYS_AROUND[0])
    try:
        yield
    finally:
        NodeMetric.objects.filter(position=float("nan")).delete()
        with connection.cursor() as cursor:
            cursor.execute(WAYS_AROUND[1])


@pytest.fixture
def spoilable(transactional_db: None) -> Iterator[None]:
    """Let nodes be spoilt; see `spoil`."""
    with nonsense_allowed():
        yield


def spoil(nodes: Iterable[Node]) -> None:
    """Give nodes a position that is no number: the formulas refuse it, for them alone."""
    NodeMetric.objects.bulk_create(
        NodeMetric(node=node, date=AS_OF, source="gsc", impressions=100, clicks=1, position=float("nan"))
        for node in nodes
    )


def mend(nodes: Iterable[Node]) -> None:
    """Put a number where none was."""
    NodeMetric.objects.filter(node__in=list(nodes), position=float("nan")).update(position=8.0)
