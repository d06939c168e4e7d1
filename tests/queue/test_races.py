"""Races on real connections: whoever comes first, what must hold holds."""

import threading
import time
from collections.abc import Callable
from contextlib import ExitStack
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from queueproject.queue import batches, operations, rescue, retention, transitions, workers
from queueproject.queue import enqueue as enqueue_module
from queueproject.queue.batches import start_batch
from queueproject.queue.budgets import CallStats
from queueproject.queue.enqueue import NewJob, enqueue, enqueue_many
from queueproject.queue.models import Audit, Batch, BatchJob, BudgetEntry, Job, Provider, Worker
from queueproject.queue.outcomes import Complete, Fail, Retry
from queueproject.queue.settle import Done, settle
from queueproject.queue.states import FINISHED, LIVE
from tests.queue.conftest import Hand, states
from tests.queue.threads import (
    at_once,
    execute,
    held,
    held_open,
    meanwhile,
    wait_until_somebody_waits_for_a_lock,
    without_waiting,
)

pytestmark = pytest.mark.django_db(transaction=True)


def make_batch(keys: list[str]) -> Batch:
    with start_batch(kind="t", label="t") as batch:
        enqueue_many("tests.noop", [NewJob({"n": 1}, dedupe_key=key) for key in keys], batch=batch)
    return batch


class Changed(RuntimeError):
    """The business change was called off."""


@pytest.mark.parametrize("first_rolls_back", [True, False])
def test_fifty_threads_that_ask_for_one_key_make_one_live_job_though_one_rolls_back(
    lane: Provider, first_rolls_back: bool
) -> None:
    def ask() -> int:
        return enqueue("tests.noop", {"n": 1}, dedupe_key="one").queued

    def call_off() -> None:
        with transaction.atomic():
            enqueue("tests.noop", {"n": 2}, dedupe_key="one")
            raise Changed

    acts = [call_off, *[ask] * 49] if first_rolls_back else [*[ask] * 49, call_off]
    results = at_once(*acts)
    assert sum(isinstance(result, Changed) for result in results) == 1
    assert sum(result for result in results if isinstance(result, int)) == 1
    assert list(Job.objects.values_list("state", "payload__n")) == [("pending", 1)]


def test_a_key_whose_first_enqueue_is_rolled_back_while_others_wait_for_it_is_live(lane: Provider) -> None:
    rolls_back = threading.Event()

    def first() -> None:
        with transaction.atomic():
            enqueue("tests.noop", {"n": 0}, dedupe_key="one")
            inserted.set()
            rolls_back.wait(60)
            raise Changed

    inserted = threading.Event()
    with meanwhile(first) as ended:
        inserted.wait(60)
        with meanwhile(lambda: enqueue("tests.noop", {"n": 1}, dedupe_key="one")) as second:
            wait_until_somebody_waits_for_a_lock()
            rolls_back.set()
    assert isinstance(ended[0], Changed)
    assert second[0].queued == 1
    assert Job.objects.get().payload["n"] == 1


def test_an_enqueue_whose_twin_ended_meanwhile_asks_again_in_order_and_deadlocks_with_no_other(
    lane: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    both = [NewJob({"n": 1}, dedupe_key=key) for key in ("a", "b")]
    enqueue_many("tests.noop", both)
    met, ended, joined, other_waits = (threading.Event() for _ in range(4))
    join_twins, firsts = enqueue_module._join_twins, iter([True])

    def join_slowly(*args: Any, **kwargs: Any) -> list[dict[str, Any]]:
        if not next(firsts, False):
            return join_twins(*args, **kwargs)
        met.set()
        ended.wait(60)
        left = join_twins(*args, **kwargs)
        joined.set()
        other_waits.wait(60)
        return left

    monkeypatch.setattr(enqueue_module, "_join_twins", join_slowly)
    ending = Job.objects.get(dedupe_key="a").pk
    with meanwhile(partial(enqueue_many, "tests.noop", both)) as first:
        met.wait(60)
        operations.cancel_jobs([ending], actor="ada")
        ended.set()
        joined.wait(60)
        with meanwhile(partial(enqueue_many, "tests.noop", both)) as second:
            wait_until_somebody_waits_for_a_lock()
            other_waits.set()
    assert [(result[0].queued, result[0].shared) for result in (first, second)] == [(0, 2), (1, 1)]
    assert Job.objects.filter(dedupe_key__in=["a", "b"], state__in=LIVE).count() == 2


def test_a_redrive_against_an_enqueue_of_the_same_key_is_refused_for_that_row_only(lane: Provider) -> None:
    hand = Hand(workers.register())
    make_batch([str(n) for n in range(20)])
    rows = hand.claim()
    hand.settle(rows, Fail("no"))
    ids = [row["id"] for row in rows]
    key = Job.objects.get(pk=ids[7]).dedupe_key
    with held_open(lambda: enqueue("tests.noop", {"n": 5}, dedupe_key=key)):
        report = operations.retry_jobs(ids, actor="ada")
    assert (report.done, [job for job, _ in report.refused]) == (19, [ids[7]])
    assert states() == {"pending": 20, "failed": 1}
    assert Batch.objects.get().failed_units == 1
    assert operations.retry_jobs([ids[7]], actor="ada").refused[0][1] == "a live job with its key exists"


def test_a_redrive_and_an_enqueue_of_the_same_keys_at_once_leave_one_live_job_a_key(lane: Provider) -> None:
    hand = Hand(workers.register())
    for _ in range(5):
        keys = [f"{timezone.now().timestamp()}:{n}" for n in range(30)]
        enqueue_many("tests.noop", [NewJob({"n": 1}, dedupe_key=key) for key in keys])
        rows = hand.claim()
        hand.settle(rows, Fail("no"))
        ids = [row["id"] for row in rows]
        again = [NewJob({"n": 2}, dedupe_key=key) for key in reversed(keys)]
        reports = at_once(
            partial(operations.retry_jobs, ids, actor="ada"),
            partial(enqueue_many, "tests.noop", again),
        )
        assert not [report for report in reports if isinstance(report, Exception)], reports
        assert Job.objects.filter(dedupe_key__in=keys, state__in=LIVE).count() == 30


def test_a_job_asked_for_while_its_batch_is_cancelled_goes_on_for_the_batch_that_asked(
    lane: Provider,
) -> None:
    first = make_batch(["k", "own"])
    second: list[Batch] = []
    with ExitStack() as both, held_open(lambda: second.append(make_batch(["k"]))):
        reports = both.enter_context(meanwhile(lambda: operations.cancel_batch(first.pk, actor="ada")))
        wait_until_somebody_waits_for_a_lock()
    assert (reports[0].done, reports[0].refused) == (1, [(0, "1 go on for another batch")])
    job = Job.objects.get(dedupe_key="k")
    assert (job.state, job.batch_id) == ("pending", second[0].pk)
    for batch in (first, second[0]):
        batch.refresh_from_db()
    assert (first.state, first.cancelled_units) == ("cancelled", 2)
    assert (second[0].state, second[0].total_units) == ("running", 1)


def test_a_batch_cancelled_while_a_job_it_shares_settles_counts_it_once(lane: Provider) -> None:
    hand = Hand(workers.register())
    for number in range(15):
        owner, sharer = make_batch([f"k{number}"]), make_batch([f"k{number}"])
        rows = hand.claim()
        results = at_once(
            partial(hand.settle, rows, Complete()),
            partial(operations.cancel_batch, sharer.pk, actor="ada"),
        )
        assert not [result for result in results if isinstance(result, Exception)], results
        for batch in (owner, sharer):
            batch.refresh_from_db()
            assert batch.completed_units + batch.cancelled_units == batch.total_units == 1
            assert batch.finished_at is not None
        assert owner.completed_units == 1


def test_a_rescuer_leaves_a_worker_alone_that_renews_or_claims_just_now(lane: Provider) -> None:
    hand = Hand(workers.register())
    enqueue("tests.noop", {})
    hand.claim()
    old = timezone.now() - timedelta(minutes=5)
    Worker.objects.filter(pk=hand.worker.pk).update(heartbeat_at=old)
    with held_open(lambda: workers.Heartbeat(hand.worker.pk, workers.Tally(), interval_seconds=5).beat()):
        assert rescue.rescue_dead() == 0
    assert rescue.rescue_dead() == 0
    Worker.objects.filter(pk=hand.worker.pk).update(heartbeat_at=old)
    with held_open(hand.claim):
        assert rescue.rescue_dead() == 0
    assert rescue.rescue_dead() == 1


def test_rescuers_at_once_rescue_each_job_once(lane: Provider) -> None:
    hand = Hand(workers.register())
    enqueue_many("tests.noop", [NewJob({"n": n}) for n in range(40)])
    hand.claim()
    Worker.objects.update(heartbeat_at=timezone.now() - timedelta(minutes=5))
    assert sum(at_once(*[rescue.rescue_dead] * 4)) == 40
    assert set(Job.objects.values_list("state", "attempts")) == {("pending", 0)}


def test_no_claim_waits_for_an_open_business_transaction_a_bulk_retry_or_the_pruning(lane: Provider) -> None:
    hand, other = Hand(workers.register()), Hand(workers.register())
    with start_batch(kind="t", label="t") as batch:
        enqueue_many("tests.call", [NewJob({"n": n}, dedupe_key=f"f{n}") for n in range(20)], batch=batch)
    for _ in range(2):
        hand.settle(hand.claim(), Fail("no"))
    failed = list(Job.objects.filter(state="failed").values_list("id", flat=True))
    enqueue_many("tests.call", [NewJob({"n": n}, dedupe_key=f"w{n}") for n in range(5)])

    def business() -> None:
        enqueue("tests.call", {"n": 1})  # a new row of the lane
        enqueue("tests.call", {"n": 1}, dedupe_key="w0")  # a twin, locked
        operations.retry_jobs(failed, actor="ada")
        retention.prune()

    with held_open(business), without_waiting():
        assert len(other.claim()) == 4  # all that was there, but for the row the transaction holds
    assert len(Hand(workers.register()).claim()) > 0


def test_the_same_attempt_claimed_again_is_another_lease(lane: Provider) -> None:
    hand, other = Hand(workers.register()), Hand(workers.register())
    batch = make_batch(["k"])
    late = hand.claim()
    operations.reset_jobs([late[0]["id"]], actor="ada")
    fresh = other.claim()
    assert (late[0]["attempts"], late[0]["id"]) == (fresh[0]["attempts"], fresh[0]["id"])
    results = at_once(lambda: hand.settle(late, Complete()), lambda: other.settle(fresh, Complete()))
    assert [sorted(result.kept) for result in results] == [[], [fresh[0]["id"]]]
    batch.refresh_from_db()
    assert (batch.completed_units, batch.finishes) == (1, 1)


def test_a_job_that_works_for_longer_than_its_lease_is_never_rescued_while_its_worker_beats(
    lane: Provider,
) -> None:
    hand = Hand(workers.register())
    enqueue("tests.noop", {})
    hand.claim()
    long_ago = timezone.now() - timedelta(hours=1)
    Job.objects.update(claimed_at=long_ago)
    Worker.objects.update(started_at=long_ago, heartbeat_at=timezone.now() - timedelta(seconds=59))
    workers.Heartbeat(hand.worker.pk, workers.Tally(), interval_seconds=5).beat()
    assert rescue.rescue_dead() == 0
    assert states() == {"processing": 1}


def test_domain_rows_deleted_under_a_running_job_fail_that_job_and_no_other(lane: Provider) -> None:
    hand = Hand(workers.register())
    gone = Audit.objects.create(actor="a", action="a", target="gone")
    enqueue_many("tests.noop", [NewJob({"n": n}) for n in range(5)])
    rows = hand.claim()
    Audit.objects.filter(pk=gone.pk).delete()

    def save(number: int) -> None:
        if number == 2:
            Audit.objects.get(pk=gone.pk)
        Audit.objects.create(actor="a", action="saved", target=str(number))

    number_of = {row["id"]: number for number, row in enumerate(rows)}
    hand.settle(rows, lambda row: Complete(save=lambda: save(number_of[row["id"]])))
    assert states() == {"completed": 4, "scheduled": 1}
    assert Audit.objects.filter(action="saved").count() == 4
    assert "DoesNotExist" in Job.objects.get(state="scheduled").last_error


def test_a_source_edited_while_its_job_runs_is_worked_once_more_with_what_it_says_now(lane: Provider) -> None:
    hand = Hand(workers.register())
    enqueue("tests.noop", {"n": 1}, dedupe_key="source")
    rows = hand.claim()
    results = at_once(
        lambda: enqueue("tests.noop", {"n": 2}, dedupe_key="source"),
        lambda: hand.settle(rows, Complete(result={"n": 1}, failed_units=1)),
    )
    assert not [result for result in results if isinstance(result, Exception)], results
    again = hand.claim()
    assert [row["payload"] for row in again] == ['{"n": 2, "group": ""}']
    hand.settle(again, Complete())
    last = Job.objects.order_by("id").last()
    assert last is not None
    assert (last.state, last.result, last.failed_units) == ("completed", None, 0)
    assert Job.objects.filter(state__in=LIVE).count() == 0
    assert states()["completed"] in {1, 2}  # one job twice, or two, as the settle came last or first


class Crowd:
    """Everybody who locks rows of the queue, each over and over until the time is up."""

    def __init__(self, seconds: float) -> None:
        self.until = time.monotonic() + seconds
        self.keys = [f"k{n}" for n in range(60)]

    def over_and_over(self, act: Callable[[], None]) -> Callable[[], int]:
        def run() -> int:
            times = 0
            while time.monotonic() < self.until:
                act()
                times += 1
            return times

        return run

    def work(self) -> None:
        hand = Hand(workers.register())
        outcomes = [Complete(), Fail("no"), Retry("stumbled"), Complete(result={"a": 1})]
        for turn in range(5):
            rows = hand.claim(25)
            left = [Done(row, outcomes[(row["id"] + turn) % 4], stats=CallStats(calls=1)) for row in rows]
            while left:
                left = settle(left, worker_id=hand.worker.pk).left

    def ask(self, step: int) -> None:
        with start_batch(kind="t", label="t") as batch:
            some = [NewJob({"n": 1}, dedupe_key=key) for key in self.keys[::step]]
            enqueue_many("tests.noop", some, batch=batch)
            enqueue_many("tests.call", [NewJob({"n": n}) for n in range(10)], batch=batch)

    def operate(self) -> None:
        acts: list[Callable[..., object]] = [
            operations.cancel_batch,
            operations.pause_batch,
            operations.retry_failed,
        ]
        newest = list(Batch.objects.order_by("-pk").values_list("pk", flat=True)[:3])
        for act, batch_id in zip(acts, newest, strict=False):
            act(batch_id, actor="ada")
        for batch_id in newest:
            operations.resume_batch(batch_id, actor="ada")
        running = Job.objects.filter(state="processing").values_list("pk", flat=True)
        operations.reset_jobs(list(running[:5]), actor="ada")

    def tidy(self) -> None:
        with transaction.atomic():
            parked = Job.objects.filter(state="scheduled").select_for_update(skip_locked=True)[:20]
            Job.objects.filter(pk__in=[job.pk for job in parked]).update(due_at=timezone.now())
            ended = Job.objects.filter(state__in=FINISHED).select_for_update(skip_locked=True)[:20]
            old = timezone.now() - timedelta(days=60)
            Job.objects.filter(pk__in=[job.pk for job in ended]).update(finished_at=old)
        retention.prune()
        retention.sweep_reservations()
        batches.sweep()
        rescue.rescue_dead()


def test_claiming_settling_cancelling_pruning_enqueueing_and_spending_at_once_meet_no_deadlock(
    lane: Provider,
) -> None:
    Provider.objects.filter(pk=lane.pk).update(max_in_flight=1000)
    lane.budgets.update(limit=None)
    before = execute("count_deadlocks")
    crowd = Crowd(seconds=5)
    askers = [partial(crowd.ask, 1), partial(crowd.ask, -1)]
    acts: list[Callable[[], None]] = [crowd.work, crowd.work, *askers, crowd.operate, crowd.tidy]
    times = at_once(*[crowd.over_and_over(act) for act in acts])
    execute("report_statistics")
    assert all(isinstance(count, int) and count for count in times), times
    assert execute("count_deadlocks") == before
    for batch in Batch.objects.all():
        assert batch.completed_units + batch.failed_units + batch.cancelled_units <= batch.total_units


def test_a_retry_of_many_is_chunked_done_once_and_told_once(
    lane: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operations, "CHUNK", 50)
    hand = Hand(workers.register())
    make_batch([f"k{n}" for n in range(400)])
    rows = hand.claim()
    hand.settle(rows, Fail("no"))
    ids = [row["id"] for row in rows]
    seen: list[int] = []
    redrive = transitions.redrive

    def watch(chunk: list[int], *, ranks: list[float]) -> list[dict[str, Any]]:
        seen.append(len(chunk))
        return redrive(chunk, ranks=ranks)

    monkeypatch.setattr(transitions, "redrive", watch)
    reports = at_once(*[lambda: operations.retry_jobs(ids, actor="ada", reason="fixed")] * 2)
    assert not [report for report in reports if isinstance(report, Exception)], reports
    assert sum(report.done for report in reports) == 400
    assert max(seen) == 50
    audits = Audit.objects.filter(action="retry jobs").values_list("actor", "count", "reason")
    assert sum(count for _, count, _ in audits) == 400
    batch = Batch.objects.get()
    assert (batch.failed_units, batch.state) == (0, "running")
    assert operations.retry_jobs(ids, actor="ada").done == 0


def test_staff_who_hold_one_job_keep_a_retry_of_many_from_that_one_only(lane: Provider) -> None:
    hand = Hand(workers.register())
    enqueue_many("tests.noop", [NewJob({"n": n}) for n in range(9)])
    rows = hand.claim()
    hand.settle(rows, Fail("no"))
    with held(Job.objects.filter(pk=rows[4]["id"])):
        report = operations.retry_jobs([row["id"] for row in rows], actor="ada")
    assert (report.done, report.refused) == (8, [(rows[4]["id"], "somebody holds it just now: try again")])


def test_a_reservation_and_its_jobs_end_come_back_once_when_worker_and_rescuer_both_give_them_back(
    lane: Provider,
) -> None:
    hand = Hand(workers.register())
    enqueue("tests.call", {})
    rows = hand.claim()
    Worker.objects.update(heartbeat_at=timezone.now() - timedelta(minutes=5))
    at_once(rescue.rescue_dead, retention.sweep_reservations, lambda: hand.settle(rows, Complete()))
    assert not BudgetEntry.objects.exists()
    assert states() in ({"pending": 1}, {"completed": 1})


def test_a_link_is_made_once_when_two_batches_ask_for_a_job_at_once(lane: Provider) -> None:
    make_batch(["k"])
    both = at_once(lambda: make_batch(["k"]), lambda: make_batch(["k"]))
    assert not [result for result in both if isinstance(result, Exception)], both
    assert BatchJob.objects.count() == 2
    assert Job.objects.count() == 1
    hand = Hand(workers.register())
    hand.settle(hand.claim(), Complete())
    assert set(Batch.objects.values_list("state", "completed_units")) == {("completed", 1)}
