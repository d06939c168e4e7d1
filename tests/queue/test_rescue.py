"""Rescue: what a dead worker held runs again, a poison job ends, nobody's budget leaks."""

from collections import Counter
from datetime import timedelta

import pytest
from django.utils import timezone

from queueproject.queue import operations, rescue, retention, workers
from queueproject.queue.budgets import Lease, take_leave
from queueproject.queue.enqueue import NewJob, enqueue, enqueue_many
from queueproject.queue.models import Attempt, BudgetEntry, Job, Provider, Worker
from queueproject.queue.outcomes import Complete, NotPermitted
from queueproject.queue.states import WorkerStatus
from tests.queue.conftest import Hand, states

pytestmark = pytest.mark.django_db


def silence(worker: Worker) -> None:
    Worker.objects.filter(pk=worker.pk).update(heartbeat_at=timezone.now() - timedelta(seconds=61))


def test_jobs_of_a_silent_worker_wait_again_and_the_attempt_is_given_back(hand: Hand) -> None:
    enqueue_many("tests.noop", [NewJob({"n": n}) for n in range(3)])
    rows = hand.claim()
    assert rescue.rescue_dead() == 0
    silence(hand.worker)
    assert rescue.rescue_dead() == 3
    assert set(Job.objects.values_list("state", "attempts", "rescues")) == {("pending", 0, 0)}
    assert Worker.objects.get(pk=hand.worker.pk).status == "stopped"
    assert hand.settle(rows, Complete()).kept == set()
    assert states() == {"pending": 3}


def test_only_a_started_job_counts_a_rescue_runs_alone_and_fails_after_the_third(lane: Provider) -> None:
    enqueue_many("tests.noop", [NewJob({"n": n}) for n in range(3)])
    poison = Job.objects.order_by("id")[0].pk
    for _ in range(3):
        hand = Hand(workers.register())
        hand.claim()
        Worker.objects.filter(pk=hand.worker.pk).update(started_job_ids=[poison])
        silence(hand.worker)
        rescue.rescue_dead()
    job = Job.objects.get(pk=poison)
    assert (job.state, job.rescues, job.alone) == ("failed", 3, True)
    assert job.last_error.startswith("worker_lost")
    assert set(Job.objects.exclude(pk=poison).values_list("state", "rescues")) == {("pending", 0)}
    assert list(Attempt.objects.filter(job_id=poison).order_by("id").values_list("outcome", flat=True)) == [
        "rescued",
        "rescued",
        "failed",
    ]


def test_a_job_lost_over_and_over_before_its_first_call_comes_to_its_end_alone(lane: Provider) -> None:
    enqueue("tests.call", {"n": 1})
    seen = []
    for _ in range(6):
        hand = Hand(workers.register())
        hand.claim()
        silence(hand.worker)
        rescue.rescue_dead()
        job = Job.objects.get()
        seen.append((job.state, job.losses, job.rescues, job.alone))
    assert seen == [
        ("pending", 1, 0, False),
        ("pending", 2, 0, False),
        ("pending", 3, 0, False),
        ("pending", 3, 1, True),
        ("pending", 3, 2, True),
        ("failed", 3, 3, True),
    ]
    operations.retry_jobs([job.pk], actor="ada")
    assert Job.objects.values_list("losses", "rescues").get() == (0, 0)


def test_what_a_dead_worker_reserved_comes_back_once_and_what_it_spent_still_counts(
    hand: Hand, lane: Provider
) -> None:
    enqueue_many("tests.call", [NewJob({"n": n}) for n in range(4)])
    rows = hand.claim()
    BudgetEntry.objects.filter(lease_token=rows[0]["lease_token"]).update(spent_at=timezone.now())
    silence(hand.worker)
    rescue.rescue_dead()
    entry = BudgetEntry.objects.get()
    assert entry.answered_at is not None
    assert retention.sweep_reservations() == 0
    assert sorted(Job.objects.values_list("rescues", flat=True)) == [0, 0, 0, 1]


def test_a_worker_that_lost_its_lease_may_not_spend(hand: Hand, lane: Provider) -> None:
    enqueue("tests.call", {})
    row = hand.claim()[0]
    silence(hand.worker)
    rescue.rescue_dead()
    with pytest.raises(NotPermitted) as refusal:
        take_leave(
            Counter(), Lease(lane.key, row["lease_token"], [row["id"]], hand.worker.pk), calls=1, tokens=0
        )
    assert refusal.value.lease_lost


def test_a_worker_named_like_a_dead_one_is_another_worker(hand: Hand) -> None:
    enqueue("tests.noop", {})
    hand.claim()
    silence(hand.worker)
    twin = workers.register()
    assert (twin.host, twin.pid) == (hand.worker.host, hand.worker.pid)
    assert rescue.rescue_dead() == 1
    assert Worker.objects.get(pk=twin.pk).status == "active"


def test_a_stopped_worker_that_still_holds_jobs_is_rescued_too(hand: Hand) -> None:
    enqueue("tests.noop", {})
    hand.claim()
    workers.sign_off(hand.worker.pk, reason="stopped")
    assert rescue.rescue_dead() == 1


def test_reservations_without_a_processing_job_are_swept(hand: Hand, lane: Provider) -> None:
    enqueue("tests.call", {})
    hand.claim()
    Job.objects.update(state="cancelled", lease_token=None, worker_id=None, finished_at=timezone.now())
    assert retention.sweep_reservations() == 0
    BudgetEntry.objects.update(reserved_at=timezone.now() - timedelta(seconds=6))
    retention.sweep_reservations()
    assert not BudgetEntry.objects.exists()


def test_a_job_whose_worker_died_after_the_answer_had_started_too(hand: Hand, lane: Provider) -> None:
    enqueue("tests.call", {})
    row = hand.claim()[0]
    BudgetEntry.objects.filter(lease_token=row["lease_token"]).update(
        spent_at=timezone.now(), answered_at=timezone.now()
    )
    silence(hand.worker)
    rescue.rescue_dead()
    assert Job.objects.values_list("rescues", "alone").get() == (1, True)


def test_a_job_that_hung_its_worker_counts_a_rescue_although_the_worker_signed_off(hand: Hand) -> None:
    enqueue("tests.noop", {})
    row = hand.claim()[0]
    Worker.objects.filter(pk=hand.worker.pk).update(started_job_ids=[row["id"]])
    workers.sign_off(hand.worker.pk, reason="main loop silent for 181 s", status=WorkerStatus.ERROR)
    assert rescue.rescue_dead() == 1
    job = Job.objects.get()
    assert (job.state, job.rescues, job.alone) == ("pending", 1, True)
