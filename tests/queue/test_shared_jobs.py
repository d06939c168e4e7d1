"""Jobs that several batches asked for: who owns them, who counts which run, whatever befalls the owner."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now

from queueproject.queue import batches, operations, rescue, workers
from queueproject.queue.enqueue import NewJob, enqueue, enqueue_many
from queueproject.queue.models import Batch, Job, Provider, Worker
from queueproject.queue.outcomes import Complete, Fail
from queueproject.queue.settle import Release
from tests.queue.conftest import Hand, states

pytestmark = pytest.mark.django_db


def make_batch(*keys: str, **options: int) -> Batch:
    with batches.start_batch(kind="t", label="t", **options) as batch:  # type: ignore[arg-type]
        enqueue_many("tests.noop", [NewJob({}, dedupe_key=key) for key in keys], batch=batch)
    return batch


def counts(batch: Batch) -> tuple[str, int, int, int]:
    batch.refresh_from_db()
    return batch.state, batch.completed_units, batch.failed_units, batch.cancelled_units


def test_a_late_worker_fails_no_waiting_jobs_of_its_batch(hand: Hand) -> None:
    batch = make_batch("a", "b")
    late = hand.claim(1)
    operations.reset_jobs([late[0]["id"]], actor="ada")
    hand.settle(late, Fail("no guide", scope="batch"))
    assert states() == {"pending": 2}
    assert counts(batch) == ("running", 0, 0, 0)


def test_a_job_asked_for_again_while_it_failed_for_its_whole_batch_runs_once_more(hand: Hand) -> None:
    first = make_batch("a", "b", "c")
    rows = hand.claim(1)
    second = make_batch("a")
    settled = hand.settle(rows, Fail("no guide", scope="batch"))
    assert settled.kept == {rows[0]["id"]}
    assert counts(first) == ("failed", 0, 3, 0)
    assert states() == {"failed": 2, "pending": 1}
    hand.settle(hand.claim(), Complete())
    assert counts(second) == ("completed", 1, 0, 0)


def test_a_paused_batch_keeps_the_job_it_asked_for_when_its_owner_is_cancelled(hand: Hand) -> None:
    first, second = make_batch("a", "b"), make_batch("b")
    operations.pause_batch(second.pk, actor="ada")
    operations.cancel_batch(first.pk, actor="ada")
    assert counts(first) == ("cancelled", 0, 0, 2)
    assert hand.claim() == []
    operations.resume_batch(second.pk, actor="ada")
    hand.settle(hand.claim(), Complete())
    assert counts(second) == ("completed", 1, 0, 0)


def test_a_job_taken_over_waits_for_a_place_among_those_its_new_batch_may_have_open(hand: Hand) -> None:
    first = make_batch("a", "b")
    second = make_batch("c", "a", max_in_flight=1)
    operations.cancel_batch(first.pk, actor="ada")
    rows = hand.claim()
    assert [row["batch_id"] for row in rows] == [second.pk]
    hand.settle(rows, Complete())
    hand.settle(hand.claim(), Complete())
    assert counts(second) == ("completed", 2, 0, 0)


def test_a_rerun_waits_for_a_place_among_those_its_batch_may_have_open(hand: Hand) -> None:
    make_batch("a")
    rows = hand.claim()
    second = make_batch("b", "a", max_in_flight=1)
    hand.settle(rows, Complete())
    assert Job.objects.filter(batch=second, held=None).count() == 1
    hand.settle(hand.claim(), Complete())
    hand.settle(hand.claim(), Complete())
    assert counts(second) == ("completed", 2, 0, 0)


def test_a_batch_that_waits_for_a_jobs_next_run_does_not_count_the_run_its_cancelled_owner_left(
    hand: Hand,
) -> None:
    first = make_batch("a")
    rows = hand.claim()
    second = make_batch("a")
    operations.cancel_batch(first.pk, actor="ada")
    hand.settle(rows, Complete())
    assert counts(first) == ("cancelled", 0, 0, 1)
    assert counts(second) == ("running", 0, 0, 0)
    hand.settle(hand.claim(), Complete())
    assert counts(second) == ("completed", 1, 0, 0)


def test_a_resumed_batch_takes_the_jobs_a_paused_one_still_holds(hand: Hand) -> None:
    first, second = make_batch("a"), make_batch("a")
    operations.pause_batch(second.pk, actor="ada")
    operations.pause_batch(first.pk, actor="ada")
    assert hand.claim() == []
    operations.resume_batch(second.pk, actor="ada")
    assert [row["batch_id"] for row in hand.claim()] == [second.pk]


def test_a_released_job_of_a_paused_batch_goes_with_the_sweep_to_the_batch_that_asked_while_it_ran(
    hand: Hand,
) -> None:
    first = make_batch("a")
    rows = hand.claim()
    operations.pause_batch(first.pk, actor="ada")
    second = make_batch("a")
    hand.settle(rows, Release("stopping"))
    batches.sweep()
    rows = hand.claim()
    assert [row["batch_id"] for row in rows] == [second.pk]
    hand.settle(rows, Complete())
    assert counts(first) == counts(second) == ("completed", 1, 0, 0)


def test_a_rerun_goes_to_a_batch_that_may_go_on_before_a_paused_one(hand: Hand) -> None:
    make_batch("a")
    rows = hand.claim()
    paused, running = make_batch("a"), make_batch("a")
    operations.pause_batch(paused.pk, actor="ada")
    hand.settle(rows, Complete())
    assert [row["batch_id"] for row in hand.claim()] == [running.pk]


def test_a_job_asked_for_again_before_its_last_worker_died_starts_afresh(lane: Provider) -> None:
    enqueue("tests.noop", {"n": 1}, dedupe_key="a")
    for loss in range(3):
        hand = Hand(workers.register())
        rows = hand.claim()
        if loss == 2:
            enqueue("tests.noop", {"n": 2}, dedupe_key="a")
        Worker.objects.filter(pk=hand.worker.pk).update(
            started_job_ids=[rows[0]["id"]], heartbeat_at=Now() - timedelta(minutes=2)
        )
        rescue.rescue_dead()
    job = Job.objects.get()
    assert (job.state, job.attempts, job.rescues, job.payload["n"]) == ("pending", 0, 0, 2)


def test_retried_local_jobs_are_spread_at_the_lanes_pace(hand: Hand) -> None:
    ids = enqueue_many("tests.noop", [NewJob({"n": n}) for n in range(3)]).ids
    hand.settle(hand.claim(), Fail("it is broken"))
    operations.retry_jobs(ids, actor="ada")
    first, second, third = (job.sort_key or 0 for job in Job.objects.order_by("id"))
    assert [second - first, third - second] == pytest.approx([0.01, 0.01], abs=1e-6)


def test_a_job_asked_for_by_hand_goes_on_though_a_paused_batch_holds_it(hand: Hand) -> None:
    paused = make_batch("k")
    operations.pause_batch(paused.pk, actor="ada")
    assert hand.claim() == []
    assert enqueue("tests.noop", {"n": 1}, dedupe_key="k", priority=200).shared == 1
    rows = hand.claim()
    assert [row["batch_id"] for row in rows] == [None]
    hand.settle(rows, Complete())
    paused.refresh_from_db()
    assert (paused.completed_units, paused.total_units, paused.state) == (1, 1, "completed")
