"""What every chaos test does: start clusters, give them work, wait, and look whether all is well."""

import os
import time
from collections import Counter
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass

import psutil
from django.db import OperationalError, connection

import tests.chaos.handlers  # noqa: F401  the kinds must be known here to be enqueued
from queueproject.queue import batches, retention
from queueproject.queue.enqueue import NewJob, enqueue_many
from queueproject.queue.models import Attempt, Batch, BudgetEntry, Job, Worker
from tests.chaos.models import Effect
from tests.chaos.server import SETTINGS
from tests.processes import Cluster, run_cluster, wait_for

LEASE_SECONDS = 6


@dataclass(frozen=True)
class Scale:
    """How much a test does: seconds in the suite, minutes for `make chaos`."""

    long: bool

    def pick(self, short: float, long: float) -> float:
        return long if self.long else short


def within(seconds: float) -> float:
    """Return how long something may take, longer where far more wants to run than there are cores."""
    return seconds * max(1.0, os.getloadavg()[0] / (2 * (os.cpu_count() or 1)))


def start_cluster(*, slots: int = 2, **env: str) -> AbstractContextManager[Cluster]:
    return run_cluster(
        slots=slots, **{"settings": SETTINGS, "QUEUE_LEASE_SECONDS": str(LEASE_SECONDS), **env}
    )


def start_batch(jobs: int, *, kind: str = "chaos.call", milliseconds: int = 100) -> Batch:
    with batches.start_batch(kind="chaos", label="chaos") as batch:
        enqueue_many(
            kind,
            [NewJob({"n": milliseconds}, dedupe_key=f"{batch.pk}:{n}") for n in range(jobs)],
            batch=batch,
            max_attempts=1,  # whatever happens to processes, networks and databases costs a job no attempt
        )
    return batch


def done(*found: Batch) -> int:
    """Return how many jobs of these batches completed."""
    rows = Batch.objects.filter(pk__in=[batch.pk for batch in found])
    return sum(rows.values_list("completed_units", flat=True))


def patiently(look: Callable[[], int]) -> int:
    """Look at a database that may be away just now; -1 while it is."""
    try:
        return look()
    except OperationalError:
        connection.close()
        return -1


def wait_until_both_work(one: Cluster, other: Cluster, *, seconds: float = 30) -> Worker:
    """Wait until each of two clusters holds jobs at the same moment; return the first one's drain."""
    found: list[Worker] = []

    def look() -> bool:
        pids = {process.pid for process in one.tree()}, {process.pid for process in other.tree()}
        held = set(Job.objects.filter(state="processing").values_list("worker_id", flat=True))
        holders = list(Worker.objects.filter(pk__in=held))
        found[:] = [worker for worker in holders if worker.pid in pids[0]]
        return bool(found) and any(worker.pid in pids[1] for worker in holders)

    wait_for(look, seconds=seconds, what="two clusters at work")
    return found[0]


def busy_drain() -> Worker:
    held = Job.objects.filter(state="processing").values_list("worker_id", flat=True)
    return Worker.objects.filter(pk__in=set(held), role="drain").order_by("-id")[0]


def processes_of(cluster: Cluster) -> list[psutil.Process]:
    """Return the processes of a cluster that are there."""
    return [process for process in cluster.tree() if process.is_running()]


def longest_pause(batch_list: list[Batch], *, until: int, seconds: float) -> float:
    """Wait until so many jobs completed; return the longest time in which none did."""
    began = last = time.monotonic()
    seen, longest = patiently(lambda: done(*batch_list)), 0.0
    while seen < until:
        if time.monotonic() - began > seconds:
            raise AssertionError(f"{seen} of {until} jobs completed within {seconds:g} s")
        time.sleep(0.05)
        found = patiently(lambda: done(*batch_list))
        if found > seen:
            seen, now = found, time.monotonic()
            longest, last = max(longest, now - last), now
    return longest


def is_given_back() -> bool:
    """Sweep; return whether no call is reserved or under way any more."""
    retention.sweep_reservations()
    return not BudgetEntry.objects.filter(answered_at=None).exists()


def check_ended(*found: Batch, others: int = 0) -> None:
    """Every job completed, each left its effect once, no budget is held, no batch counts wrong."""
    jobs = 0
    for batch in found:
        batch.refresh_from_db()
        total = Job.objects.filter(batch=batch).count()
        assert (batch.state, batch.completed_units) == ("completed", total)
        jobs += total
    effects: Counter[int] = Counter(Effect.objects.filter(job__gt=0).values_list("job", flat=True))
    assert len(effects) == jobs + others
    assert [job for job, times in effects.items() if times > 1] == []
    # An answer that could not be written counts from the sweep, which lets a settle's own five seconds pass.
    wait_for(is_given_back, seconds=10, what="all is given back")
    assert not Job.objects.filter(state="processing").exists()


def rescued() -> int:
    return Attempt.objects.filter(outcome="rescued").count()
