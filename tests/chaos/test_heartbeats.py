"""Heartbeats: nothing a handler does stops them; a worker that cannot beat gives its leases up in time."""

import time

import psycopg
import pytest

from queueproject.queue.enqueue import enqueue
from queueproject.queue.models import Job, Provider, Worker
from tests.chaos import sql
from tests.chaos.conftest import Note
from tests.chaos.models import Effect
from tests.chaos.world import (
    LEASE_SECONDS,
    Scale,
    busy_drain,
    check_ended,
    done,
    rescued,
    start_batch,
    start_cluster,
)
from tests.processes import wait_for

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(300)]


def test_neither_long_work_nor_work_that_lets_no_thread_run_loses_its_lease(
    lane: Provider, scale: Scale, note: Note
) -> None:
    seconds = scale.pick(1.6 * LEASE_SECONDS, 100)
    with start_cluster(), start_cluster():
        enqueue("chaos.call", {"n": int(scale.pick(2, 3) * LEASE_SECONDS * 1000)}, timeout_seconds=120)
        wait_for(lambda: Job.objects.filter(state="processing").exists(), seconds=20, what="the long call")
        enqueue("chaos.hog", {"n": int(seconds * 1000)})
        took = wait_for(
            lambda: not Job.objects.filter(finished_at=None).exists(), seconds=seconds + 40, what="both end"
        )
    assert sorted(Job.objects.values_list("state", "attempts", "rescues")) == [("completed", 1, 0)] * 2
    assert Effect.objects.count() == 2
    assert rescued() == 0
    note("threads kept from running s", round(seconds))
    note("took s", round(took))


def test_a_worker_that_cannot_beat_gives_its_leases_up_before_they_end(
    lane: Provider, database: str, note: Note
) -> None:
    with start_cluster(slots=1):
        batch = start_batch(400, milliseconds=150)
        wait_for(lambda: done(batch) > 20, seconds=20, what="the batch gets going")
        silent = busy_drain()
        with psycopg.connect(database) as blocker:
            blocker.execute(sql.text("lock_worker"), {"worker": silent.pk})
            began = time.monotonic()
            wait_for(
                lambda: (
                    not Job.objects.filter(worker_id=silent.pk, state="processing").exists()
                    and not busy(silent)
                ),
                seconds=LEASE_SECONDS + 2,
                what="it gives up",
            )
            took = time.monotonic() - began
        wait_for(lambda: done(batch) == 400, seconds=60, what="all end")
    check_ended(batch)
    note("gave up after s", round(took, 1))


def busy(worker: Worker) -> bool:
    """Return whether a worker still takes work: it holds jobs again a moment later."""
    time.sleep(0.3)
    return Job.objects.filter(worker_id=worker.pk, state="processing").exists()


@pytest.mark.long
def test_a_worker_whose_heartbeat_thread_stands_still_beats_by_itself(lane: Provider) -> None:
    with start_cluster(slots=1, CHAOS_STILL="1"):
        batch = start_batch(9, kind="chaos.local", milliseconds=900)
        wait_for(lambda: done(batch) == 9, seconds=40, what="work of more than a lease")
    check_ended(batch)
    assert rescued() == 0
    assert Job.objects.filter(rescues__gt=0).count() == 0
