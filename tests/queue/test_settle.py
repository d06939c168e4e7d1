"""Settle: fenced by token, once, with what belongs to it in the same transaction."""

import threading
from functools import partial
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction

from queueproject.queue import batches, operations, settle, workers
from queueproject.queue.batches import start_batch
from queueproject.queue.budgets import CallStats
from queueproject.queue.enqueue import NewJob, enqueue, enqueue_many
from queueproject.queue.models import Attempt, Audit, Batch, BudgetEntry, Job, Provider
from queueproject.queue.outcomes import Cancel, Complete, Defer, Fail, Outcome, Retry, Usage
from queueproject.queue.settle import Done, Release
from tests.queue.conftest import Hand, states
from tests.queue.threads import held

pytestmark = pytest.mark.django_db

OUTCOMES: dict[str, tuple[Outcome | Release, str]] = {
    "complete": (Complete(), "completed"),
    "retry": (Retry("stumbled"), "scheduled"),
    "defer": (Defer("wait", seconds=60), "rate_limited"),
    "fail": (Fail("no"), "failed"),
    "cancel": (Cancel("not wanted"), "cancelled"),
    "release": (Release("stopping"), "pending"),
}


@pytest.mark.parametrize("name", OUTCOMES)
def test_each_outcome_moves_a_leased_job_to_its_state(hand: Hand, name: str) -> None:
    enqueue("tests.noop", {})
    outcome, state = OUTCOMES[name]
    settled = hand.settle(hand.claim(), outcome)
    job = Job.objects.get()
    assert settled.kept == {job.pk}
    assert (job.state, job.lease_token, job.worker_id) == (state, None, None)
    assert job.attempts == (0 if name in {"defer", "release"} else 1)


@pytest.mark.parametrize("name", OUTCOMES)
def test_a_late_worker_changes_nothing_and_its_result_is_kept_as_late(
    hand: Hand, other_hand: Hand, name: str
) -> None:
    enqueue("tests.noop", {})
    late = hand.claim()
    operations.reset_jobs([late[0]["id"]], actor="ada")
    fresh = other_hand.claim()
    before = Job.objects.values().get()
    saved: list[int] = []
    outcome = OUTCOMES[name][0] if name != "complete" else Complete(save=lambda: saved.append(1))
    settled = hand.settle(late, outcome)
    assert (settled.kept, settled.late, saved) == (set(), {late[0]["id"]}, [])
    assert Job.objects.values().get() == before
    assert Attempt.objects.get(outcome="late").lease_token == late[0]["lease_token"]
    other_hand.settle(fresh, Complete())
    assert states() == {"completed": 1}


@pytest.mark.parametrize("name", OUTCOMES)
def test_a_cancelled_jobs_late_outcome_is_refused(hand: Hand, name: str) -> None:
    enqueue("tests.noop", {})
    rows = hand.claim()
    operations.cancel_jobs([rows[0]["id"]], actor="ada")
    hand.settle(rows, OUTCOMES[name][0])
    assert states() == {"cancelled": 1}


def test_units_passed_on_to_jobs_its_save_enqueued_are_counted_once(hand: Hand) -> None:
    with start_batch(kind="t", label="t") as batch:
        enqueue("tests.noop", {}, batch=batch, units=100)
    rows = hand.claim()

    def carry_on() -> None:
        enqueue("tests.noop", {}, batch=Batch.objects.get(pk=batch.pk), units=3)

    hand.settle(rows, Complete(save=carry_on, failed_units=2, passed_on_units=3))
    batch.refresh_from_db()
    assert (batch.total_units, batch.completed_units, batch.failed_units) == (100, 95, 2)
    assert (Job.objects.get(pk=rows[0]["id"]).units, batch.state) == (97, "running")

    hand.settle(hand.claim(), Complete())
    batch.refresh_from_db()
    assert (batch.total_units, batch.completed_units, batch.state) == (100, 98, "completed_with_errors")


def test_a_job_may_pass_all_its_units_on(hand: Hand) -> None:
    with start_batch(kind="t", label="t") as batch:
        enqueue("tests.noop", {}, batch=batch, units=5)
    rows = hand.claim()
    save = partial(_enqueue_into, batch, units=5)
    hand.settle(rows, Complete(save=save, passed_on_units=5))
    batch.refresh_from_db()
    assert (batch.total_units, batch.completed_units, batch.state) == (5, 0, "running")


def _enqueue_into(batch: Batch, *, units: int) -> None:
    enqueue("tests.noop", {}, batch=batch, units=units)


def test_a_result_its_tokens_and_failed_units_stand_on_the_job_and_count_in_the_batch(hand: Hand) -> None:
    with batches.start_batch(kind="t", label="t") as batch:
        enqueue("tests.call", {}, units=100, batch=batch)
    hand.settle(
        hand.claim(), Complete(result={"a": 1}, usage=Usage(calls=1, tokens=77), failed_units=3), calls=1
    )
    job, batch = Job.objects.get(), Batch.objects.get()
    assert (job.result, job.actual_tokens, job.failed_units) == ({"a": 1}, 77, 3)
    assert (batch.completed_units, batch.failed_units, batch.state) == (97, 3, "completed_with_errors")


def test_domain_writes_commit_with_the_job_or_not_at_all(hand: Hand) -> None:
    enqueue_many("tests.noop", [NewJob({"n": n}) for n in range(6)])

    def save(number: int) -> None:
        Audit.objects.create(actor="t", action="saved", target=str(number))
        if number == 3:
            raise RuntimeError("disk full")

    rows = hand.claim()
    jobs = {row["id"]: index for index, row in enumerate(rows)}
    hand.settle(rows, lambda row: Complete(save=lambda: save(jobs[row["id"]])))
    assert states() == {"completed": 5, "scheduled": 1}
    assert sorted(Audit.objects.filter(action="saved").values_list("target", flat=True)) == [
        "0",
        "1",
        "2",
        "4",
        "5",
    ]
    assert "RuntimeError: disk full" in Job.objects.get(state="scheduled").last_error


def test_a_save_that_breaks_a_foreign_key_fails_alone(hand: Hand) -> None:
    enqueue_many("tests.noop", [NewJob({"n": n}) for n in range(3)])
    rows = hand.claim()

    def save(row_id: int) -> None:
        if row_id == rows[1]["id"]:
            Job.objects.filter(pk=row_id).update(batch_id=987654)

    hand.settle(rows, lambda row: Complete(save=lambda: save(row["id"])))
    assert states() == {"completed": 2, "failed": 1}


def test_an_unsure_second_settle_leaves_no_late_attempts(hand: Hand) -> None:
    enqueue("tests.noop", {})
    done = [Done(row, Complete(), stats=CallStats(calls=1)) for row in hand.claim()]
    settle.settle(done, worker_id=hand.worker.pk)
    settle.settle(done, worker_id=hand.worker.pk, unsure=True)
    assert list(Attempt.objects.values_list("outcome", flat=True)) == ["completed"]


def test_a_retry_that_asks_to_run_alone_leaves_its_group_at_once(hand: Hand) -> None:
    enqueue_many("tests.grouped", [NewJob({"n": n, "group": "a"}) for n in range(5)])
    hand.settle(hand.claim(), Retry("garbled", alone=True))
    rows = hand.claim()
    assert len({row["lease_token"] for row in rows}) == 5


@pytest.mark.parametrize(
    ("curve", "waits"), [("exponential", [4, 8, 16]), ("linear", [4, 8, 12]), ("fixed", [4, 4, 4])]
)
def test_the_backoff_follows_its_curve_within_its_jitter(curve: str, waits: list[float]) -> None:
    for attempt, wait in enumerate(waits, start=1):
        seconds = settle.backoff_seconds(base=4, curve=curve, attempt=attempt)
        assert wait * 0.875 <= seconds <= wait * 1.125


def test_the_backoff_never_passes_fifteen_minutes() -> None:
    assert settle.backoff_seconds(base=60, curve="exponential", attempt=12) <= 900 * 1.125


@pytest.mark.django_db(transaction=True)
def test_the_last_two_jobs_of_a_batch_settled_at_once_end_it_exactly_once(lane: Provider) -> None:
    for _ in range(10):
        with batches.start_batch(kind="t", label="t", finish_kind="tests.batch_end") as batch:
            enqueue_many("tests.noop", [NewJob({"n": n}) for n in range(2)], batch=batch)
        hands = [Hand(workers.register()) for _ in range(2)]
        claimed = [hand.claim(1) for hand in hands]
        barrier = threading.Barrier(2)

        def finish(
            index: int,
            hands: list[Hand] = hands,
            claimed: list[Any] = claimed,
            barrier: threading.Barrier = barrier,
        ) -> None:
            barrier.wait()
            hands[index].settle(claimed[index], Complete())
            connection.close()

        threads = [threading.Thread(target=finish, args=(index,)) for index in range(2)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        batch.refresh_from_db()
        assert (batch.state, batch.completed_units, batch.finishes) == ("completed", 2, 1)
        callbacks = Job.objects.filter(kind="tests.batch_end", payload__batch_id=batch.pk)
        assert callbacks.count() == 1
        callbacks.delete()


@pytest.mark.django_db(transaction=True)
def test_only_the_outcome_that_writes_a_row_staff_hold_waits_and_the_rest_settles(lane: Provider) -> None:
    hand = Hand(workers.register())
    edited = Audit.objects.create(actor="ada", action="edited", target="listing")
    with batches.start_batch(kind="t", label="t") as batch:
        enqueue_many("tests.noop", [NewJob({"n": n}) for n in range(40)], batch=batch)
    rows = hand.claim()
    meets = rows[17]["id"]

    def save(job_id: int) -> None:
        if job_id == meets:
            Audit.objects.filter(pk=edited.pk).update(target="written by the job")

    with held(Audit.objects.filter(pk=edited.pk)):
        settled = hand.settle(rows, lambda row: Complete(save=lambda: save(row["id"])))
        assert [item.id for item in settled.left] == [meets]
        assert settled.late == set()
        assert states() == {"completed": 39, "processing": 1}
        batch.refresh_from_db()
        assert (batch.completed_units, batch.state) == (39, "running")
    assert settle.settle(settled.left, worker_id=hand.worker.pk).kept == {meets}
    batch.refresh_from_db()
    assert (batch.completed_units, batch.state) == (40, "completed")
    edited.refresh_from_db()
    assert edited.target == "written by the job"
    assert not Attempt.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("held_rows", ["job", "batch"])
def test_a_job_or_batch_row_staff_hold_leaves_the_outcome_and_nothing_is_lost(
    lane: Provider, held_rows: str
) -> None:
    hand = Hand(workers.register())
    with batches.start_batch(kind="t", label="t") as batch:
        enqueue("tests.call", {}, batch=batch)
    rows = hand.claim()
    with held(Job.objects.all() if held_rows == "job" else Batch.objects.all()):
        settled = hand.settle(rows, Complete())
        assert (len(settled.left), settled.kept) == (1, set())
        assert BudgetEntry.objects.filter(lease_token=rows[0]["lease_token"]).exists()
    settle.settle(settled.left, worker_id=hand.worker.pk)
    assert states() == {"completed": 1}
    assert not BudgetEntry.objects.exists()
    batch.refresh_from_db()
    assert batch.state == "completed"


@pytest.mark.django_db(transaction=True)
def test_staff_who_edit_what_a_settle_writes_and_then_a_job_it_holds_meet_no_deadlock(lane: Provider) -> None:
    hand = Hand(workers.register())
    edited = Audit.objects.create(actor="ada", action="edited", target="listing")
    enqueue("tests.noop", {}, dedupe_key="listing")
    rows = hand.claim()
    has_the_row, settling = threading.Event(), threading.Event()
    found: list[object] = []

    def staff() -> None:
        try:
            with transaction.atomic():
                Audit.objects.select_for_update().get(pk=edited.pk)
                has_the_row.set()
                settling.wait(30)
                # The settle holds the job and waits for the row: this is the order that deadlocks.
                found.append(enqueue("tests.noop", {"n": 1}, dedupe_key="listing").shared)
        except DatabaseError as error:
            found.append(error)
        finally:
            connection.close()

    def save() -> None:
        settling.set()
        Audit.objects.filter(pk=edited.pk).update(target="written by the job")

    thread = threading.Thread(target=staff)
    thread.start()
    has_the_row.wait(30)
    left = hand.settle(rows, Complete(save=save)).left
    thread.join()
    assert found == [1]
    while left:
        left = settle.settle(left, worker_id=hand.worker.pk).left
    assert states() == {"pending": 1}  # asked for again while it ran: it runs once more


def test_a_late_result_is_refused_even_beside_results_of_the_group_that_holds_the_job_now(hand: Hand) -> None:
    enqueue_many("tests.grouped", [NewJob({"n": n, "group": "a"}) for n in range(2)])
    late = hand.claim()
    operations.reset_jobs([row["id"] for row in late], actor="ada")
    fresh = hand.claim()
    saved: list[str] = []
    mixed = [
        Done(late[0], Complete(save=lambda: saved.append("late"))),
        Done(fresh[1], Complete(save=lambda: saved.append("fresh"))),
    ]
    settled = settle.settle(mixed, worker_id=hand.worker.pk)
    assert saved == ["fresh"]
    assert (settled.kept, settled.late) == ({fresh[1]["id"]}, {late[0]["id"]})


def test_two_results_of_one_job_are_never_settled_together(hand: Hand) -> None:
    enqueue("tests.noop", {})
    late = hand.claim()
    operations.reset_jobs([late[0]["id"]], actor="ada")
    fresh = hand.claim()
    done = [Done(late[0], Complete()), Done(fresh[0], Complete())]
    assert settle.count_distinct(done) == 1
    assert settle.settle(done[:1], worker_id=hand.worker.pk).kept == set()
    assert settle.settle(done[1:], worker_id=hand.worker.pk).kept == {fresh[0]["id"]}
