"""Clusters that are killed, stopped, doubled: every job ends, each takes effect once."""

import os

import psutil
import pytest

from queueproject.queue.management.commands.qcluster import is_slot
from queueproject.queue.models import Attempt, Budget, BudgetEntry, Job, Ledger, Provider, Setting, Worker
from tests.chaos.conftest import Note
from tests.chaos.world import LEASE_SECONDS, busy_drain, check_ended, done, start_batch, start_cluster, within
from tests.processes import Cluster, wait_for

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(180)]


def test_a_killed_slot_loses_nothing_and_the_other_goes_on(lane: Provider) -> None:
    with start_cluster():
        batch = start_batch(400)
        wait_for(lambda: done(batch) > 20, seconds=20, what="the batch gets going")
        os.kill(busy_drain().pid, 9)
        at_kill = done(batch)
        # It may have held every call in flight: then the other one goes on when the lease is over.
        wait_for(lambda: done(batch) > at_kill + 20, seconds=LEASE_SECONDS + 5, what="the other slot goes on")
        took = wait_for(lambda: done(batch) == 400, seconds=60, what="all end")
    assert took < LEASE_SECONDS + 5 + 400 * 0.1 / 10
    check_ended(batch)
    assert Attempt.objects.filter(outcome="rescued").exists()


def test_a_killed_and_restarted_cluster_goes_on_within_the_rest_of_the_lease(lane: Provider) -> None:
    with start_cluster() as cluster:
        batch = start_batch(200)
        wait_for(lambda: done(batch) > 20, seconds=20, what="the batch gets going")
        cluster.kill_all()
        held = Job.objects.filter(state="processing").count()
    assert held > 0
    with start_cluster():
        wait_for(
            lambda: Attempt.objects.filter(outcome="rescued").exists() or done(batch) == 200,
            seconds=LEASE_SECONDS + 5,
            what="the rescue",
        )
        wait_for(lambda: done(batch) == 200, seconds=30, what="all end")
    check_ended(batch)


def test_a_cluster_whose_parent_is_killed_leaves_nobody_behind_and_releases_at_once(lane: Provider) -> None:
    with start_cluster() as cluster:
        batch = start_batch(200)
        wait_for(lambda: done(batch) > 20, seconds=20, what="the batch gets going")
        tree = cluster.tree()
        os.kill(cluster.process.pid, 9)
        cluster.process.wait(5)
        _, alive = psutil.wait_procs(tree[1:], timeout=15)
        assert alive == []
        assert not Job.objects.filter(state="processing").exists()
        with start_cluster():
            wait_for(lambda: done(batch) == 200, seconds=30, what="all end")
    check_ended(batch)
    assert not Attempt.objects.filter(outcome="rescued").exists()


def test_sigterm_stops_within_seconds_and_leaves_nothing_for_a_lease(lane: Provider) -> None:
    with start_cluster() as cluster:
        start_batch(60, milliseconds=400)
        start_batch(2000, kind="chaos.local", milliseconds=5)
        wait_for(lambda: Job.objects.filter(state="completed").count() > 10, seconds=20, what="work")
        took = cluster.stop()
    assert took < within(5)
    assert set(Job.objects.values_list("state", flat=True)) == {"pending", "completed"}
    assert not Worker.objects.filter(role="drain", status__in=["active", "idle"]).exists()
    assert not BudgetEntry.objects.filter(answered_at=None).exists()
    assert set(Job.objects.filter(state="pending").values_list("attempts", flat=True)) == {0}


def test_two_clusters_share_the_work_and_the_budget(lane: Provider) -> None:
    Budget.objects.filter(provider=lane, currency="calls").update(limit=120, window_seconds=5)
    with start_cluster(), start_cluster():
        wait_for(lambda: Worker.objects.filter(role="keeper").count() == 2, seconds=20, what="both clusters")
        batch = start_batch(300, milliseconds=50)
        wait_for(lambda: done(batch) == 300, seconds=60, what="all end")
    check_ended(batch)
    entries = BudgetEntry.objects.filter(currency="calls")
    spent = sorted(entry.spent_at for entry in entries if entry.spent_at)
    busiest = max(sum(0 <= (later - first).total_seconds() < 5 for later in spent) for first in spent)
    assert busiest <= 120
    clusters = set(Worker.objects.filter(role="drain", processed__gt=0).values_list("cluster", flat=True))
    assert len(clusters) == 2
    assert Ledger.objects.get(currency="calls").spent == 300


def kill_idle_slots(cluster: Cluster) -> None:
    """Kill every slot while none works: one of them waits for a task with the queue's lock in its hands."""

    def slots() -> list[psutil.Process]:
        return [process for process in cluster.tree()[2:] if is_slot(process.pid)]

    live = Worker.objects.filter(role="drain", status__in=["active", "idle"])
    wait_for(lambda: len(slots()) == 2 and not live.exists(), seconds=30, what="two idle slots")
    for process in slots():
        process.kill()


def test_slots_wedged_by_killed_idle_ones_are_replaced_and_hold_up_no_stop(
    lane: Provider, note: Note
) -> None:
    Setting.objects.create(key="linger_seconds", value=0)
    with start_cluster() as cluster:
        kill_idle_slots(cluster)
        batch = start_batch(20)
        took = wait_for(lambda: done(batch) == 20, seconds=60, what="the work goes on")
        kill_idle_slots(cluster)
        stopped = cluster.stop()
    assert cluster.process.returncode == 0
    assert stopped < within(15)
    check_ended(batch)
    note("work went on after s", round(took, 1))
    note("stopped after s", round(stopped, 1))
