"""Why a job waits: the first thing in the way, in order, and when it clears."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from queueproject.queue import batches, conf, operations, workers
from queueproject.queue.batches import start_batch
from queueproject.queue.enqueue import NewJob, enqueue, enqueue_many
from queueproject.queue.models import Batch, BudgetEntry, Job, Provider, Setting, Worker
from queueproject.queue.outcomes import Complete, Defer, Retry
from queueproject.queue.why import Reason, why_batch_waits, why_waiting
from tests.queue.conftest import Hand
from tests.queue.kinds import LANE

pytestmark = pytest.mark.django_db


def ask(job_id: int) -> Reason:
    reason = why_waiting(Job.objects.select_related("provider", "batch").get(pk=job_id))
    assert reason is not None
    return reason


def seconds(moment: datetime | None) -> float:
    assert moment is not None
    return (moment - timezone.now()).total_seconds()


def test_reasons_are_named_in_order_each_gone_when_its_cause_is(hand: Hand, lane: Provider) -> None:
    """Everything stands in the way at once; one thing after the other is taken away."""
    lane.budgets.filter(currency="calls").update(limit=1)
    enqueue("tests.call", {"n": 0})
    (running,) = hand.claim()
    later = timezone.now() + timedelta(minutes=30)
    with start_batch(kind="t", label="x") as batch:
        enqueue_many("tests.call", [NewJob({"n": n}) for n in range(2)], batch=batch, due_at=later)
    job = Job.objects.filter(batch=batch).latest("id").pk
    batches.pause_batch(batch.pk, actor="ada")
    operations.change_setting("queue_enabled", False, provider=LANE, actor="ada")
    operations.pause_provider(LANE, actor="ada", reason="night")
    until = timezone.now() + timedelta(minutes=5)
    Provider.objects.filter(pk=LANE).update(blocked_until=until)
    Worker.objects.update(status="stopped")

    assert ask(job) == Reason("batch_paused", "Its batch is paused by ada. Resume the batch to go on.")
    batches.resume_batch(batch.pk)
    assert ask(job).code == "disabled"
    operations.clear_setting("queue_enabled", provider=LANE, actor="ada")
    assert ask(job) == Reason("provider_paused", "Test lane is paused by ada: night")
    operations.resume_provider(LANE, actor="ada")
    found = ask(job)
    assert (found.code, found.clears_at) == ("provider_blocked", until)
    Provider.objects.filter(pk=LANE).update(blocked_until=None)
    found = ask(job)
    assert (found.code, found.clears_at) == ("no_worker", None)
    assert "python manage.py qcluster" in found.sentence
    Worker.objects.update(status="active")
    found = ask(job)
    assert (found.code, found.clears_at) == ("due_at", later)
    Job.objects.filter(pk=job).update(due_at=timezone.now() - timedelta(seconds=1), held="in_flight")
    Batch.objects.update(max_in_flight=1)
    found = ask(job)
    assert (found.code, found.sentence) == ("batch_in_flight", "Its batch runs at most 1 jobs at once.")
    Job.objects.filter(pk=job).update(held=None)
    assert ask(job).code == "budget"
    lane.budgets.filter(currency="calls").update(limit=100)
    Provider.objects.filter(pk=LANE).update(max_in_flight=1)
    found = ask(job)
    assert (found.code, found.sentence) == ("in_flight", "1 of 1 calls to Test lane are under way.")
    hand.settle([running], Complete())
    assert ask(job).code == "next"


def test_a_finished_or_running_job_does_not_wait(hand: Hand) -> None:
    enqueue("tests.noop", {"n": 1})
    rows = hand.claim()
    assert why_waiting(Job.objects.get()) is None
    hand.settle(rows, Complete())
    assert why_waiting(Job.objects.get()) is None


def test_a_fault_of_the_account_is_named(worker: Worker) -> None:
    enqueue("tests.call", {"n": 1})
    Provider.objects.filter(pk=LANE).update(
        paused_at=timezone.now(), paused_by="queue", paused_reason="the key is not valid", fault="bad_key"
    )
    sentence = ask(Job.objects.get().pk).sentence
    assert sentence == "Test lane is paused by a fault of the account (bad_key): the key is not valid"


def test_a_retry_says_which_try_failed_and_when_the_next_comes(hand: Hand) -> None:
    enqueue("tests.noop", {"n": 1}, backoff_seconds=60)
    hand.settle(hand.claim(), Retry("stumbled"))
    found = ask(Job.objects.get().pk)
    assert found.sentence.startswith("Try 1 of 3 failed; the next one waits until")
    assert 50 <= seconds(found.clears_at) <= 70


def test_a_deferred_job_says_its_provider_asked_to_wait(hand: Hand) -> None:
    enqueue("tests.call", {"n": 1})
    hand.settle(hand.claim(), Defer("slow down", seconds=30))
    found = ask(Job.objects.get().pk)
    assert (found.code, found.sentence[:29]) == ("due_at", "Its provider asked to wait un")
    assert 28 <= seconds(found.clears_at) <= 31


def test_a_used_up_budget_clears_when_its_oldest_answer_leaves_the_window(hand: Hand, lane: Provider) -> None:
    lane.budgets.filter(currency="calls").update(limit=1)
    enqueue_many("tests.call", [NewJob({"n": n}) for n in range(2)])
    (row,) = hand.claim()
    answered = timezone.now() - timedelta(seconds=20)
    BudgetEntry.objects.filter(lease_token=row["lease_token"], currency="calls").update(
        spent_at=answered, answered_at=answered
    )
    hand.settle([row], Complete(), calls=1)
    found = ask(Job.objects.get(state="pending").pk)
    assert found.code == "budget"
    assert "has used 1 of 1 calls per minute until" in found.sentence
    assert 35 <= seconds(found.clears_at) <= 41


def test_a_probe_under_way_is_named(hand: Hand, lane: Provider) -> None:
    enqueue_many("tests.call", [NewJob({"n": n}) for n in range(2)])
    Provider.objects.filter(pk=LANE).update(probing=True)
    assert len(hand.claim()) == 1
    found = ask(Job.objects.get(state="pending").pk)
    assert found.sentence == "1 of 1 calls to Test lane are under way (one call goes first after a block)."


def test_jobs_ahead_are_counted_and_the_end_is_reckoned(worker: Worker, lane: Provider) -> None:
    lane.budgets.filter(currency="calls").update(limit=10)
    enqueue_many("tests.call", [NewJob({"n": n}) for n in range(25)])
    last = Job.objects.latest("id").pk
    found = ask(last)
    assert (found.code, found.sentence) == ("order", "24 jobs of Test lane are ahead of it.")
    assert 100 <= seconds(found.clears_at) <= 121, "the third minute's worth"
    assert ask(Job.objects.earliest("id").pk).code == "next"


def test_local_work_that_is_next_says_so(worker: Worker) -> None:
    enqueue("tests.noop", {"n": 1})
    assert ask(Job.objects.get().pk).code == "next"


def test_a_batch_tells_of_its_first_waiting_job_and_nothing_while_one_runs(hand: Hand) -> None:
    with start_batch(kind="t", label="x") as batch:
        enqueue_many("tests.noop", [NewJob({"n": n}) for n in range(2)], batch=batch)
    batches.pause_batch(batch.pk, actor="ada")
    batch.refresh_from_db()
    reason = why_batch_waits(batch)
    assert reason is not None
    assert reason.code == "batch_paused"
    batches.resume_batch(batch.pk)
    batch.refresh_from_db()
    rows = hand.claim(1)
    assert why_batch_waits(batch) is None
    hand.settle(rows, Complete())
    reason = why_batch_waits(batch)
    assert reason is not None
    assert reason.code == "next"
    hand.settle(hand.claim(), Complete())
    batch.refresh_from_db()
    assert why_batch_waits(batch) is None


def test_a_batch_whose_jobs_are_all_parked_tells_of_the_first_due(worker: Worker) -> None:
    soon = timezone.now() + timedelta(minutes=3)
    with start_batch(kind="t", label="x") as batch:
        enqueue("tests.noop", {"n": 1}, batch=batch, due_at=soon + timedelta(hours=1))
        enqueue("tests.noop", {"n": 2}, batch=batch, due_at=soon)
    reason = why_batch_waits(batch)
    assert reason is not None
    assert reason.clears_at == soon


def test_a_keeper_counts_as_somebody_who_works(lane: Provider) -> None:
    enqueue("tests.noop", {"n": 1})
    job = Job.objects.get().pk
    assert ask(job).code == "no_worker"
    workers.register(role=Worker.KEEPER, slots=2)
    assert ask(job).code == "next"
    assert conf.get("queue_enabled") is True


def test_a_switch_that_is_neither_on_nor_off_shuts_its_lane_with_the_reason_and_the_others_run(
    hand: Hand, lane: Provider
) -> None:
    enqueue("tests.call", {})
    enqueue("tests.noop", {})
    Setting.objects.create(key="queue_enabled", provider=LANE, value="perhaps")
    assert [row["provider_id"] for row in hand.claim()] == ["local"]
    reason = why_waiting(Job.objects.get(kind="tests.call"))
    assert reason is not None
    assert reason.code == "bad_setting"
    assert "'perhaps' is not true or false" in reason.sentence


def test_a_job_too_large_for_what_is_left_is_told_what_it_needs_and_when(hand: Hand, lane: Provider) -> None:
    lane.budgets.filter(currency="tokens").update(limit=1000)
    enqueue("tests.call", {"n": 1}, estimated_tokens=900)
    (row,) = hand.claim()
    enqueue("tests.call", {"n": 2}, estimated_tokens=500)
    answered = timezone.now() - timedelta(seconds=20)
    BudgetEntry.objects.filter(lease_token=row["lease_token"]).update(spent_at=answered, answered_at=answered)
    hand.settle([row], Complete(), calls=1)
    found = ask(Job.objects.get(state="pending").pk)
    assert found.code == "budget"
    assert "has used 900 of 1000 tokens per minute" in found.sentence
    assert found.sentence.endswith("This job needs 500.")


def test_a_lane_that_no_more_workers_may_call_says_so(hand: Hand, lane: Provider) -> None:
    Provider.objects.filter(pk=lane.pk).update(max_concurrent_workers=1)
    enqueue_many("tests.call", [NewJob({"n": n}) for n in range(2)])
    hand.claim(1)
    found = ask(Job.objects.get(state="pending").pk)
    assert (found.code, "1 of 1 workers call" in found.sentence) == ("in_flight", True)
