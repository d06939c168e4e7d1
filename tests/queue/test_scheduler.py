"""The scheduler: one row per pass, closed on every path; it promotes, rescues, asks for drains."""

import threading
from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.utils import timezone

from queueproject.queue import operations, rescue, scheduler, workers
from queueproject.queue.batches import start_batch
from queueproject.queue.enqueue import NewJob, enqueue, enqueue_many
from queueproject.queue.models import Batch, DrainRequest, Job, Provider, SchedulerRun, Worker
from tests.queue.conftest import Hand, states
from tests.queue.kinds import LANE

pytestmark = pytest.mark.django_db


def run(**options: Any) -> SchedulerRun:
    return scheduler.run_scheduler(trigger="test", **options)


def look(found: SchedulerRun, provider: str) -> dict[str, Any]:
    return next(lane for lane in found.lanes if lane["provider"] == provider)


def test_a_pass_with_nothing_to_do_says_so_and_closes_its_row(lane: Provider) -> None:
    found = SchedulerRun.objects.get(pk=run(actor="ada").pk)
    assert (found.trigger, found.actor, found.result, found.error) == ("test", "ada", "nothing is due", "")
    assert found.finished_at is not None
    assert look(found, LANE) == {"provider": LANE, "due": 0, "granted": 0, "why": "nothing is due"}


def test_a_pass_that_fails_keeps_the_error_and_closes_its_row(
    lane: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> int:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(rescue, "rescue_dead", fail)
    with pytest.raises(RuntimeError):
        run()
    found = SchedulerRun.objects.get()
    assert (found.result, found.error) == ("failed", "RuntimeError: the disk is full")
    assert found.finished_at is not None
    assert look(found, LANE)["due"] == 0, "what was seen before stands on the row"


@pytest.mark.django_db(transaction=True)
def test_a_pass_whose_statement_failed_closes_its_row_too(
    lane: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail() -> int:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1 / 0")
        return 0

    monkeypatch.setattr(rescue, "rescue_dead", fail)
    with pytest.raises(Exception, match="division by zero"):
        run()
    assert SchedulerRun.objects.get().finished_at is not None


def test_a_dry_run_looks_and_moves_nothing(worker: Worker) -> None:
    enqueue("tests.noop", {"n": 1}, due_at=timezone.now() + timedelta(hours=1))
    Job.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    DrainRequest.objects.all().delete()
    found = run(dry_run=True)
    assert (found.dry_run, found.result, found.promoted) == (True, "1 jobs are due", 0)
    assert states() == {"scheduled": 1}
    assert not DrainRequest.objects.exists()


def test_a_pass_promotes_what_fell_due_and_leaves_what_did_not(worker: Worker) -> None:
    enqueue_many(
        "tests.noop", [NewJob({"n": n}) for n in range(3)], due_at=timezone.now() + timedelta(hours=1)
    )
    due = Job.objects.order_by("id")[0].pk
    Job.objects.filter(pk=due).update(due_at=timezone.now() - timedelta(seconds=1))
    found = run()
    assert found.promoted == 1
    assert list(Job.objects.filter(state="pending").values_list("pk", flat=True)) == [due]


def test_jobs_of_a_closed_lane_are_not_promoted_and_the_row_says_why(worker: Worker, lane: Provider) -> None:
    enqueue("tests.call", {"n": 1}, due_at=timezone.now() + timedelta(hours=1))
    Job.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    operations.pause_provider(LANE, actor="ada", reason="bill too high")
    found = look(run(), LANE)
    assert (found["due"], found["granted"], found["why"]) == (1, 0, "paused: bill too high")
    assert states() == {"scheduled": 1}
    operations.resume_provider(LANE, actor="ada")
    Provider.objects.filter(pk=LANE).update(blocked_until=timezone.now() + timedelta(minutes=1))
    assert look(run(), LANE)["why"].startswith("blocked until")
    Provider.objects.filter(pk=LANE).update(blocked_until=None)
    operations.change_setting("queue_enabled", False, provider=LANE, actor="ada")
    assert look(run(), LANE)["why"] == "queue_enabled is off"
    operations.clear_setting("queue_enabled", provider=LANE, actor="ada")
    assert run().promoted == 1


def test_granted_is_the_least_of_what_is_due_in_flight_and_left_of_the_budget(
    hand: Hand, lane: Provider
) -> None:
    enqueue_many("tests.call", [NewJob({"n": n}) for n in range(20)])
    assert look(run(), LANE)["granted"] == 10
    lane.budgets.filter(currency="calls").update(limit=4)
    assert look(run(), LANE)["granted"] == 4
    assert len(hand.claim()) == 4
    found = look(run(), LANE)
    assert (found["due"], found["granted"], found["why"]) == (16, 0, "its budget is used up")
    lane.budgets.filter(currency="calls").update(limit=100)
    assert look(run(), LANE)["granted"] == 6, "four calls are under way"


def test_a_cut_rate_and_a_probe_grant_less(worker: Worker, lane: Provider) -> None:
    enqueue_many("tests.call", [NewJob({"n": n}) for n in range(20)])
    lane.budgets.filter(currency="calls").update(limit=10)
    Provider.objects.filter(pk=LANE).update(rate_factor=0.5)
    assert look(run(), LANE)["granted"] == 5
    Provider.objects.filter(pk=LANE).update(probing=True)
    assert look(run(), LANE)["granted"] == 1


def test_a_pass_rescues_jobs_of_dead_workers_and_ends_batches(hand: Hand) -> None:
    with start_batch(kind="t", label="x") as batch:
        enqueue("tests.noop", {"n": 1}, batch=batch)
    hand.claim()
    Worker.objects.update(heartbeat_at=timezone.now() - timedelta(minutes=2))
    assert run().rescued == 1
    Job.objects.update(state="completed", finished_at=timezone.now())
    run()
    assert Batch.objects.get().state == "completed"


@pytest.mark.django_db(transaction=True)
def test_a_pass_asks_for_drains_when_work_is_due_and_nobody_drains(lane: Provider) -> None:
    workers.register(role=Worker.KEEPER, cluster="c", slots=2)
    enqueue("tests.noop", {"n": 1})
    DrainRequest.objects.all().delete()
    found = run()
    assert (found.drains_started, DrainRequest.objects.count()) == (1, 1)
    assert found.result == "1 jobs are due; 0 drains live, 1 asked for"
    assert run().drains_started == 0, "one is on its way"


def test_waiting_jobs_without_a_worker_are_told_with_the_command(lane: Provider) -> None:
    enqueue("tests.noop", {"n": 1})
    result = run().result
    assert result == "1 jobs are due and no worker lives. Start one: python manage.py qcluster"


@pytest.mark.django_db(transaction=True)
def test_two_passes_at_once_promote_each_job_once(lane: Provider) -> None:
    enqueue_many(
        "tests.noop", [NewJob({"n": n}) for n in range(300)], due_at=timezone.now() + timedelta(hours=1)
    )
    Job.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    start = threading.Barrier(2)
    found: list[SchedulerRun] = []

    def work() -> None:
        try:
            start.wait(10)
            found.append(run())
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert sum(each.promoted for each in found) == 300
    assert states() == {"pending": 300}
    assert SchedulerRun.objects.filter(finished_at__isnull=False, error="").count() == 2
