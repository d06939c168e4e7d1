"""The demonstration: what it refuses, and one whole run with its kill."""

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import psutil
import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from queueproject.queue import operations, providers, workers
from queueproject.queue.models import Batch, Budget, Job, Worker
from queueproject.sandbox.demo import processes, show
from scoring.remarketing.models import Score, ScoreSnapshot
from scoring.remarketing.services import scoring
from scoring.remarketing.services.plans import plan_deals
from tests.processes import ROOT, environment
from tests.scoring.remarketing.worlds import make_universe


def make_summary(**changes: object) -> show.Summary:
    figures: dict[str, object] = {
        "pairs": 480,
        "buyers": 48,
        "listings": 10,
        "calls": 110,
        "calls_booked": 110,
        "calls_planned": 100,
        "refused": 0,
        "lost": 0,
        "double": 0,
        "seconds": 80.0,
        "killed_pid": 7,
        "jobs_in_hand": 40,
        "seconds_to_rescue": 15.0,
        "seconds_to_recover": 60.0,
        "batch": 1,
        "batch_state": "completed",
        "log": "",
    }
    return show.Summary(**{**figures, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "fault",
    [
        {"refused": 1},
        {"lost": 1},
        {"double": 1},
        {"seconds_to_recover": None},
        {"batch_state": "completed_with_errors"},
    ],
)
def test_any_refused_lost_or_double_is_a_failure(fault: dict[str, object]) -> None:
    assert make_summary().succeeded
    assert not make_summary(**fault).succeeded


@pytest.mark.django_db
def test_it_refuses_to_run_beside_other_workers_but_not_beside_dead_ones() -> None:
    worker = workers.register()
    with pytest.raises(CommandError, match="Stop it first"):
        call_command("demo")
    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    Worker.objects.filter(pk=worker.pk).update(host=socket.gethostname(), pid=gone.pid)
    show.refuse_company()


@pytest.mark.django_db
def test_it_refuses_to_answer_jobs_that_wait_for_the_real_gemini(settings: object) -> None:
    settings.GEMINI_API_KEY = "key"  # type: ignore[attr-defined]
    scoring.start(plan_deals(make_universe(buyers=1, listings=1)))
    with pytest.raises(CommandError, match="1 jobs wait for Gemini"):
        call_command("demo")


@pytest.mark.django_db
def test_the_lane_gets_its_own_limit_back_also_after_an_error() -> None:
    providers.sync_providers()
    operations.pause_provider("gemini", actor="ada", reason="a look at the bill")

    def limits() -> list[int | None]:
        limited = Budget.objects.filter(provider="gemini", limit__isnull=False)
        return list(limited.values_list("limit", flat=True))

    def fail_under_the_sandbox_limit() -> None:
        with show.budget_of(77):
            assert limits() == [77]
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail_under_the_sandbox_limit()
    assert limits() == [30]


@pytest.mark.django_db
def test_what_an_interrupted_run_left_is_cancelled_first() -> None:
    universe = make_universe(buyers=1, listings=1)
    scoring.start(plan_deals(universe))
    show.cancel_running(universe)
    assert (Batch.objects.get().state, Job.objects.get(kind="remarketing.score_fit").state) == (
        "cancelled",
    ) * 2


def test_nonsense_and_production_are_refused(settings: object) -> None:
    with pytest.raises(CommandError, match="calls-per-minute"):
        call_command("demo", "--calls-per-minute", "0")
    settings.PRODUCTION = True  # type: ignore[attr-defined]
    with pytest.raises(CommandError, match="not for production"):
        call_command("demo")


@pytest.fixture
def started() -> Iterator["subprocess.Popen[str]"]:
    """The command as a process on the test's database."""
    process = subprocess.Popen(
        [sys.executable, "manage.py", "demo", "--json"],
        cwd=ROOT,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    yield process
    processes.stop(process)


@pytest.mark.e2e
@pytest.mark.slow
@pytest.mark.timeout(180)
@pytest.mark.django_db(transaction=True)
def test_a_whole_run_refuses_loses_and_doubles_nothing(started: "subprocess.Popen[str]") -> None:
    said, errors = started.communicate(timeout=170)
    assert started.returncode == 0, errors
    summary = json.loads(said)
    assert (summary["refused"], summary["lost"], summary["double"]) == (0, 0, 0)
    assert summary["pairs"] >= 400
    assert summary["killed_pid"]
    assert summary["seconds_to_rescue"] < show.LEASE_SECONDS + 5
    assert summary["seconds_to_recover"] < 75  # the rescued jobs run alone, and wait for the budget as all do
    # What the killed slot had booked and not yet sent stays booked.
    assert summary["calls_planned"] <= summary["calls"] <= summary["calls_booked"]
    assert Score.objects.count() == ScoreSnapshot.objects.count() == summary["pairs"]
    assert set(Score.objects.values_list("scored_by", flat=True)) == {"ai"}


@pytest.mark.e2e
@pytest.mark.django_db(transaction=True)
def test_stopped_on_the_way_it_ends_all_it_started(started: "subprocess.Popen[str]") -> None:
    deadline = time.monotonic() + 60
    while not Job.objects.filter(state="processing").exists() and time.monotonic() < deadline:
        time.sleep(0.1)
    family = psutil.Process(started.pid).children(recursive=True)
    assert len(family) >= 3
    os.kill(started.pid, signal.SIGTERM)
    started.communicate(timeout=60)
    assert started.returncode == 130
    _, alive = psutil.wait_procs(family, timeout=5)
    assert not alive
    assert not Job.objects.filter(state__in=["pending", "processing"], kind="remarketing.score_fit").exists()
    assert Batch.objects.filter(finished_at__lte=timezone.now()).get().state == "cancelled"
    assert Budget.objects.filter(provider="gemini", limit=30).exists()
