"""Batches: counters are true, ends come once, cancel and pause respect who else asked."""

from datetime import timedelta

import pytest
from django.db.models.functions import Now

from queueproject.queue import batches, operations, rescue, transitions
from queueproject.queue.enqueue import NewJob, enqueue, enqueue_many
from queueproject.queue.models import Batch, BatchJob, Job, Provider, Worker
from queueproject.queue.outcomes import Cancel, Complete, Fail, Outcome, Retry, Usage
from queueproject.queue.registry import UnknownKind
from queueproject.queue.settle import Release
from tests.queue.conftest import Hand, states

pytestmark = pytest.mark.django_db


def make_batch(keys: list[str], **options: object) -> Batch:
    with batches.start_batch(kind="t", label="t", **options) as batch:  # type: ignore[arg-type]
        enqueue_many(
            "tests.noop", [NewJob({"n": n}, dedupe_key=key) for n, key in enumerate(keys)], batch=batch
        )
    return batch


@pytest.mark.parametrize(
    ("outcomes", "state"),
    [
        ([Complete(), Complete()], "completed"),
        ([Complete(), Fail("no")], "completed_with_errors"),
        ([Fail("no"), Fail("no")], "failed"),
        ([Cancel("x"), Cancel("x")], "cancelled"),
        ([Complete(), Cancel("x")], "completed"),
    ],
)
def test_a_batch_ends_in_the_state_its_jobs_make(hand: Hand, outcomes: list[Outcome], state: str) -> None:
    batch = make_batch(["a", "b"])
    for row, outcome in zip(hand.claim(), outcomes, strict=True):
        hand.settle([row], outcome)
    batch.refresh_from_db()
    assert batch.state == state
    assert batch.completed_units + batch.failed_units + batch.cancelled_units == batch.total_units


def test_cancelling_a_batch_cancels_what_is_open_and_keeps_what_is_done(hand: Hand) -> None:
    batch = make_batch([str(n) for n in range(10)])
    rows = hand.claim(4)
    hand.settle(rows[:2], Complete())
    report = operations.cancel_batch(batch.pk, actor="ada", reason="wrong universe")
    hand.settle(rows[2:], Complete())
    batch.refresh_from_db()
    assert (report.done, batch.state) == (8, "cancelled")
    assert (batch.completed_units, batch.cancelled_units) == (2, 8)
    assert states() == {"completed": 2, "cancelled": 8}


def test_a_job_another_batch_asked_for_survives_the_first_owners_cancel(hand: Hand) -> None:
    first = make_batch(["a", "b"])
    second = make_batch(["b"])
    report = operations.cancel_batch(first.pk, actor="ada")
    first.refresh_from_db()
    assert (report.done, first.state, first.cancelled_units) == (1, "cancelled", 2)
    assert "go on for another batch" in report.sentence("cancelled")
    hand.settle(hand.claim(), Complete())
    second.refresh_from_db()
    assert (second.state, second.completed_units) == ("completed", 1)


def test_cancelling_the_later_batch_leaves_the_owners_job_alone(hand: Hand) -> None:
    first = make_batch(["a"])
    second = make_batch(["a"])
    operations.cancel_batch(second.pk, actor="ada")
    second.refresh_from_db()
    assert (second.state, second.cancelled_units) == ("cancelled", 1)
    hand.settle(hand.claim(), Complete())
    first.refresh_from_db()
    assert first.state == "completed"


def test_a_paused_owner_hands_a_shared_job_to_the_batch_that_is_not(hand: Hand) -> None:
    first = make_batch(["a", "b"])
    second = make_batch(["b"])
    operations.pause_batch(first.pk, actor="ada")
    rows = hand.claim()
    assert [row["batch_id"] for row in rows] == [second.pk]
    hand.settle(rows, Complete())
    first.refresh_from_db()
    second.refresh_from_db()
    assert (second.state, first.completed_units, first.state) == ("completed", 1, "running")
    operations.resume_batch(first.pk, actor="ada")
    hand.settle(hand.claim(), Complete())
    first.refresh_from_db()
    assert (first.state, first.completed_units) == ("completed", 2)


def test_retrying_failed_jobs_reopens_the_batch_and_ends_it_again(hand: Hand) -> None:
    batch = make_batch(["a", "b"], finish_kind="tests.batch_end")
    hand.settle(hand.claim(), Fail("no"))
    Job.objects.filter(kind="tests.batch_end").delete()
    report = operations.retry_failed(batch.pk, actor="ada")
    batch.refresh_from_db()
    assert (report.done, batch.state, batch.failed_units) == (2, "running", 0)
    hand.settle(hand.claim(), Complete())
    batch.refresh_from_db()
    assert (batch.state, batch.completed_units, batch.finishes) == ("completed", 2, 2)
    assert Job.objects.get(kind="tests.batch_end").payload["finish"] == 2


def test_a_retry_whose_twin_is_live_is_refused_for_that_row_only(hand: Hand) -> None:
    make_batch(["a", "b"])
    rows = hand.claim()
    hand.settle(rows, Fail("no"))
    enqueue("tests.noop", {}, dedupe_key="a")
    report = operations.retry_jobs([row["id"] for row in rows], actor="ada")
    assert report.done == 1
    assert report.sentence("retried") == "1 retried, 1 refused: a live job with its key exists"


def test_two_failed_jobs_of_one_key_redriven_together_make_one_live_job(hand: Hand) -> None:
    ids = []
    for _ in range(2):
        enqueue("tests.noop", {}, dedupe_key="a")
        rows = hand.claim()
        hand.settle(rows, Fail("no"))
        ids += [row["id"] for row in rows]
    report = operations.retry_jobs(ids, actor="ada")
    assert (report.done, len(report.refused)) == (1, 1)
    assert states() == {"pending": 1, "failed": 1}


def test_a_sweep_ends_a_batch_a_crash_left_open(hand: Hand) -> None:
    batch = make_batch(["a"])
    Job.objects.update(state="completed", finished_at=batch.created_at)
    assert batches.sweep() == 1
    batch.refresh_from_db()
    assert batch.finished_at is not None


def test_work_may_be_added_to_an_open_batch_by_a_save(hand: Hand) -> None:
    batch = make_batch(["a"])

    def save() -> None:
        enqueue("tests.noop", {"n": 7}, batch=batch)

    hand.settle(hand.claim(), Complete(save=save))
    batch.refresh_from_db()
    assert (batch.state, batch.total_units, batch.completed_units) == ("running", 2, 1)
    hand.settle(hand.claim(), Complete())
    batch.refresh_from_db()
    assert batch.state == "completed"
    assert not BatchJob.objects.exists()


@pytest.mark.parametrize("way", ["retry", "rescue", "release"])
def test_a_batch_that_asked_while_a_job_ran_counts_its_next_run_whatever_cleared_the_mark(
    hand: Hand, other_hand: Hand, way: str
) -> None:
    make_batch(["k"])
    rows = hand.claim()
    second = make_batch(["k"])
    if way == "rescue":
        Worker.objects.filter(pk=hand.worker.pk).update(heartbeat_at=Now() - timedelta(minutes=2))
        rescue.rescue_dead()
    else:
        hand.settle(rows, Retry("stumbled") if way == "retry" else Release("stopping"))
        Job.objects.filter(state="scheduled").update(due_at=Now())
    other_hand.settle(other_hand.claim(), Complete())
    second.refresh_from_db()
    assert (second.state, second.completed_units) == ("completed", 1)


def test_a_batch_that_asked_while_a_job_ran_ends_when_the_job_is_cancelled(hand: Hand) -> None:
    make_batch(["k"])
    rows = hand.claim()
    second = make_batch(["k"])
    operations.cancel_jobs([rows[0]["id"]], actor="ada")
    second.refresh_from_db()
    assert (second.state, second.cancelled_units) == ("cancelled", 1)


def test_jobs_held_while_their_batch_was_resumed_come_back_with_the_sweep(hand: Hand) -> None:
    make_batch(["a", "b"])
    paused = make_batch(["c"])
    operations.pause_batch(paused.pk, actor="ada")
    transitions.hold(list(Job.objects.values_list("id", flat=True)))
    batches.sweep()
    assert [row["batch_id"] != paused.pk for row in hand.claim()] == [True, True]


def test_a_batch_that_asks_for_a_paused_batchs_job_owns_it_and_both_count_it(hand: Hand) -> None:
    first = make_batch(["k"])
    operations.pause_batch(first.pk, actor="ada")
    second = make_batch(["k"])
    rows = hand.claim()
    assert [row["batch_id"] for row in rows] == [second.pk]
    hand.settle(rows, Complete())
    for batch in (first, second):
        batch.refresh_from_db()
        assert (batch.state, batch.completed_units) == ("completed", 1)


@pytest.mark.parametrize("retried", [0, 1])
def test_a_shared_jobs_retry_reopens_every_batch_that_counted_it(hand: Hand, retried: int) -> None:
    both = [make_batch(["k"]), make_batch(["k"])]
    hand.settle(hand.claim(), Fail("no"))
    assert operations.retry_failed(both[retried].pk, actor="ada").done == 1
    for batch in both:
        batch.refresh_from_db()
        assert (batch.state, batch.failed_units) == ("running", 0)
    hand.settle(hand.claim(), Complete())
    for batch in both:
        batch.refresh_from_db()
        assert (batch.state, batch.completed_units, batch.failed_units) == ("completed", 1, 0)


def test_a_run_a_batch_has_counted_is_not_taken_from_it_when_a_later_run_is_retried(hand: Hand) -> None:
    make_batch(["k"])
    sharer = make_batch(["k"])
    rows = hand.claim()
    enqueue("tests.noop", {}, dedupe_key="k")
    hand.settle(rows, Complete())
    hand.settle(hand.claim(), Fail("no"))
    assert operations.retry_jobs([rows[0]["id"]], actor="ada").done == 1
    sharer.refresh_from_db()
    assert (sharer.state, sharer.completed_units) == ("completed", 1)


def test_retried_jobs_come_out_no_more_at_once_than_their_batch_may_have_open(hand: Hand) -> None:
    batch = make_batch([str(n) for n in range(6)], max_in_flight=2)
    for _ in range(3):
        hand.settle(hand.claim(), Fail("no"))
    assert operations.retry_failed(batch.pk, actor="ada").done == 6
    assert Job.objects.filter(state="pending", held=None).count() == 2


def test_an_unknown_kind_for_a_batchs_end_is_refused_at_its_start(hand: Hand) -> None:
    with pytest.raises(UnknownKind, match=r"tests\.gone"):
        make_batch(["a"], finish_kind="tests.gone")


def test_a_batch_whose_end_no_handler_knows_any_more_ends_and_says_so(hand: Hand) -> None:
    batch = make_batch(["a"], finish_kind="tests.batch_end")
    Batch.objects.update(finish_kind="tests.gone")
    hand.settle(hand.claim(), Complete())
    batch.refresh_from_db()
    assert batch.state == "completed"
    assert "tests.gone" in batch.notes[0]


def test_a_sweep_looks_at_every_running_batch_however_many(
    hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(batches, "SWEPT_AT_ONCE", 2)
    left = [make_batch([str(n)]) for n in range(5)]
    Job.objects.update(state="completed", finished_at=left[0].created_at)
    assert batches.sweep() == 5
    assert set(Batch.objects.values_list("state", flat=True)) == {"completed"}


def test_a_job_that_brings_no_result_the_second_time_keeps_none_of_the_first(hand: Hand) -> None:
    enqueue("tests.noop", {}, dedupe_key="k", units=5)
    rows = hand.claim()
    enqueue("tests.noop", {}, dedupe_key="k", units=5)
    hand.settle(rows, Complete(result={"score": 1}, usage=Usage(tokens=7), failed_units=2))
    hand.settle(hand.claim(), Complete())
    job = Job.objects.get()
    assert (job.state, job.result, job.actual_tokens, job.failed_units) == ("completed", None, None, 0)


def test_a_batch_does_not_end_while_it_is_still_being_filled(hand: Hand) -> None:
    with batches.start_batch(kind="t", label="t", finish_kind="tests.batch_end") as batch:
        ids = enqueue("tests.noop", {"n": 1}, batch=batch).ids
        batches.cancel_jobs(ids, reason="gone meanwhile")
        enqueue("tests.noop", {"n": 2}, batch=batch)
    assert (batch.state, batch.finishes) == ("running", 0)
    assert not Job.objects.filter(kind="tests.batch_end").exists()
    hand.settle(hand.claim(), Complete())
    batch.refresh_from_db()
    assert (batch.state, batch.finishes) == ("completed", 1)


def test_a_batch_that_has_ended_is_not_ended_again(hand: Hand) -> None:
    batch = make_batch(["a"], finish_kind="tests.batch_end")
    hand.settle(hand.claim(), Complete())
    assert batches.finish([batch.pk]) == []
    batch.refresh_from_db()
    assert batch.finishes == 1


def test_the_sweep_finishes_a_pause_that_was_cut_short(lane: Provider) -> None:
    with batches.start_batch(kind="t", label="t") as batch:
        enqueue_many("tests.noop", [NewJob({"n": n}) for n in range(3)], batch=batch)
    Batch.objects.filter(pk=batch.pk).update(paused=True, paused_by="ada")
    assert not Job.objects.filter(held="paused").exists()
    batches.sweep()
    assert Job.objects.filter(held="paused").count() == 3
