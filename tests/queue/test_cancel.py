"""Cancelling: final whatever a job was doing, and counted by every batch that asked for it."""

import threading
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from queueproject.queue import batches, operations, workers
from queueproject.queue.batches import start_batch
from queueproject.queue.drain import Drain
from queueproject.queue.enqueue import enqueue
from queueproject.queue.models import Attempt, Batch, BudgetEntry, Job, Provider
from queueproject.queue.outcomes import Complete, Defer, Retry
from tests.queue.conftest import Hand, states
from tests.queue.kinds import LANE, Acts
from tests.queue.threads import meanwhile

pytestmark = pytest.mark.django_db


def make_pending(hand: Hand) -> None:
    """Leave the job as it was enqueued."""


def make_scheduled(hand: Hand) -> None:
    hand.settle(hand.claim(), Retry("stumbled"))


def make_rate_limited(hand: Hand) -> None:
    hand.settle(hand.claim(), Defer("slow down", seconds=60))


def make_claimed(hand: Hand) -> None:
    hand.claim()


def make_out_of_budget(hand: Hand) -> None:
    Provider.objects.get(pk=LANE).budgets.filter(currency="calls").update(limit=1)
    BudgetEntry.objects.create(
        provider_id=LANE, currency="calls", lease_token=1, amount=1, spent_at=Now(), answered_at=Now()
    )
    assert hand.claim() == []


def make_blocked(hand: Hand) -> None:
    Provider.objects.filter(pk=LANE).update(blocked_until=timezone.now() + timedelta(hours=1))


def make_held(hand: Hand) -> None:
    batches.pause_batch(Batch.objects.get().pk, actor="ada")


@pytest.mark.parametrize(
    ("make", "state"),
    [
        (make_pending, "pending"),
        (make_scheduled, "scheduled"),
        (make_rate_limited, "rate_limited"),
        (make_claimed, "processing"),
        (make_out_of_budget, "pending"),
        (make_blocked, "pending"),
        (make_held, "pending"),
    ],
)
def test_a_job_is_cancelled_for_good_whatever_it_waits_for_and_its_batch_ends(
    hand: Hand, make: Callable[[Hand], None], state: str
) -> None:
    with start_batch(kind="t", label="t", finish_kind="tests.batch_end") as batch:
        enqueue("tests.call", {}, batch=batch)
    make(hand)
    job = Job.objects.get()
    assert job.state == state
    assert operations.cancel_jobs([job.pk], actor="ada").done == 1
    assert operations.cancel_jobs([job.pk], actor="ada").done == 0
    job.refresh_from_db()
    assert (job.state, job.held, job.lease_token) == ("cancelled", None, None)
    batch.refresh_from_db()
    assert (batch.state, batch.cancelled_units, batch.finishes) == ("cancelled", 1, 1)
    assert Job.objects.filter(kind="tests.batch_end").count() == 1


def test_a_cancel_between_claim_and_start_is_not_lost_and_its_reservation_comes_back(hand: Hand) -> None:
    enqueue("tests.call", {})
    rows = hand.claim()
    operations.cancel_jobs([rows[0]["id"]], actor="ada")
    saved: list[int] = []
    settled = hand.settle(rows, Complete(save=lambda: saved.append(1)))
    assert (settled.kept, saved, states()) == (set(), [], {"cancelled": 1})
    assert not BudgetEntry.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_cancel_while_the_handler_runs_stands_and_its_result_is_kept_as_late(
    lane: Provider, act: Acts
) -> None:
    running, cancelled = threading.Event(), threading.Event()
    saved: list[int] = []

    def call(job: object) -> Complete:
        job.permit.spend().answered(status=200)  # type: ignore[attr-defined]
        running.set()
        cancelled.wait(60)
        return Complete(save=lambda: saved.append(1))

    act["call"] = call
    with start_batch(kind="t", label="t") as batch:
        enqueue("tests.call", {}, batch=batch)
    job_id = Job.objects.get().pk

    def staff() -> int:
        running.wait(60)
        try:
            return operations.cancel_jobs([job_id], actor="ada").done
        finally:
            cancelled.set()

    with meanwhile(staff) as done:
        Drain(stop=threading.Event(), linger_seconds=0.1).run()
    batch.refresh_from_db()
    assert (done, saved, states()) == ([1], [], {"cancelled": 1})
    assert (batch.state, batch.cancelled_units, batch.completed_units) == ("cancelled", 1, 0)
    assert list(Attempt.objects.values_list("outcome", flat=True)) == ["late"]


def test_a_cancelled_job_of_a_dead_worker_is_not_rescued(hand: Hand, other_hand: Hand) -> None:
    enqueue("tests.noop", {})
    rows = hand.claim()
    operations.cancel_jobs([rows[0]["id"]], actor="ada")
    workers.sign_off(hand.worker.pk, reason="killed")
    assert other_hand.claim() == []
    assert states() == {"cancelled": 1}
