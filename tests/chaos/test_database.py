"""The database is restarted, hears nobody, is far behind a pooler, or has a transaction left open."""

import os
import signal
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from types import SimpleNamespace

import psycopg
import pytest
from django.db import connection, transaction

from queueproject.queue import wake
from queueproject.queue.drain import Drain
from queueproject.queue.enqueue import enqueue
from queueproject.queue.models import Budget, Job, Provider
from tests.chaos.conftest import Note
from tests.chaos.pooler import run_pooler
from tests.chaos.server import ChaosServer, turn_to
from tests.chaos.world import (
    LEASE_SECONDS,
    Scale,
    busy_drain,
    check_ended,
    done,
    longest_pause,
    patiently,
    rescued,
    start_batch,
    start_cluster,
    within,
)
from tests.processes import wait_for

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(600)]


def test_a_database_that_crashes_and_comes_back_soon_or_late_costs_only_time(
    lane: Provider, server: ChaosServer, scale: Scale, note: Note
) -> None:
    restarts = int(scale.pick(1, 8))
    with start_cluster() as cluster:
        batches = [start_batch(150 * restarts, milliseconds=80)]
        batches.append(start_batch(150 * restarts, kind="chaos.local", milliseconds=5))
        pauses = []
        for number in range(restarts):
            due = 300 * number + 60
            wait_for(lambda due=due: patiently(lambda: done(*batches)) > due, seconds=60, what="work")  # type: ignore[misc]
            server.restart(away_seconds=0 if number % 2 else LEASE_SECONDS + 1)
            pauses.append(longest_pause(batches, until=due + 60, seconds=60))
        longest_pause(batches, until=300 * restarts, seconds=90)
        assert cluster.process.poll() is None
    check_ended(*batches)
    assert max(pauses) < within(LEASE_SECONDS + 5)
    note("restarts", restarts)
    note("longest pause s", round(max(pauses), 1))
    note("rescued", rescued())


def test_where_no_wake_is_heard_work_only_starts_later(lane: Provider, note: Note) -> None:
    with start_cluster(CHAOS_DEAF="1"):
        first = start_batch(100, milliseconds=20)
        wait_for(lambda: done(first) == 100, seconds=30, what="the first batch")
        time.sleep(1)  # a drain lingers now
        later = start_batch(100, milliseconds=20)
        took = wait_for(lambda: done(later) == 100, seconds=30, what="the later batch")
        enqueue("chaos.local", {"n": 1}, due_at=Job.objects.latest("id").created_at + timedelta(seconds=2))
        wait_for(lambda: not Job.objects.filter(finished_at=None).exists(), seconds=30, what="what falls due")
    check_ended(first, later, others=1)
    assert took < within(10)
    note("later batch took s", round(took, 1))


def test_a_drain_that_may_not_listen_works_all_the_same(
    lane: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise psycopg.OperationalError("too many connections")

    monkeypatch.setattr(wake, "psycopg", SimpleNamespace(connect=refuse, Error=psycopg.Error))
    enqueue("chaos.local", {"n": 1})
    assert Drain(linger_seconds=0.5).run() == "no work"
    assert Job.objects.get().state == "completed"


def time_a_batch() -> float:
    """Return the seconds a small batch takes from its enqueue to its end; for a thread with no connection."""
    began = time.monotonic()
    try:
        batch = start_batch(20, milliseconds=20)
        wait_for(lambda: done(batch) == 20, seconds=30, what="another's batch")
    finally:
        connection.close()
    return time.monotonic() - began


def test_a_business_transaction_left_open_after_its_enqueue_delays_nobody(
    lane: Provider, scale: Scale, note: Note
) -> None:
    seconds = scale.pick(4, 60)
    # A minute of batches is more than the lane's 6,000 calls: its budget is not what is looked at here.
    Budget.objects.filter(provider=lane, currency="calls").update(limit=60_000)
    with start_cluster():
        first = start_batch(20, milliseconds=20)
        wait_for(lambda: done(first) == 20, seconds=20, what="a drain")
        with ThreadPoolExecutor(1) as elsewhere, transaction.atomic():
            unseen = start_batch(50, milliseconds=20)
            enqueue("chaos.call", {"n": 20}, batch=None)
            began, slowest, rounds = time.monotonic(), 0.0, 0
            while time.monotonic() - began < seconds:
                slowest = max(slowest, elsewhere.submit(time_a_batch).result(60))
                rounds += 1
            assert done(unseen) == 0
        wait_for(lambda: done(unseen) == 50, seconds=20, what="what was enqueued runs")
        wait_for(lambda: not Job.objects.filter(finished_at=None).exists(), seconds=10, what="all end")
    check_ended(first, unseen, others=rounds * 20 + 1)
    assert slowest < within(5)
    note("open for s", seconds)
    note("slowest of the others' batches s", round(slowest, 2))


def test_behind_a_pooler_in_transaction_mode_everything_holds(
    lane: Provider, database: str, scale: Scale, note: Note
) -> None:
    jobs = int(scale.pick(200, 2000))
    with run_pooler(database) as url, turn_to(url), start_cluster(DATABASE_URL=url) as cluster:
        batches = [start_batch(jobs, milliseconds=40)]
        batches.append(start_batch(jobs, kind="chaos.local", milliseconds=2))
        wait_for(lambda: done(*batches) > 50, seconds=30, what="the batches get going")
        os.kill(busy_drain().pid, signal.SIGKILL)
        pause = longest_pause(batches, until=2 * jobs, seconds=120)
        assert cluster.stop() < 10
        check_ended(*batches)
    assert pause < within(LEASE_SECONDS + 5)
    note("longest pause after a kill s", round(pause, 1))
