"""A host that is frozen, in the middle of a claim or with work under way, and wakes up later."""

import os
import signal
import time

import psycopg
import pytest

from queueproject.queue.models import Attempt, Job, Provider
from tests.chaos import sql
from tests.chaos.conftest import Note
from tests.chaos.world import (
    LEASE_SECONDS,
    Scale,
    check_ended,
    done,
    longest_pause,
    rescued,
    start_batch,
    start_cluster,
    wait_until_both_work,
    within,
)
from tests.processes import Cluster, wait_for

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(300)]


def freeze(cluster: Cluster) -> None:
    """Stop every process of a cluster at once, as a paused virtual machine does."""
    os.killpg(cluster.process.pid, signal.SIGSTOP)


def wake(cluster: Cluster) -> None:
    os.killpg(cluster.process.pid, signal.SIGCONT)


def freeze_while_it_claims(cluster: Cluster, *, url: str) -> None:
    """Stop a cluster whose drain has jobs and lane locked by a claim that it has not committed."""
    with psycopg.connect(url) as blocker, psycopg.connect(url, autocommit=True) as watcher:
        blocker.execute(sql.text("lock_budget_entries"))
        start_batch(40, milliseconds=10)
        wait_for(
            lambda: watcher.execute(sql.text("find_blocked_claim")).fetchone(),
            seconds=20,
            what="a claim that waits for the lock",
        )
        freeze(cluster)
        blocker.rollback()
        wait_for(
            lambda: watcher.execute(sql.text("find_open_claim")).fetchone(),
            seconds=5,
            what="a claim that was answered and not committed",
        )


def test_a_host_frozen_in_the_middle_of_a_claim_holds_nothing_for_long(
    lane: Provider, database: str, note: Note
) -> None:
    with start_cluster(slots=1) as asleep:
        first = start_batch(1, milliseconds=10)
        wait_for(lambda: done(first) == 1, seconds=20, what="a drain")
        freeze_while_it_claims(asleep, url=database)
        frozen_at = time.monotonic()
        with start_cluster(slots=1):
            wait_for(lambda: Job.objects.filter(state="completed").count() == 41, seconds=40, what="work")
            took = time.monotonic() - frozen_at
            time.sleep(max(0.0, LEASE_SECONDS + 3 - took))
            wake(asleep)
            later = start_batch(100, milliseconds=20)
            wait_for(lambda: done(later) == 100, seconds=30, what="work goes on")
    check_ended(first, later, others=40)
    assert took < within(LEASE_SECONDS + 5)
    assert rescued() == 0  # its claim never happened
    note("others went on after s", round(took, 1))


@pytest.mark.long
def test_a_frozen_host_that_wakes_up_finds_its_leases_gone(lane: Provider, scale: Scale, note: Note) -> None:
    rounds = int(scale.pick(1, 5))
    pauses = []
    for _ in range(rounds):
        with start_cluster(slots=1) as awake, start_cluster(slots=1) as asleep:
            batch = start_batch(200, milliseconds=400)
            away = wait_until_both_work(asleep, awake)
            freeze(asleep)
            pauses.append(longest_pause([batch], until=200, seconds=60))
            wake(asleep)
            wait_for(
                lambda away=away: Attempt.objects.filter(worker_id=away.pk, outcome="late").exists(),  # type: ignore[misc]
                seconds=20,
                what="what it did meanwhile is refused",
            )
        check_ended(batch, others=Job.objects.exclude(batch=batch).count())
    assert max(pauses) < within(LEASE_SECONDS + 5)
    note("longest pause s", round(max(pauses), 1))
    note("late results refused", Attempt.objects.filter(outcome="late").count())
