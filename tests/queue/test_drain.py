"""The drain: one worker's loop from claim to settle, with its threads and its end."""

import os
import threading
import time
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connection
from django.utils import timezone

from queueproject.queue import batches, claim, drains, operations, settle, sql
from queueproject.queue import drain as drain_module
from queueproject.queue.budgets import Spender
from queueproject.queue.drain import THREADS_A_LANE, Drain
from queueproject.queue.enqueue import NewJob, enqueue, enqueue_many
from queueproject.queue.models import Attempt, Batch, BudgetEntry, Job, Ledger, Provider, Worker
from queueproject.queue.outcomes import Complete, Fail, ProviderFault, RateLimited, Retry, Transient
from queueproject.queue.registry import KINDS
from tests.queue.conftest import states
from tests.queue.kinds import LANE, Acts

pytestmark = pytest.mark.django_db(transaction=True)


def drain(stop: threading.Event | None = None, linger: float = 0.1) -> str:
    return Drain(stop=stop or threading.Event(), linger_seconds=linger).run()


def test_a_drain_works_off_local_and_metered_jobs_and_signs_off(lane: Provider) -> None:
    with batches.start_batch(kind="t", label="mixed") as batch:
        enqueue_many("tests.noop", [NewJob({"n": n}) for n in range(50)], batch=batch)
        enqueue_many("tests.call", [NewJob({"n": n}) for n in range(30)], batch=batch)
    assert drain() == "no work"
    batch.refresh_from_db()
    assert (batch.state, batch.completed_units) == ("completed", 80)
    worker = Worker.objects.get()
    assert (worker.status, worker.processed) == ("stopped", 80)
    assert Ledger.objects.get(currency="calls").spent == 30
    assert BudgetEntry.objects.filter(answered_at=None).count() == 0
    assert Attempt.objects.filter(outcome="completed").count() == 30


def test_a_group_shares_one_call_and_each_of_its_jobs_is_settled(lane: Provider) -> None:
    enqueue_many("tests.grouped", [NewJob({"n": n, "group": "a"}) for n in range(12)])
    drain()
    assert states() == {"completed": 12}
    assert Ledger.objects.get(currency="calls").spent == 3


def test_a_failing_job_is_retried_and_fails_after_its_last_attempt(lane: Provider, act: Acts) -> None:
    def fail(job: object) -> None:
        raise Transient("the provider stumbled", status=503)

    act["noop"] = fail
    enqueue("tests.noop", {}, backoff_seconds=0.05)
    drain(linger=0.5)
    job = Job.objects.get()
    assert (job.state, job.attempts, job.last_error) == ("failed", 3, "the provider stumbled")
    assert [a.outcome for a in Attempt.objects.order_by("id")] == ["retried", "retried", "failed"]


def test_what_a_slow_settle_put_off_for_a_moment_is_looked_for_before_a_drain_ends(
    lane: Provider, act: Acts, monkeypatch: pytest.MonkeyPatch
) -> None:
    settle_at_once = settle.settle

    def settle_slowly(*args: Any, **kwargs: Any) -> Any:
        settled = settle_at_once(*args, **kwargs)
        time.sleep(0.5)  # longer than the drain lingers
        return settled

    monkeypatch.setattr(settle, "settle", settle_slowly)
    outcomes = iter([Retry("once more"), Complete()])
    act["noop"] = lambda job: next(outcomes)
    enqueue("tests.noop", {}, backoff_seconds=0.01)
    drain(linger=0.1)
    assert states() == {"completed": 1}


def test_a_429_blocks_the_lane_and_costs_no_attempt(lane: Provider, act: Acts) -> None:
    refused = threading.Event()

    def call(job: object) -> Complete:
        receipt = job.permit.spend()  # type: ignore[attr-defined]
        if not refused.is_set():
            refused.set()
            receipt.answered(status=429)
            raise RateLimited("slow down", retry_after_seconds=0.4)
        receipt.answered(status=200)
        return Complete()

    act["call"] = call
    enqueue_many("tests.call", [NewJob({"n": n}) for n in range(15)])
    drain(linger=1.0)
    assert states() == {"completed": 15}
    assert set(Job.objects.values_list("attempts", flat=True)) == {1}
    lane.refresh_from_db()
    assert lane.blocked_until is None
    assert not lane.probing
    assert {e.verb for e in lane.events.all()} == {"blocked", "unblocked"}


def test_an_account_fault_pauses_the_lane_and_fails_nothing(lane: Provider, act: Acts) -> None:
    def call(job: object) -> None:
        job.permit.spend().answered(status=400)  # type: ignore[attr-defined]
        raise ProviderFault("the key is not valid", reason="bad_key", status=400)

    act["call"] = call
    enqueue_many("tests.call", [NewJob({"n": n}) for n in range(5)])
    drain()
    lane.refresh_from_db()
    assert (lane.fault, lane.paused_by) == ("bad_key", "queue")
    assert states() == {"pending": 5}
    assert set(Job.objects.values_list("attempts", flat=True)) == {0}


def test_a_save_that_raises_fails_alone(lane: Provider, act: Acts) -> None:
    def save() -> None:
        raise ValueError("no")

    act["noop"] = lambda job: Complete(save=save if job.payload.n == 3 else None)
    enqueue_many("tests.noop", [NewJob({"n": n}) for n in range(10)], max_attempts=1)
    drain()
    assert states() == {"completed": 9, "failed": 1}
    assert "could not be saved: ValueError: no" in Job.objects.get(state="failed").last_error


def test_a_stop_releases_the_unstarted_at_once_and_lets_the_running_finish(lane: Provider, act: Acts) -> None:
    stop = threading.Event()
    started = threading.Semaphore(0)

    def call(job: object) -> Complete:
        job.permit.spend().answered(status=200)  # type: ignore[attr-defined]
        started.release()
        time.sleep(0.5)
        return Complete()

    def local(job: object) -> Complete:
        for _ in range(5 if not stop.is_set() else 0):
            assert started.acquire(timeout=20)
        stop.set()
        return Complete()

    act["call"], act["noop"] = call, local
    enqueue_many("tests.call", [NewJob({"n": n}) for n in range(5)])
    enqueue_many("tests.noop", [NewJob({"n": n}) for n in range(50)])
    assert drain(stop) == "stopped"
    found = states()
    assert found["completed"] >= 6
    assert found["pending"] == 55 - found["completed"]
    assert set(Job.objects.filter(state="pending").values_list("attempts", flat=True)) == {0}
    assert BudgetEntry.objects.filter(answered_at=None).count() == 0


def test_a_blocking_failure_fails_its_waiting_siblings_with_the_same_words(lane: Provider, act: Acts) -> None:
    act["noop"] = lambda job: Fail("the guide is missing", scope="batch", code="guide")
    with batches.start_batch(kind="t", label="x") as batch:
        enqueue_many("tests.noop", [NewJob({"n": n}) for n in range(700)], batch=batch)
    drain()
    batch = Batch.objects.get()
    assert (batch.state, batch.failed_units) == ("failed", 700)
    assert set(Job.objects.values_list("last_error", flat=True)) == {"the guide is missing"}


def test_more_than_one_drain_shares_a_lane_without_working_a_job_twice(lane: Provider, act: Acts) -> None:
    seen: list[int] = []
    workers: set[int] = set()
    both = threading.Event()

    def call(job: object) -> Complete:
        job.permit.spend().answered(status=200)  # type: ignore[attr-defined]
        seen.append(job.id)  # type: ignore[attr-defined]
        workers.add(job.permit.lease.worker_id)  # type: ignore[attr-defined]
        if len(workers) == 2:
            both.set()
        assert both.wait(20)
        return Complete()

    act["call"] = call
    lane.budgets.update(limit=1000)
    Provider.objects.filter(pk=lane.pk).update(max_in_flight=THREADS_A_LANE + 8)
    enqueue_many("tests.call", [NewJob({"n": n}) for n in range(200)], provider=LANE)

    def work() -> None:
        drain()
        connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert states() == {"completed": 200}
    assert sorted(seen) == sorted(set(seen))
    assert Worker.objects.filter(processed__gt=0).count() == 2


def test_a_drain_whose_time_is_up_lets_what_runs_finish(lane: Provider, act: Acts) -> None:
    operations.change_setting("drain_seconds", 1, actor="ada")
    operations.change_setting("grace_seconds", 0, actor="ada")

    def call(job: object) -> Complete:
        job.permit.spend().answered(status=200)  # type: ignore[attr-defined]
        time.sleep(2)
        return Complete()

    act["call"] = call
    enqueue("tests.call", {})
    assert drain(linger=5) == "time is up"
    assert states() == {"completed": 1}
    assert list(Attempt.objects.values_list("outcome", flat=True)) == ["completed"]


def test_a_stop_while_it_winds_up_leaves_only_the_grace(
    lane: Provider, act: Acts, monkeypatch: pytest.MonkeyPatch
) -> None:
    operations.change_setting("drain_seconds", 1, actor="ada")
    operations.change_setting("grace_seconds", 0.2, actor="ada")
    monkeypatch.setattr(
        os, "_exit", lambda code: None
    )  # the thread it leaves behind would end the test's process
    stop, go_on = threading.Event(), threading.Event()

    def call(job: object) -> Complete:
        job.permit.spend().answered(status=200)  # type: ignore[attr-defined]
        go_on.wait(20)
        return Complete()

    act["call"] = call
    enqueue("tests.call", {}, timeout_seconds=30)
    timer = threading.Timer(2, stop.set)
    timer.start()
    assert drain(stop, linger=5) == "time is up"
    go_on.set()
    assert states() == {"pending": 1}
    assert Job.objects.get().attempts == 0


def test_a_long_row_of_local_work_does_not_keep_another_lane_waiting(lane: Provider, act: Acts) -> None:
    done: list[str] = []

    def local(job: object) -> Complete:
        time.sleep(0.1)
        done.append("local")
        if len(done) == 3:
            enqueue("tests.call", {})
        return Complete()

    def call(job: object) -> Complete:
        done.append("call")
        return Complete()

    act["noop"], act["call"] = local, call
    enqueue_many("tests.noop", [NewJob({"n": n}) for n in range(40)])
    drain()
    assert done.index("call") < 15
    assert states() == {"completed": 41}


def test_a_drain_outlives_the_connection_it_listens_on(lane: Provider) -> None:
    def cut() -> None:
        time.sleep(0.5)
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity "
                "WHERE query LIKE 'LISTEN%' AND datname = current_database()"
            )
        enqueue("tests.noop", {})
        connection.close()

    thread = threading.Thread(target=cut)
    thread.start()
    try:
        assert drain(linger=1.0) == "no work"
    finally:
        thread.join()
    drain()
    assert states() == {"completed": 1}


def test_a_batch_with_a_limit_in_flight_goes_on_as_soon_as_a_job_ends(lane: Provider) -> None:
    with batches.start_batch(kind="t", label="x", max_in_flight=1) as batch:
        enqueue_many("tests.noop", [NewJob({"n": n}) for n in range(10)], batch=batch)
    began = time.monotonic()
    drain(linger=1.0)
    batch.refresh_from_db()
    assert batch.state == "completed"
    assert time.monotonic() - began < 6


@pytest.mark.parametrize("outcome", [None, "done", {"score": 1}])
def test_a_handler_that_returns_no_outcome_has_used_a_try(lane: Provider, act: Acts, outcome: object) -> None:
    act["noop"] = lambda job: outcome
    enqueue("tests.noop", {}, max_attempts=1)
    drain()
    assert "returned no outcome" in Job.objects.get(state="failed").last_error


@pytest.mark.parametrize("provider", ["local", LANE])
def test_a_handler_that_exits_fails_its_job_and_not_its_drain(
    lane: Provider, act: Acts, provider: str
) -> None:
    def leave(job: object) -> None:
        raise SystemExit(3)

    act["noop"] = leave
    enqueue("tests.noop", {}, max_attempts=1, provider=provider)
    assert drain() == "no work"
    assert Job.objects.get(state="failed").last_error == "SystemExit: 3"


def test_a_429_that_cannot_be_written_still_costs_no_attempt(
    lane: Provider, act: Acts, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(job: object) -> None:
        raise RateLimited("slow down", retry_after_seconds=600)

    def ask(*_: object, **__: object) -> None:
        raise Transient("the spend could not be written")

    act["call"] = refuse
    monkeypatch.setattr(Spender, "ask", ask)
    enqueue("tests.call", {})
    drain()
    job = Job.objects.get()
    assert (job.state, job.attempts) == ("rate_limited", 0)


def test_a_save_whose_statement_takes_too_long_fails_alone(lane: Provider, act: Acts) -> None:
    def save() -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL statement_timeout = '20ms'")
            cursor.execute("SELECT pg_sleep(5)")

    act["noop"] = lambda job: Complete(save=save if job.payload.n == 1 else None)
    enqueue_many("tests.noop", [NewJob({"n": n}) for n in range(3)], max_attempts=1)
    drain()
    assert states() == {"completed": 2, "failed": 1}


def test_a_drain_whose_threads_are_all_busy_stays_and_claims_when_one_is_free(
    lane: Provider, act: Acts, monkeypatch: pytest.MonkeyPatch
) -> None:
    def call(job: object) -> Complete:
        job.permit.spend().answered(status=200)  # type: ignore[attr-defined]
        time.sleep(0.3)
        return Complete()

    act["call"] = call
    monkeypatch.setattr(drain_module, "THREADS_A_LANE", 2)
    enqueue_many("tests.call", [NewJob({"n": n}) for n in range(6)])
    began = time.monotonic()
    drain()
    assert states() == {"completed": 6}
    assert time.monotonic() - began < 3


def test_due_work_of_a_lane_that_is_switched_off_keeps_no_drain_busy(
    lane: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[int] = []
    look = claim.claim

    def count(**options: Any) -> claim.Claim:
        looks.append(1)
        return look(**options)

    monkeypatch.setattr(claim, "claim", count)
    enqueue("tests.noop", {}, due_at=timezone.now() + timedelta(seconds=0.1))
    operations.change_setting("queue_enabled", False, provider="local", actor="ada")
    time.sleep(0.2)
    assert drain() == "no work"
    assert len(looks) < 30
    assert drains.count_wanted(drains.measure_lanes(), batch_size=500) == 0


def test_an_idle_drain_takes_local_jobs_it_hears_of_without_looking_at_every_lane(
    lane: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    looks: list[int] = []
    look = claim.claim

    def count(**options: Any) -> claim.Claim:
        looks.append(1)
        return look(**options)

    def ask() -> None:
        for number in range(8):
            time.sleep(0.1)
            enqueue("tests.noop", {"n": number})
        connection.close()

    monkeypatch.setattr(claim, "claim", count)
    asking = threading.Thread(target=ask)
    asking.start()
    drain(linger=1.0)
    asking.join()
    assert states() == {"completed": 8}
    assert len(looks) < 5


def test_slow_local_work_runs_one_at_a_time_and_its_clock_starts_with_it(
    lane: Provider, act: Acts, monkeypatch: pytest.MonkeyPatch
) -> None:
    running: list[int] = []
    most: list[int] = []

    def work(job: object) -> Complete:
        running.append(1)
        most.append(len(running))
        time.sleep(0.2)
        running.pop()
        return Complete()

    act["noop"] = work
    monkeypatch.setitem(KINDS, "tests.noop", replace(KINDS["tests.noop"], inline=False))
    enqueue_many("tests.noop", [NewJob({"n": n}) for n in range(6)], timeout_seconds=0.6, max_attempts=1)
    drain(linger=0.5)
    assert states() == {"completed": 6}
    assert max(most) == 1


def test_a_stop_releases_what_waits_for_a_thread(
    lane: Provider, act: Acts, monkeypatch: pytest.MonkeyPatch
) -> None:
    stop = threading.Event()

    def work(job: object) -> Complete:
        stop.set()
        time.sleep(0.3)
        return Complete()

    act["noop"] = work
    monkeypatch.setitem(KINDS, "tests.noop", replace(KINDS["tests.noop"], inline=False))
    enqueue_many("tests.noop", [NewJob({"n": n}) for n in range(20)])
    assert drain(stop) == "stopped"
    found = states()
    assert found["completed"] + found["pending"] == 20
    assert found["completed"] < 5


def test_a_drain_takes_no_more_local_work_than_it_does_in_half_a_second(lane: Provider) -> None:
    worker = Drain(stop=threading.Event())
    try:
        worker.local_seconds = 0.1
        assert worker.capacity("local") == 5
        worker.local_seconds = 30
        assert worker.capacity("local") == 1
    finally:
        worker.spender.start()
        worker.heartbeat.start()
        worker._close("test")


def test_a_drain_that_may_not_linger_works_all_the_same(lane: Provider) -> None:
    enqueue_many("tests.noop", [NewJob({"n": n}) for n in range(3)])
    Drain(stop=threading.Event(), linger_seconds=0).run()
    assert states() == {"completed": 3}


def test_what_a_drain_lost_track_of_goes_back_as_soon_as_the_database_lets_it(
    lane: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    drained = Drain(linger_seconds=0)
    enqueue("tests.noop", {})
    claim.claim(worker_id=drained.worker.pk, capacity=lambda _: 1)
    rows, refusals = sql.rows, [1, 1]

    def refuse_twice(name: str, **params: Any) -> Any:
        if name == "find_unknown_leases" and refusals:
            refusals.pop()
            raise OperationalError("the server is still coming back")
        return rows(name, **params)

    monkeypatch.setattr(sql, "rows", refuse_twice)
    monkeypatch.setattr(connection, "close", lambda: None)
    drained._recover_connection(OperationalError("the server is gone"))
    with pytest.raises(OperationalError):
        drained._step()
    assert states() == {"processing": 1}
    drained._release_unknown()
    assert (drained.lost_track, states()) == (False, {"pending": 1})
    drained.bell.close()
    drained.ringer.close()
