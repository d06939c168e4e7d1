"""`manage.py run_scheduler`: a table for people, JSON for programs, exit codes for cron."""

import getpass
import json
import subprocess
import sys
import threading
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from queueproject.queue import rescue
from queueproject.queue.enqueue import NewJob, enqueue, enqueue_many
from queueproject.queue.models import DrainRequest, Job, Provider, SchedulerRun, Worker
from tests.queue.conftest import states
from tests.queue.kinds import LANE

pytestmark = pytest.mark.django_db


def run(*arguments: str) -> tuple[int, str]:
    """Run the command and return its exit code with what it printed."""
    out = StringIO()
    try:
        call_command("run_scheduler", *arguments, stdout=out)
    except SystemExit as ended:
        return int(ended.code or 0), out.getvalue()
    return 0, out.getvalue()


def test_a_quiet_queue_is_a_table_a_closing_line_and_0(worker: Worker) -> None:
    code, printed = run()
    lines = printed.splitlines()
    assert code == 0
    assert lines[0].split() == ["provider", "due", "granted", "why"]
    assert any(line.split()[:3] == [LANE, "0", "0"] and "nothing is due" in line for line in lines)
    number = SchedulerRun.objects.get().pk
    assert lines[-1].startswith(f"Run {number} rescued 0, promoted 0, asked for 0 drains in ")
    assert lines[-1].endswith("nothing is due")


def test_a_pass_is_written_down_with_who_and_how(worker: Worker) -> None:
    run("--trigger", "cron")
    run()
    rows = SchedulerRun.objects.order_by("id").values_list("trigger", "actor")
    actor = f"shell:{getpass.getuser()}"
    assert list(rows) == [("cron", actor), ("manual", actor)]


def test_each_provider_says_what_is_due_what_is_granted_and_why_not(worker: Worker) -> None:
    enqueue_many("tests.call", [NewJob({"n": n}) for n in range(20)])
    _, printed = run("--dry-run")
    assert next(line for line in printed.splitlines() if LANE in line).split() == [LANE, "20", "10"]
    Provider.objects.filter(pk=LANE).update(paused_at=timezone.now(), paused_reason="bill too high")
    _, printed = run("--dry-run")
    assert "paused: bill too high" in printed


def test_jobs_that_wait_with_nobody_alive_are_4_and_the_command_that_helps(lane: Provider) -> None:
    enqueue("tests.noop", {"n": 1})
    code, printed = run()
    assert code == 4
    assert printed.endswith("no worker lives. Start one: python manage.py qcluster\n")
    code, printed = run("--json")
    assert (code, json.loads(printed)["live_worker"]) == (4, False)


def test_a_failure_is_1_and_its_reason(lane: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail() -> int:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr(rescue, "rescue_dead", fail)
    with pytest.raises(CommandError, match="RuntimeError: the disk is full") as caught:
        run()
    assert caught.value.returncode == 1
    assert SchedulerRun.objects.get().result == "failed"


def test_json_holds_the_same_facts(worker: Worker) -> None:
    enqueue("tests.noop", {"n": 1}, due_at=timezone.now() + timedelta(hours=1))
    Job.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    code, printed = run("--json", "--trigger", "cron")
    facts: dict[str, Any] = json.loads(printed)
    assert code == 0
    assert (facts["promoted"], facts["trigger"], facts["dry_run"]) == (1, "cron", False)
    assert {"provider": "local", "due": 1, "granted": 1, "why": ""} in facts["lanes"]
    assert facts["run"] == SchedulerRun.objects.get().pk


def test_a_dry_run_changes_nothing_and_says_so(worker: Worker) -> None:
    enqueue("tests.noop", {"n": 1}, due_at=timezone.now() + timedelta(hours=1))
    Job.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    DrainRequest.objects.all().delete()
    code, printed = run("--dry-run")
    assert (code, states()) == (0, {"scheduled": 1})
    assert "nothing was changed: 1 jobs are due" in printed
    assert not DrainRequest.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_two_at_once_both_end_well_and_promote_each_job_once(lane: Provider, worker: Worker) -> None:
    enqueue_many(
        "tests.noop", [NewJob({"n": n}) for n in range(300)], due_at=timezone.now() + timedelta(hours=1)
    )
    Job.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    start = threading.Barrier(2)
    found: list[tuple[int, dict[str, Any]]] = []

    def work() -> None:
        try:
            start.wait(10)
            code, printed = run("--json")
            found.append((code, json.loads(printed)))
        finally:
            connection.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert [code for code, _ in found] == [0, 0]
    assert sum(facts["promoted"] for _, facts in found) == 300
    assert states() == {"pending": 300}


def test_help_teaches_a_crontab_line_and_the_exit_codes() -> None:
    arguments = [sys.executable, "manage.py", "run_scheduler", "--help"]
    printed = subprocess.run(arguments, capture_output=True, text=True, check=True).stdout
    assert "*/5 * * * *  cd /srv/queueproject" in printed
    assert "4  jobs wait and no worker lives" in printed
