"""Processes are killed with -9 at random moments under load: every job ends and takes effect once."""

import random
import time
from contextlib import ExitStack

import pytest
from django.db import connection

from queueproject.queue.enqueue import enqueue
from queueproject.queue.models import Batch, Budget, Job, Provider, Setting
from tests.chaos import sql
from tests.chaos.conftest import Note
from tests.chaos.killing import Killer
from tests.chaos.world import (
    LEASE_SECONDS,
    Scale,
    check_ended,
    done,
    rescued,
    start_batch,
    start_cluster,
    wait_until_both_work,
    within,
)
from tests.processes import wait_for

pytestmark = [pytest.mark.chaos, pytest.mark.timeout(1200)]


def test_killed_at_random_under_load_nothing_is_lost_or_done_twice(
    lane: Provider, scale: Scale, note: Note
) -> None:
    Budget.objects.filter(provider=lane, currency="calls").update(limit=60_000)
    # Here processes die so often that an honest job may meet it three times.
    Setting.objects.create(key="max_rescues", value=20)
    batches: list[Batch] = []
    with ExitStack() as stack:
        killer = Killer(stack)
        killer.start()
        killer.start()
        began = time.monotonic()
        next_kill, next_batch = 4.0, 0.0
        while (now := time.monotonic() - began) < scale.pick(20, 600):
            if now >= next_batch:
                next_batch += 4
                batches.append(start_batch(120, milliseconds=50))
                batches.append(start_batch(60, kind="chaos.local", milliseconds=5))
            if now >= next_kill:
                killer.kill()
                next_kill = now + random.uniform(0.5, 4)
            killer.watch()
            time.sleep(0.1)
        total = Job.objects.count()
        ended = wait_for(lambda: done(*batches) == total, seconds=90, what="all end")
        killer.watch()
    check_ended(*batches)
    assert killer.mourned == {}
    assert killer.slowest_recovery < within(LEASE_SECONDS + 5)
    with connection.cursor() as cursor:
        cursor.execute(sql.text("count_deadlocks"))
        assert cursor.fetchone() == (0,)
    note("jobs", total)
    note("kills", dict(killer.kills))
    note("rescued", rescued())
    note("slowest recovery s", round(killer.slowest_recovery, 1))
    note("all ended s after the last", round(ended, 1))


@pytest.mark.long
def test_while_another_cluster_lives_a_killed_one_is_replaced_without_cron(
    lane: Provider, note: Note
) -> None:
    with start_cluster(slots=1) as one, start_cluster(slots=1) as other:
        batch = start_batch(600)
        dying = wait_until_both_work(one, other)
        one.kill_all()
        killed_at = time.monotonic()
        held = Job.objects.filter(state="processing", worker_id=dying.pk)
        jobs = held.count()
        wait_for(lambda: not held.exists(), seconds=LEASE_SECONDS + 5, what="its jobs are taken back")
        took = time.monotonic() - killed_at
        wait_for(lambda: done(batch) == 600, seconds=60, what="all end")
    check_ended(batch)
    note("jobs it held", jobs)
    note("taken back after s", round(took, 1))


def test_neighbours_of_poisonous_jobs_complete_wherever_these_run(
    lane: Provider, scale: Scale, note: Note
) -> None:
    kinds = ["chaos.poison_call", "chaos.poison_long", "chaos.poison"][: 3 if scale.long else 2]
    for kind in kinds:
        enqueue(kind, {"n": 300})
    batches = [
        start_batch(15, milliseconds=600),
        start_batch(3, kind="chaos.long", milliseconds=100),
        start_batch(20, kind="chaos.local", milliseconds=5),
    ]
    with start_cluster(slots=1):
        took = wait_for(
            lambda: not Job.objects.filter(finished_at=None).exists(), seconds=120, what="all end"
        )
    poison = Job.objects.filter(batch=None)
    assert sorted(poison.values_list("state", "rescues")) == [("failed", 3)] * len(kinds)
    assert all(job.last_error.startswith("worker_lost") for job in poison)
    check_ended(*batches)
    note("took s", round(took))
