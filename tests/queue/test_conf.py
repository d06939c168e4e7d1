"""Settings: every one is validated, and every one changes what happens."""

import threading
import time
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from queueproject.queue import claim, conf, operations, rescue, retention, workers
from queueproject.queue.batches import start_batch
from queueproject.queue.drain import Drain
from queueproject.queue.enqueue import NewJob, enqueue, enqueue_many
from queueproject.queue.models import Attempt, Job, Ledger, Provider, SchedulerRun, Setting, Worker
from queueproject.queue.outcomes import Complete
from tests.queue.conftest import Hand, states
from tests.queue.kinds import LANE, Acts

pytestmark = pytest.mark.django_db


def put(key: str, value: Any, provider: str = "") -> None:
    operations.change_setting(key, value, provider=provider, actor="ada")


@pytest.mark.parametrize(
    "key", [key for key, knob in conf.KNOBS.items() if not isinstance(knob.default, bool)]
)
def test_a_number_out_of_bounds_is_refused_by_name(key: str) -> None:
    knob = conf.KNOBS[key]
    assert knob.validate(knob.minimum) == knob.minimum
    assert knob.validate(knob.maximum) == knob.maximum
    for wrong in (knob.minimum - 1, knob.maximum + 1, "many", None, True, [1]):
        with pytest.raises(ValidationError, match=key):
            knob.validate(wrong)
    if isinstance(knob.default, int):
        with pytest.raises(ValidationError, match="whole number"):
            knob.validate(knob.minimum + 0.5)


def test_every_default_is_valid_and_explained() -> None:
    for knob in conf.KNOBS.values():
        assert knob.validate(knob.default) == knob.default
        assert knob.help.endswith(".")


def test_a_switch_is_true_or_false_and_nothing_else() -> None:
    for wrong in (0, 1, "true", None):
        with pytest.raises(ValidationError, match="true or false"):
            conf.KNOBS["queue_enabled"].validate(wrong)


def test_weights_name_exactly_what_is_weighed() -> None:
    knob = conf.Knob("weights", {"a": 1.0, "b": 2.0}, "Weights.")
    assert knob.validate({"a": 3, "b": 4}) == {"a": 3, "b": 4}
    for wrong in ({"a": 1}, {"a": 1, "b": 2, "c": 3}, {"a": 1, "b": 0}, {"a": 1, "b": True}, 5):
        with pytest.raises(ValidationError, match="weights"):
            knob.validate(wrong)


def test_a_providers_own_value_goes_before_the_common_one_and_that_before_the_default(lane: Provider) -> None:
    assert conf.get("queue_enabled", provider=LANE) is True
    put("queue_enabled", False)
    assert conf.get("queue_enabled", provider=LANE) is False
    put("queue_enabled", True, provider=LANE)
    assert conf.get("queue_enabled", provider=LANE) is True
    assert conf.get("queue_enabled", provider="local") is False


def test_queue_enabled_stops_one_lane_or_all_with_the_next_claim(hand: Hand) -> None:
    enqueue("tests.noop", {"n": 1})
    enqueue("tests.call", {"n": 2})
    put("queue_enabled", False, provider=LANE)
    assert [row["provider_id"] for row in hand.claim()] == ["local"]
    put("queue_enabled", False)
    enqueue("tests.noop", {"n": 3})
    assert hand.claim() == []
    put("queue_enabled", True)
    put("queue_enabled", True, provider=LANE)
    assert len(hand.claim()) == 2


def test_head_start_sets_how_far_ahead_priority_starts_and_moves_what_waits(lane: Provider) -> None:
    Provider.objects.update(clock=timezone.now().timestamp())
    enqueue("tests.noop", {"n": 1}, priority=100)
    enqueue("tests.noop", {"n": 2}, priority=200)
    low, high = Job.objects.order_by("id")
    assert rank(low) - rank(high) == pytest.approx(100 * 288, abs=5)
    put("head_start_seconds_per_point", 10)
    assert rank(low) - rank(high) == pytest.approx(100 * 10, abs=5)
    enqueue("tests.noop", {"n": 3}, priority=200)
    assert rank(Job.objects.latest("id")) == pytest.approx(rank(high), abs=5)
    operations.clear_setting("head_start_seconds_per_point", actor="ada")
    assert rank(low) == pytest.approx(timezone.now().timestamp() - 28_800, abs=30)


def test_local_step_lays_a_batch_out(lane: Provider) -> None:
    put("local_step_seconds", 2)
    enqueue_many("tests.noop", [NewJob({"n": n}) for n in range(3)])
    first, second, third = (rank(job) for job in Job.objects.order_by("id"))
    assert [second - first, third - second] == pytest.approx([2, 2])


def test_batch_size_bounds_what_a_drain_claims_of_local_work(lane: Provider) -> None:
    worker = Drain(stop=threading.Event())
    try:
        worker.local_seconds = 0.0001
        assert worker.capacity("local") == 500
        put("batch_size", 3)
        worker.overrides = conf.read_all()
        enqueue_many("tests.noop", [NewJob({"n": n}) for n in range(10)])
        found = claim.claim(worker_id=worker.worker.pk, capacity=worker.capacity)
        assert sum(len(group) for group in found.groups) == 3
    finally:
        worker.spender.start()
        worker.heartbeat.start()
        worker._close("test")


def test_max_rescues_says_how_many_lost_workers_a_job_survives(lane: Provider) -> None:
    put("max_rescues", 2)
    enqueue("tests.noop", {"n": 1})
    for expected in ("pending", "failed"):
        lost = workers.register()
        row = Hand(lost).claim()[0]
        Worker.objects.filter(pk=lost.pk).update(
            started_job_ids=[row["id"]], heartbeat_at=timezone.now() - timedelta(minutes=2)
        )
        rescue.rescue_dead()
        assert states() == {expected: 1}


def rank(job: Job) -> float:
    job.refresh_from_db()
    assert job.sort_key is not None
    return job.sort_key


def aged(job_id: int, hours: float) -> None:
    Job.objects.filter(pk=job_id).update(finished_at=timezone.now() - timedelta(hours=hours))


def test_completed_hours_and_failed_days_say_how_long_jobs_are_kept(hand: Hand) -> None:
    done, failed = enqueue_many("tests.noop", [NewJob({"n": n}) for n in range(2)]).ids
    hand.settle(hand.claim(), Complete())
    Job.objects.filter(pk=failed).update(state="failed")
    aged(done, 3)
    aged(failed, 30)
    retention.prune()
    assert Job.objects.count() == 2
    put("completed_hours", 2)
    retention.prune()
    assert list(Job.objects.values_list("pk", flat=True)) == [failed]
    put("failed_days", 1)
    retention.prune()
    assert not Job.objects.exists()


def test_failed_days_keep_attempts_too(lane: Provider) -> None:
    Attempt.objects.create(
        job_id=1,
        kind="tests.noop",
        provider_key=LANE,
        outcome="failed",
        finished_at=timezone.now() - timedelta(days=20),
    )
    retention.prune()
    assert Attempt.objects.exists()
    put("failed_days", 19)
    retention.prune()
    assert not Attempt.objects.exists()


def test_ledger_days_say_how_long_books_and_runs_are_kept(lane: Provider) -> None:
    old = timezone.now() - timedelta(days=10)
    Ledger.objects.create(provider=lane, currency="calls", hour=old)
    run = SchedulerRun.objects.create(trigger="cron")
    SchedulerRun.objects.filter(pk=run.pk).update(started_at=old)
    retention.prune()
    assert (Ledger.objects.count(), SchedulerRun.objects.count()) == (1, 1)
    put("ledger_days", 9)
    retention.prune()
    assert (Ledger.objects.count(), SchedulerRun.objects.count()) == (0, 0)


class TestDrains:
    """Settings of the drain's loop, on drains that run."""

    pytestmark = pytest.mark.django_db(transaction=True)

    def test_linger_seconds_say_how_long_a_drain_listens_without_work(self, lane: Provider) -> None:
        put("linger_seconds", 0.6)
        began = time.monotonic()
        assert Drain(stop=threading.Event()).run() == "no work"
        assert 0.6 <= time.monotonic() - began < 3

    def test_linger_seconds_take_effect_on_a_drain_that_lingers(self, lane: Provider) -> None:
        put("linger_seconds", 60)
        running = Drain(stop=threading.Event())
        Setting.objects.filter(key="linger_seconds").update(value=0)
        began = time.monotonic()
        assert running.run() == "no work"
        assert time.monotonic() - began < 10

    def test_drain_seconds_say_how_long_a_drain_claims(self, lane: Provider, act: Acts) -> None:
        put("drain_seconds", 1)
        put("batch_size", 1)

        def work(job: object) -> Complete:
            time.sleep(0.2)
            return Complete()

        act["noop"] = work
        enqueue_many("tests.noop", [NewJob({"n": n}) for n in range(30)])
        assert Drain(stop=threading.Event()).run() == "time is up"
        found = states()
        assert 3 <= found["completed"] <= 10
        assert found["pending"] == 30 - found["completed"]

    def test_grace_seconds_say_how_long_what_runs_may_go_on(
        self, lane: Provider, act: Acts, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        put("grace_seconds", 0)
        ended: list[int] = []
        monkeypatch.setattr("queueproject.queue.drain.os._exit", ended.append)
        stop, free = threading.Event(), threading.Event()

        def call(job: object) -> Complete:
            stop.set()
            free.wait(30)
            return Complete()

        act["call"] = call
        enqueue("tests.call", {"n": 1})
        began = time.monotonic()
        assert Drain(stop=stop).run() == "stopped"
        took = time.monotonic() - began
        free.set()
        assert took < 3
        assert ended == [0], "a thread was left behind, so the process ends"
        assert states() == {"pending": 1}

    def test_worker_heartbeat_interval_says_how_often_a_worker_beats(
        self, lane: Provider, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        running = Drain(stop=threading.Event(), linger_seconds=1.2)
        put("worker_heartbeat_interval_ms", 100)
        running.heartbeat.interval_seconds = 0.1
        beats: list[float] = []
        beat = running.heartbeat.beat

        def count() -> bool:
            beats.append(time.monotonic())
            return beat()

        monkeypatch.setattr(running.heartbeat, "beat", count)
        running.run()
        assert running.heartbeat.interval_seconds == 0.1
        assert len(beats) >= 5

    def test_a_changed_heartbeat_interval_is_taken_up_with_the_next_claim(self, lane: Provider) -> None:
        running = Drain(stop=threading.Event(), linger_seconds=0.1)
        assert running.heartbeat.interval_seconds == 10
        put("worker_heartbeat_interval_ms", 500)
        running.run()
        assert running.heartbeat.interval_seconds == 0.5

    def test_a_worker_beats_three_times_in_a_short_lease_whatever_is_set(
        self, lane: Provider, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(workers, "LEASE_SECONDS", 6.0)
        running = Drain(stop=threading.Event(), linger_seconds=0.1)
        running.run()
        assert running.heartbeat.interval_seconds == 2


def test_every_setting_has_its_test_here() -> None:
    with open(__file__) as source:  # noqa: PTH123
        text = source.read()
    assert [key for key in conf.KNOBS if f'"{key}"' not in text] == []


def test_a_batch_made_before_a_setting_changed_goes_on(hand: Hand) -> None:
    with start_batch(kind="t", label="x") as batch:
        enqueue_many("tests.noop", [NewJob({"n": n}) for n in range(4)], batch=batch)
    put("batch_size", 1)
    hand.settle(hand.claim(), Complete())
    batch.refresh_from_db()
    assert batch.state == "completed"
