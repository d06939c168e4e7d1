"""Retention: what is old enough goes, in bounded steps; nothing that is still needed does."""

from datetime import datetime, timedelta

import pytest
from django.utils import timezone

from queueproject.queue import keeper, retention, workers
from queueproject.queue.batches import start_batch
from queueproject.queue.enqueue import NewJob, enqueue, enqueue_many
from queueproject.queue.models import (
    Attempt,
    Batch,
    BatchJob,
    BudgetEntry,
    DrainRequest,
    Job,
    Ledger,
    Provider,
    SchedulerRun,
    Worker,
)
from queueproject.queue.outcomes import Complete
from tests.queue.conftest import Hand
from tests.queue.kinds import LANE

pytestmark = pytest.mark.django_db


def ago(**age: float) -> datetime:
    return timezone.now() - timedelta(**age)


def finish(hand: Hand, *, count: int = 1, state: str = "completed", at: datetime) -> list[int]:
    ids = enqueue_many("tests.noop", [NewJob({"n": n}) for n in range(count)]).ids
    hand.settle(hand.claim(), Complete())
    Job.objects.filter(pk__in=ids).update(state=state, finished_at=at)
    return ids


@pytest.mark.parametrize(
    ("state", "age", "kept"),
    [
        ("completed", {"hours": 23}, True),
        ("completed", {"hours": 25}, False),
        ("cancelled", {"hours": 25}, False),
        ("failed", {"days": 29}, True),
        ("failed", {"days": 31}, False),
    ],
)
def test_a_finished_job_goes_at_its_states_age(
    hand: Hand, state: str, age: dict[str, float], kept: bool
) -> None:
    finish(hand, state=state, at=ago(**age))
    assert retention.prune(seconds=0).rows["jobs"] == (not kept)
    assert Job.objects.exists() is kept


def test_a_job_that_waits_never_goes_however_old(lane: Provider) -> None:
    enqueue("tests.noop", {"n": 1})
    Job.objects.update(created_at=ago(days=400))
    retention.prune()
    assert Job.objects.exists()


def test_one_step_of_pruning_is_bounded_and_takes_the_oldest_first(
    hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "STEP", 2)
    (oldest,) = finish(hand, at=ago(days=9))
    (older,) = finish(hand, at=ago(days=8))
    (old,) = finish(hand, at=ago(days=7))
    assert retention.prune(seconds=0).rows["jobs"] == 2
    assert list(Job.objects.values_list("pk", flat=True)) == [old]
    assert oldest < older < old
    assert retention.prune(seconds=0).rows["jobs"] == 1
    assert retention.prune(seconds=0).rows["jobs"] == 0


def test_pruning_goes_on_until_nothing_past_its_age_is_left(
    hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(retention, "STEP", 2)
    for days in range(5, 12):
        finish(hand, at=ago(days=days))
    assert not retention.prune(seconds=0).is_through
    found = retention.prune(seconds=600)
    assert (found.rows["jobs"], found.is_through) == (5, True)
    assert not Job.objects.exists()


def test_pruning_that_time_cuts_short_is_due_again_with_the_keepers_next_round(
    worker: Worker, monkeypatch: pytest.MonkeyPatch
) -> None:
    answers = [retention.Pruned(is_through=False), retention.Pruned(is_through=True)]
    rounds: list[int] = []

    def prune() -> retention.Pruned:
        rounds.append(len(rounds))
        return answers[min(len(rounds), 2) - 1]

    monkeypatch.setattr(retention, "prune", prune)
    watch = keeper.Keeper(slots=1, cluster="t")
    beat = workers.Heartbeat(worker.pk, workers.Tally(), interval_seconds=5, watch_parent=False)
    for _ in range(4):
        watch._do_what_is_due(beat)
    assert len(rounds) == 2


def test_jobs_of_a_running_batch_stay_and_the_batch_goes_after_them(hand: Hand) -> None:
    with start_batch(kind="t", label="x") as batch:
        enqueue_many("tests.noop", [NewJob({"n": n}) for n in range(2)], batch=batch)
    first, second = hand.claim()
    hand.settle([first], Complete())
    Job.objects.filter(pk=first["id"]).update(finished_at=ago(days=2))
    assert retention.prune(seconds=0).rows["jobs"] == 0
    hand.settle([second], Complete())
    Job.objects.update(finished_at=ago(days=2))
    found = retention.prune().rows
    assert (found["jobs"], found["batches"]) == (2, 0)
    Batch.objects.update(finished_at=ago(days=31))
    assert retention.prune().rows["batches"] == 1


def test_a_batch_with_jobs_stays_and_an_old_one_takes_its_links_with_it(hand: Hand) -> None:
    with start_batch(kind="t", label="owner") as owner:
        enqueue("tests.noop", {"n": 1}, dedupe_key="k", batch=owner)
    with start_batch(kind="t", label="sharer") as sharer:
        enqueue("tests.noop", {"n": 1}, dedupe_key="k", batch=sharer)
    hand.settle(hand.claim(), Complete())
    Job.objects.update(finished_at=ago(hours=23))
    assert retention.prune(seconds=0).rows["jobs"] == 0
    Batch.objects.update(finished_at=ago(days=40))
    assert retention.prune().rows["batches"] == 1, "the sharer had no jobs of its own"
    assert not BatchJob.objects.exists()
    Job.objects.update(finished_at=ago(hours=25))
    retention.prune()
    assert not Job.objects.exists()
    retention.prune()
    assert not Batch.objects.exists()


def test_a_shared_job_goes_at_its_age_with_its_links_once_every_batch_has_counted_it(hand: Hand) -> None:
    for label in ("owner", "sharer"):
        with start_batch(kind="t", label=label) as batch:
            enqueue("tests.noop", {"n": 1}, dedupe_key="k", batch=batch)
    hand.settle(hand.claim(), Complete())
    Job.objects.update(finished_at=ago(hours=25))
    BatchJob.objects.update(counted=False)
    assert retention.prune(seconds=0).rows["jobs"] == 0
    BatchJob.objects.update(counted=True)
    assert retention.prune(seconds=0).rows["jobs"] == 1
    assert not BatchJob.objects.exists()


def test_attempts_ledgers_runs_and_requests_go_at_their_ages(lane: Provider) -> None:
    for days in (29, 31):
        Attempt.objects.create(
            job_id=days, kind="t", provider_key=LANE, outcome="failed", finished_at=ago(days=days)
        )
    for days in (89, 91):
        Ledger.objects.create(provider=lane, currency="calls", hour=ago(days=days))
        run = SchedulerRun.objects.create(trigger="cron")
        SchedulerRun.objects.filter(pk=run.pk).update(started_at=ago(days=days))
    for hours in (23, 25):
        DrainRequest.objects.create(reason="test", requested_at=ago(hours=hours))
    found = retention.prune().rows
    assert {key: found[key] for key in ("attempts", "ledgers", "runs", "requests")} == {
        "attempts": 1,
        "ledgers": 1,
        "runs": 1,
        "requests": 1,
    }
    assert Attempt.objects.get().job_id == 29


def test_a_stopped_worker_goes_after_a_day_unless_it_holds_a_job(hand: Hand) -> None:
    enqueue("tests.noop", {"n": 1})
    rows = hand.claim()
    Worker.objects.update(status="stopped", stopped_at=ago(hours=25))
    assert retention.prune().rows["workers"] == 0
    hand.settle(rows, Complete())
    assert retention.prune().rows["workers"] == 1


def test_a_live_worker_stays(lane: Provider, worker: Worker) -> None:
    Worker.objects.update(started_at=ago(days=9))
    assert retention.prune().rows["workers"] == 0


def entry(
    lane: Provider, *, age: float, token: int = 1, spent: bool = True, answered: bool = True
) -> BudgetEntry:
    at = ago(seconds=age)
    return BudgetEntry.objects.create(
        provider=lane,
        currency="calls",
        lease_token=token,
        worker_id=1,
        amount=1,
        reserved_at=at,
        spent_at=at if spent else None,
        answered_at=at if answered else None,
    )


def test_a_spend_goes_five_minutes_after_it_left_the_longest_sliding_window(lane: Provider) -> None:
    kept, gone = entry(lane, age=350), entry(lane, age=370)
    assert retention.prune().rows["entries"] == 1
    assert list(BudgetEntry.objects.all()) == [kept]
    lane.budgets.filter(currency="calls").update(window_seconds=3600)
    entry(lane, age=370)
    assert retention.prune().rows["entries"] == 0
    assert gone.pk


def test_the_sweep_gives_back_what_no_processing_job_holds(hand: Hand) -> None:
    enqueue("tests.call", {"n": 1})
    (row,) = hand.claim()
    BudgetEntry.objects.update(reserved_at=ago(seconds=30))
    lane = Provider.objects.get(pk=LANE)
    stale = entry(lane, age=30, token=-1, spent=False, answered=False)
    fresh = entry(lane, age=1, token=-2, spent=False, answered=False)
    cut = entry(lane, age=30, token=-3, answered=False)
    retention.sweep_reservations()
    left = {each.lease_token: each for each in BudgetEntry.objects.all()}
    assert set(left) == {row["lease_token"], fresh.lease_token, cut.lease_token}
    assert stale.lease_token not in left
    assert left[cut.lease_token].answered_at is not None, "a call that was made counts from now"
    assert left[row["lease_token"]].answered_at is None
