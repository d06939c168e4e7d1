"""Stops, restarts and waits: nothing is stranded, and work goes on by itself when it may."""

import subprocess
import sys
from datetime import timedelta

import pytest
from django.utils import timezone

from queueproject.queue.enqueue import enqueue
from queueproject.queue.models import (
    Attempt,
    Budget,
    BudgetEntry,
    DrainRequest,
    Job,
    Provider,
    SchedulerRun,
    Setting,
    Worker,
)
from tests.chaos.conftest import Note
from tests.chaos.server import SETTINGS
from tests.chaos.world import (
    LEASE_SECONDS,
    check_ended,
    done,
    start_batch,
    start_cluster,
    within,
)
from tests.processes import ROOT, environment, wait_for

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(180)]

NO_WORKER = 4


def test_sigterm_with_fifty_claimed_and_five_running_strands_nothing(lane: Provider, note: Note) -> None:
    with start_cluster(slots=1) as cluster:
        quick = [enqueue("chaos.call", {"n": 1500}).ids[0] for _ in range(3)]
        slow = [enqueue("chaos.call", {"n": 15_000}).ids[0] for _ in range(2)]
        start_batch(3000, kind="chaos.local", milliseconds=5)
        running = BudgetEntry.objects.filter(currency="calls", spent_at__isnull=False, answered_at=None)
        held: list[int] = []

        def is_full() -> bool:
            held[:] = [Job.objects.filter(state="processing").count()]
            return held[0] >= 55 and running.count() == 5

        wait_for(is_full, seconds=20, what="fifty claimed and five running")
        took = cluster.stop()
    jobs = dict(Job.objects.values_list("id", "state"))
    assert {jobs[number] for number in quick} == {"completed"}
    assert {jobs[number] for number in slow} == {"pending"}
    assert set(jobs.values()) == {"pending", "completed"}
    assert set(Job.objects.filter(state="pending").values_list("attempts", "rescues")) == {(0, 0)}
    assert took < within(15)
    assert not Worker.objects.filter(status__in=["active", "idle"]).exists()
    assert not Attempt.objects.filter(outcome__in=["rescued", "late"]).exists()
    note("held at the signal", held[0])
    note("stopped after s", round(took, 1))


def test_told_to_come_back_in_a_second_an_empty_queue_goes_on_by_itself(lane: Provider, note: Note) -> None:
    Setting.objects.create(key="linger_seconds", value=0)  # no drain waits for it: the keeper must
    with start_cluster():
        enqueue("chaos.limited", {})
        took = wait_for(lambda: Job.objects.get().state == "completed", seconds=30, what="its second try")
    job = Job.objects.get()
    assert (job.attempts, job.deferrals) == (1, 1)
    assert took > 1
    note("completed after s", round(took, 1))


def test_restarted_with_all_budgets_used_up_work_goes_on_at_the_refill(lane: Provider, note: Note) -> None:
    Budget.objects.filter(provider=lane, currency="calls").update(limit=10, window_seconds=8)
    with start_cluster() as cluster:
        batch = start_batch(20, milliseconds=10)
        wait_for(lambda: done(batch) == 10, seconds=20, what="the budget is used up")
        cluster.kill_all()
    oldest = BudgetEntry.objects.filter(answered_at__isnull=False).earliest("answered_at").answered_at
    assert oldest is not None
    refill = oldest + timedelta(seconds=8)
    with start_cluster():
        wait_for(lambda: done(batch) > 10, seconds=40, what="work after the refill")
        late = (timezone.now() - max(refill, timezone.now() - timedelta(seconds=40))).total_seconds()
        wait_for(lambda: done(batch) == 20, seconds=20, what="all end")
    check_ended(batch)
    assert late < within(5)
    note("went on s after the refill", round(late, 1))


@pytest.mark.long
def test_two_schedulers_at_once_rescue_each_job_once_and_ask_for_no_drain_too_many(
    lane: Provider, note: Note
) -> None:
    with start_cluster(slots=1) as cluster:
        batch = start_batch(100, milliseconds=300)
        wait_for(lambda: done(batch) > 5, seconds=20, what="the batch gets going")
        cluster.kill_all()
    held = Job.objects.filter(state="processing").count()
    Worker.objects.update(heartbeat_at=timezone.now() - timedelta(seconds=LEASE_SECONDS + 1))
    command = [sys.executable, "manage.py", "run_scheduler", "--trigger", "cron"]
    env = environment(settings=SETTINGS, QUEUE_LEASE_SECONDS=str(LEASE_SECONDS))
    both = [subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.DEVNULL) for _ in range(2)]
    assert [each.wait(60) for each in both] == [NO_WORKER] * 2
    runs = list(SchedulerRun.objects.all())
    assert len(runs) == 2
    assert [run.error for run in runs] == ["", ""]
    assert sum(run.rescued for run in runs) == held > 0
    assert DrainRequest.objects.filter(taken_at=None).count() <= 2
    with start_cluster():
        wait_for(lambda: done(batch) == 100, seconds=60, what="all end")
    check_ended(batch)
    note("jobs rescued", held)
