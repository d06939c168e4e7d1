"""`manage.py enqueue_scoring`: what it prints, what it starts, and its exit codes."""

import json
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from queueproject.queue import operations, workers
from queueproject.queue.drain import Drain
from queueproject.queue.models import Batch, Job
from queueproject.sandbox.server import Sandbox
from scoring.remarketing import watching
from scoring.remarketing.models import Buyer, Listing, Score, Universe
from scoring.remarketing.services import scoring
from scoring.remarketing.services.plans import plan_deals
from tests.processes import ROOT, environment
from tests.scoring.remarketing.worlds import drain, make_universe


class Ran:
    """What a run printed and how it ended."""

    def __init__(self, *arguments: str) -> None:
        self.out, self.err = StringIO(), StringIO()
        self.code = 0
        try:
            call_command("enqueue_scoring", *arguments, stdout=self.out, stderr=self.err)
        except SystemExit as end:
            self.code = int(end.code or 0)
        except CommandError as error:
            self.code = error.returncode
            self.err.write(str(error))

    @property
    def said(self) -> str:
        return self.out.getvalue() + self.err.getvalue()

    @property
    def data(self) -> dict[str, Any]:
        [line] = self.out.getvalue().splitlines()
        found: dict[str, Any] = json.loads(line)
        return found


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(watching, "WORKER_PATIENCE_SECONDS", 0.0)


@pytest.fixture
def slot(transactional_db: None) -> Iterator[None]:
    """A drain that works in a thread beside the command, as a slot would beside a terminal."""
    stop = threading.Event()

    def work() -> None:
        try:
            Drain(stop=stop, linger_seconds=60).run()
        finally:
            connection.close()

    thread = threading.Thread(target=work)
    thread.start()
    yield
    stop.set()
    thread.join(timeout=20)


@pytest.mark.django_db
def test_a_dry_run_says_what_it_means_and_enqueues_nothing(settings: Any) -> None:
    settings.GEMINI_API_KEY = "key"
    make_universe(buyers=6, listings=2)
    ran = Ran("--universe", "roofing", "--dry-run")
    assert ran.code == 0
    assert "12 to score" in ran.said
    assert "4 calls to Gemini" in ran.said
    assert "Limited by" in ran.said
    assert not Job.objects.exists()
    data = Ran("--universe", "roofing", "--dry-run", "--json").data
    assert (data["pairs"], data["calls"], data["enqueued"], data["dry_run"]) == (12, 4, False, True)


@pytest.mark.django_db
def test_it_says_loudly_that_the_rules_score_and_that_nobody_works() -> None:
    make_universe(buyers=1, listings=1)
    ran = Ran("--universe", "Roofing")
    assert ran.code == 0
    assert "SCORED BY THE RULES" in ran.err.getvalue()
    assert "NO WORKER LIVES" in ran.err.getvalue()
    assert "python manage.py qcluster" in ran.err.getvalue()
    batch = Batch.objects.get()
    assert (batch.actor, batch.priority) == ("enqueue_scoring", 100)
    assert f"Batch {batch.pk}: 1 queued" in ran.said


@pytest.mark.django_db
def test_deals_and_buyers_are_named_by_number_reference_or_name() -> None:
    universe = make_universe(buyers=3, listings=3)
    first, second, _ = Listing.objects.order_by("pk")
    buyer = Buyer.objects.order_by("pk")[1]
    arguments = ["--universe", str(universe.pk), "--listing", str(first.pk), "--listing", second.source_ref]
    data = Ran(*arguments, "--buyer", buyer.company_name.upper(), "--priority", "high", "--json").data
    assert (data["pairs"], data["queued"]) == (2, 2)
    assert {job.payload["buyer_id"] for job in Job.objects.all()} == {buyer.pk}
    assert {job.priority for job in Job.objects.all()} == {200}


@pytest.mark.django_db
def test_all_types_start_one_batch_of_both_kinds() -> None:
    make_universe(buyers=2, listings=2)
    data = Ran("--universe", "Roofing", "--type", "all", "--json").data
    assert (data["queued"], data["types"]) == (6, ["alignment", "deal"])
    assert Batch.objects.get().total_units == 6


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--universe", "Nowhere"], "There are: 'Roofing'"),
        (["--universe", "Roofing", "--listing", "Nothing"], "--listing: 'Nothing' is none"),
        (["--universe", "Roofing", "--buyer", "99999999"], "--buyer: '99999999' is none"),
        (["--universe", "Roofing", "--priority", "soon"], "--priority"),
        (["--universe", "Roofing", "--priority", "0"], "--priority"),
        (["--universe", "Roofing", "--timeout", "5"], "goes with --wait"),
        (["--universe", "Roofing", "--wait", "--timeout", "0"], "--timeout"),
        (["--universe", "Roofing", "--type", "alignment", "--listing", "Deal 00"], "without a deal"),
        (["--watch", "99999999"], "no batch 99999999"),
        ([], "required"),
    ],
)
def test_bad_arguments_exit_with_2_and_name_what_is_wrong(arguments: list[str], words: str) -> None:
    make_universe(buyers=1, listings=1)
    ran = Ran(*arguments)
    assert words in ran.said
    assert ran.code in (1, 2)
    assert not Job.objects.exists()


@pytest.mark.django_db
def test_what_cannot_be_scored_exits_with_2_naming_the_field() -> None:
    make_universe(buyers=1, guide_text="")
    ran = Ran("--universe", "Roofing", "--type", "all")
    assert (ran.code, "guide_text" in ran.said) == (2, True)
    assert not Batch.objects.exists()


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("slot")
def test_waiting_ends_with_0_when_all_is_done_and_then_there_is_nothing_to_do() -> None:
    make_universe(buyers=4, listings=2)
    ran = Ran("--universe", "Roofing", "--wait")
    assert ran.code == 0
    assert "8 of 8 completed" in ran.out.getvalue().splitlines()[-1]
    assert Score.objects.count() == 8
    again = Ran("--universe", "Roofing", "--wait", "--json")
    assert (again.code, again.data["pairs"], again.data["enqueued"]) == (0, 0, False)
    assert Ran("--universe", "Roofing", "--rescore", "--wait", "--json").data["completed"] == 8


@pytest.mark.django_db(transaction=True)
@pytest.mark.usefixtures("unlimited", "slot")
def test_waiting_ends_with_1_when_some_failed(sandbox: Sandbox) -> None:
    make_universe(buyers=2, listings=1)
    sandbox.control(script=[{"answer": "prompt_block", "contains": "Buyer 01", "times": None}])
    ran = Ran("--universe", "Roofing", "--wait", "--json")
    assert (ran.code, ran.data["failed"], ran.data["completed"], ran.data["exit_code"]) == (1, 1, 1, 1)


@pytest.mark.django_db
def test_waiting_ends_with_3_when_the_batch_was_cancelled() -> None:
    universe = make_universe(buyers=2, listings=1)
    batch = scoring.start(plan_deals(universe)).batch
    operations.cancel_batch(batch.pk, actor="ada")
    ran = Ran("--watch", str(batch.pk))
    assert (ran.code, "2 cancelled" in ran.said) == (3, True)


@pytest.mark.django_db
@pytest.mark.usefixtures("impatient")
def test_waiting_ends_with_4_when_no_worker_lives() -> None:
    make_universe(buyers=1, listings=1)
    ran = Ran("--universe", "Roofing", "--wait", "--json")
    assert (ran.code, ran.data["state"], ran.data["live_worker"]) == (4, "running", False)
    assert "NO WORKER LIVES" in ran.err.getvalue()


@pytest.mark.django_db
def test_waiting_ends_with_4_when_the_time_is_up_and_tells_how_to_watch() -> None:
    make_universe(buyers=1, listings=1)
    workers.register()
    ran = Ran("--universe", "Roofing", "--wait", "--timeout", "0.5")
    assert ran.code == 4
    assert "0.5 s have passed" in ran.said
    assert f"--watch {Batch.objects.get().pk}" in ran.said


@pytest.mark.django_db
def test_ctrl_c_ends_with_130_and_the_batch_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    make_universe(buyers=1, listings=1)
    workers.register()

    def interrupt(_seconds: float) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("scoring.remarketing.watching.time.sleep", interrupt)
    ran = Ran("--universe", "Roofing", "--wait")
    assert ran.code == 130
    assert "The batch goes on" in ran.said
    assert f"--watch {Batch.objects.get().pk}" in ran.said
    assert Batch.objects.get().is_running


def test_the_help_teaches_by_example(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        call_command("enqueue_scoring", "--help")
    text = capsys.readouterr().out
    for words in ("examples:", "--dry-run", "exit codes:", "130 Ctrl-C", "python manage.py qcluster"):
        assert words in text


@pytest.mark.e2e
@pytest.mark.django_db(transaction=True)
def test_as_a_process_it_takes_ctrl_c_and_says_how_to_watch() -> None:
    make_universe(buyers=1, listings=1)
    workers.register()
    command = [sys.executable, "manage.py", "enqueue_scoring", "--universe", "Roofing", "--wait"]
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    try:
        deadline = time.monotonic() + 30
        while not Batch.objects.exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        said, _ = process.communicate(timeout=15)
    finally:
        process.kill()
    assert process.returncode == 130, said
    assert "The batch goes on" in said
    assert Universe.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_a_batch_started_before_can_be_watched_to_its_end() -> None:
    universe = make_universe(buyers=2, listings=1)
    batch = scoring.start(plan_deals(universe)).batch
    drain()
    ran = Ran("--watch", str(batch.pk), "--json")
    assert (ran.code, ran.data["batch"], ran.data["completed"]) == (0, batch.pk, 2)
