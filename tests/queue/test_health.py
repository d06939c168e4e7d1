"""Health: each fault is found, graded, and comes with what to do."""

import json
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import call_command
from django.db import OperationalError
from django.utils import timezone

from queueproject.queue import batches, health, operations, workers
from queueproject.queue.batches import start_batch
from queueproject.queue.enqueue import enqueue
from queueproject.queue.findings import Level
from queueproject.queue.models import Batch, BudgetEntry, Job, Provider, Worker
from queueproject.queue.outcomes import Complete
from tests.queue.conftest import Hand
from tests.queue.kinds import LANE

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("vacuumed")]


def found() -> dict[str, Level]:
    return {finding.code: finding.level for finding in health.find_faults()}


def sentence(code: str) -> str:
    return next(finding.sentence for finding in health.find_faults() if finding.code == code)


def make_old(seconds: float) -> None:
    Job.objects.update(created_at=timezone.now() - timedelta(seconds=seconds))


def test_an_empty_queue_is_healthy_with_and_without_workers(lane: Provider) -> None:
    assert found() == {}
    workers.register()
    assert found() == {}


def test_waiting_jobs_and_no_worker_is_critical(lane: Provider) -> None:
    enqueue("tests.noop", {"n": 1})
    assert found() == {"no_worker": Level.CRITICAL}
    workers.register()
    assert found() == {}


def test_a_silent_worker_that_holds_jobs_is_found_until_it_is_rescued(hand: Hand, other_hand: Hand) -> None:
    enqueue("tests.noop", {"n": 1})
    hand.claim()
    Worker.objects.filter(pk=hand.worker.pk).update(heartbeat_at=timezone.now() - timedelta(seconds=70))
    assert found() == {"silent_workers": Level.WARNING}
    call_command("run_scheduler", stdout=StringIO())
    assert found() == {}


def test_a_fault_of_the_account_is_critical_when_jobs_wait_for_it(worker: Worker) -> None:
    Provider.objects.filter(pk=LANE).update(
        paused_at=timezone.now(), paused_by="queue", paused_reason="the key is not valid", fault="bad_key"
    )
    assert found() == {"provider_fault": Level.WARNING}
    enqueue("tests.call", {"n": 1})
    assert found() == {"provider_fault": Level.CRITICAL}
    assert "bad_key" in sentence("provider_fault")


def test_closed_lanes_are_told_when_jobs_wait_for_them(worker: Worker) -> None:
    operations.pause_provider(LANE, actor="ada", reason="night")
    assert found() == {}, "nobody waits"
    enqueue("tests.call", {"n": 1})
    assert found() == {"provider_paused": Level.WARNING}
    operations.resume_provider(LANE, actor="ada")
    operations.change_setting("queue_enabled", False, provider=LANE, actor="ada")
    assert found() == {"provider_disabled": Level.WARNING}
    operations.clear_setting("queue_enabled", provider=LANE, actor="ada")
    Provider.objects.filter(pk=LANE).update(blocked_until=timezone.now() + timedelta(minutes=5))
    assert found() == {"provider_blocked": Level.WARNING}


def test_work_that_nobody_takes_from_an_open_lane_is_stalled(hand: Hand, lane: Provider) -> None:
    enqueue("tests.call", {"n": 1})
    make_old(200)
    assert found() == {}
    make_old(400)
    assert found() == {"stalled": Level.WARNING}
    enqueue("tests.call", {"n": 2})
    hand.claim(1)
    assert found() == {}, "somebody holds a job of it"


def test_a_used_up_budget_is_no_stall_but_a_day_of_waiting_is_told(hand: Hand, lane: Provider) -> None:
    lane.budgets.filter(currency="calls").update(limit=1, window_seconds=3600)
    enqueue("tests.call", {"n": 1})
    hand.settle(hand.claim(), Complete(), calls=1)
    lane.refresh_from_db()
    BudgetEntry.objects.create(
        provider=lane,
        currency="calls",
        lease_token=1,
        amount=1,
        spent_at=timezone.now(),
        answered_at=timezone.now(),
    )
    enqueue("tests.call", {"n": 2})
    make_old(7200)
    assert found() == {}
    make_old(90_000)
    assert found() == {"waits_long": Level.WARNING}
    assert "was enqueued 25 h ago; 1 wait in all" in sentence("waits_long")


def test_a_batch_that_a_crash_left_running_is_stuck_until_the_sweep(hand: Hand) -> None:
    with start_batch(kind="t", label="x") as batch:
        enqueue("tests.noop", {"n": 1}, batch=batch)
    assert found() == {}
    Job.objects.update(state="completed", finished_at=timezone.now())
    assert found() == {"stuck_batches": Level.WARNING}
    batches.sweep()
    assert Batch.objects.get().state == "completed"
    assert found() == {}


def test_a_batch_that_shares_a_live_job_is_not_stuck(worker: Worker) -> None:
    with start_batch(kind="t", label="owner") as owner:
        enqueue("tests.noop", {"n": 1}, dedupe_key="k", batch=owner)
    with start_batch(kind="t", label="sharer") as sharer:
        enqueue("tests.noop", {"n": 1}, dedupe_key="k", batch=sharer)
    assert found() == {}


def test_a_kind_no_handler_knows_is_named(worker: Worker) -> None:
    enqueue("tests.noop", {"n": 1})
    Job.objects.update(kind="gone.old_kind")
    assert found() == {"unknown_kind": Level.WARNING}
    assert sentence("unknown_kind") == "1 jobs are of kind 'gone.old_kind', which no handler knows."


@pytest.mark.parametrize(
    ("ahead", "level", "word"),
    [
        (0, None, ""),
        (1.9, None, ""),
        (3, Level.WARNING, "ahead of"),
        (-3, Level.WARNING, "behind"),
        (31, Level.CRITICAL, "ahead"),
    ],
)
def test_a_clock_that_runs_wrong_is_graded(ahead: float, level: Level | None, word: str) -> None:
    database = datetime(2026, 1, 1, tzinfo=UTC)
    host = database + timedelta(seconds=ahead)
    findings = health.compare_clocks(before=host, database=database, after=host)
    assert [finding.level for finding in findings] == ([level] if level else [])
    assert all(word in finding.sentence for finding in findings)


def test_a_slow_answer_of_the_database_is_no_skew() -> None:
    before = datetime(2026, 1, 1, tzinfo=UTC)
    asked, after = before + timedelta(seconds=4), before + timedelta(seconds=9)
    assert health.compare_clocks(before=before, database=asked, after=after) == []


def run(*arguments: str) -> tuple[int, str]:
    out = StringIO()
    try:
        call_command("queue_health", *arguments, stdout=out)
    except SystemExit as ended:
        return int(ended.code or 0), out.getvalue()
    return 0, out.getvalue()


def test_the_command_exits_with_the_worst_level_and_names_the_remedy(lane: Provider) -> None:
    assert run() == (0, "Healthy.\n")
    enqueue("tests.call", {"n": 1})
    workers.register()
    operations.pause_provider(LANE, actor="ada", reason="night")
    code, printed = run()
    assert code == 1
    assert printed.splitlines() == [
        "WARNING  testlane is paused: night. 1 jobs wait for it.",
        "    python manage.py queue resume testlane",
    ]
    Worker.objects.all().delete()
    code, printed = run("--json")
    facts = json.loads(printed)
    assert (code, facts["level"]) == (2, "critical")
    assert [finding["code"] for finding in facts["findings"]] == ["no_worker", "provider_paused"]
    assert facts["findings"][0]["remedy"] == "Start one: python manage.py qcluster"


def test_a_database_that_is_away_is_critical_and_no_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(health, "look_over", fail)
    code, printed = run()
    assert code == 2
    assert printed.startswith("CRITICAL  The database does not answer: connection refused")
