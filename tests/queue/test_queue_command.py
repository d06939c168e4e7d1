"""`manage.py queue`: each verb does its act, refuses with 1, and names what exists with 2."""

import getpass
import json
import shlex
from dataclasses import replace
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from queueproject.queue import verbs
from queueproject.queue.batches import start_batch
from queueproject.queue.enqueue import NewJob, enqueue, enqueue_many
from queueproject.queue.management.commands.queue import Command
from queueproject.queue.models import Audit, Batch, Budget, Job, Provider, Setting, Worker
from queueproject.queue.outcomes import Complete, Fail, ProviderFault
from queueproject.queue.registry import PROVIDERS
from tests.queue import kinds
from tests.queue.conftest import Hand, states
from tests.queue.kinds import LANE

pytestmark = pytest.mark.django_db
ACTOR = f"shell:{getpass.getuser()}"


def run(*arguments: object) -> tuple[int, str]:
    """Run a verb and return its exit code with what it printed or complained of."""
    out = StringIO()
    try:
        call_command("queue", *map(str, arguments), stdout=out)
    except CommandError as error:
        return error.returncode, str(error)
    except SystemExit as ended:
        return int(ended.code or 0), out.getvalue()
    return 0, out.getvalue()


def facts(*arguments: object) -> tuple[int, dict[str, Any]]:
    code, printed = run(*arguments, "--json")
    found: dict[str, Any] = json.loads(printed)
    return code, found


def answer(monkeypatch: pytest.MonkeyPatch, word: str) -> list[str]:
    """Sit at a terminal and answer every question with a word; return the questions."""
    questions: list[str] = []

    def ask(question: str) -> str:
        questions.append(question)
        return word

    monkeypatch.setattr("sys.stdin.isatty", lambda: True, raising=False)
    monkeypatch.setattr("builtins.input", ask)
    return questions


def make_failed(hand: Hand, count: int = 2, **options: Any) -> list[int]:
    ids = enqueue_many("tests.noop", [NewJob({"n": n}) for n in range(count)], **options).ids
    hand.settle(hand.claim(), Fail("it is broken"))
    return ids


# -- the command ----------------------------------------------------------------------------------


def test_every_verb_teaches_with_examples_that_parse() -> None:
    parser = Command().create_parser("manage.py", "queue")
    assert len(verbs.VERBS) == 12
    for verb in verbs.VERBS:
        for line in verb.examples.splitlines():
            words = shlex.split(line.strip().split("   ")[0])
            assert words[:2] == ["queue", verb.name]
            assert parser.parse_args(words[1:]).verb == verb.name


def test_help_of_the_command_and_of_a_verb_shows_examples_and_exit_codes() -> None:
    parser = Command().create_parser("manage.py", "queue")
    assert "at 3 a.m.:\n" in parser.format_help()
    assert "2  bad arguments" in parser.format_help()


def test_an_unknown_verb_or_a_number_that_is_none_is_a_bad_argument(lane: Provider) -> None:
    for arguments in (["fly"], ["retry", "twelve"], ["why", "x"], []):
        with pytest.raises((CommandError, SystemExit)):
            call_command("queue", *arguments)


@pytest.mark.parametrize("verb", ["pause", "resume", "unblock", "test", "limit"])
def test_an_unknown_provider_is_2_and_names_those_there_are(lane: Provider, verb: str) -> None:
    extra = ["calls", "5"] if verb == "limit" else []
    code, printed = run(verb, "gimini", *extra)
    assert code == 2
    assert printed.startswith("There is no provider 'gimini'; there are: ")
    assert LANE in printed


@pytest.mark.parametrize("verb", ["pause", "resume", "cancel", "retry", "why"])
def test_an_unknown_batch_is_2_and_names_those_that_run(lane: Provider, verb: str) -> None:
    with start_batch(kind="t", label="x") as batch:
        enqueue("tests.noop", {"n": 1}, batch=batch)
    code, printed = run(verb, "--batch", 999_999_999)
    assert (code, printed) == (2, f"There is no batch 999999999; running are: {batch.pk}.")


@pytest.mark.parametrize(
    "arguments",
    [
        ["pause"],
        ["pause", LANE, "--batch", 1],
        ["resume"],
        ["cancel"],
        ["cancel", 1, "--batch", 1],
        ["retry"],
        ["retry", 1, "--kind", "tests.noop"],
        ["retry", 1, "--fingerprint", "f"],
        ["why"],
        ["why", 1, "--batch", 1],
        ["limit", LANE],
        ["limit", LANE, "calls"],
        ["limit", LANE, "calls", "many"],
        ["limit", LANE, "calls", "0"],
        ["limit", LANE, "coins", "5"],
        ["limit", LANE, "calls", "5", "--per", "day"],
        ["limit", LANE, "calls", "5", "--in-flight", 3],
        ["limit", LANE, "--in-flight", 0],
        ["set", "bath_size", 5],
        ["set", "batch_size", "many"],
        ["set", "batch_size", 5, "--provider", LANE],
        ["unset", "bath_size"],
        ["retry", "--kind", "tests.noop"],
        ["why", 999_999_999],
    ],
)
def test_arguments_that_make_no_sense_are_2_and_change_nothing(
    lane: Provider, arguments: list[object]
) -> None:
    code, printed = run(*arguments)
    assert code == 2
    assert len(printed) > 15
    assert not Audit.objects.exists()


# -- asking ---------------------------------------------------------------------------------------


def test_what_hurts_is_refused_without_a_terminal_unless_yes(lane: Provider) -> None:
    ids = enqueue_many("tests.noop", [NewJob({"n": n}) for n in range(2)]).ids
    code, printed = run("cancel", *ids)
    assert code == 2
    assert "give --yes" in printed
    assert states() == {"pending": 2}
    assert run("cancel", *ids, "--yes") == (0, "2 cancelled.\n")


def test_at_a_terminal_it_asks_and_no_is_no(lane: Provider, monkeypatch: pytest.MonkeyPatch) -> None:
    (job,) = enqueue("tests.noop", {"n": 1}).ids
    questions = answer(monkeypatch, "n")
    assert run("cancel", job) == (1, "Nothing was changed.")
    assert questions == ["1 jobs would be cancelled. [y/N] "]
    assert states() == {"pending": 1}
    answer(monkeypatch, "y")
    assert run("cancel", job)[0] == 0
    assert states() == {"cancelled": 1}


# -- looking --------------------------------------------------------------------------------------


def test_status_shows_each_provider_batches_and_whether_anybody_works(lane: Provider) -> None:
    with start_batch(kind="t", label="All deals") as batch:
        enqueue_many("tests.call", [NewJob({"n": n}) for n in range(3)], batch=batch)
    code, printed = run("status")
    assert code == 0
    row = next(line.split() for line in printed.splitlines() if line.startswith(LANE))
    assert row[:3] == [LANE, "open", "3"]
    assert f"batch {batch.pk} (All deals) 0 of 3" in printed
    assert "python manage.py qcluster" in printed
    code, found = facts("status", LANE)
    assert found["providers"][LANE]["pending"] == 3
    assert list(found["providers"]) == [LANE]
    assert (found["batches"], found["live_worker"]) == ([batch.pk], False)


def test_why_gives_reason_and_end_for_a_job_and_a_batch(worker: Worker) -> None:
    later = timezone.now() + timedelta(hours=1)
    with start_batch(kind="t", label="x") as batch:
        (job,) = enqueue("tests.noop", {"n": 1}, batch=batch, due_at=later).ids
    code, printed = run("why", job)
    assert code == 0
    assert printed.startswith("It is scheduled until")
    assert f"Clears about {later:%Y-%m-%d %H:%M:%S} UTC." in printed
    assert facts("why", "--batch", batch.pk)[1]["code"] == "due_at"


def test_why_tells_of_jobs_and_batches_that_do_not_wait(hand: Hand) -> None:
    (job,) = make_failed(hand, 1)
    assert run("why", job) == (0, f"Job {job} does not wait: it is failed. it is broken\n")
    with start_batch(kind="t", label="x") as batch:
        pass
    assert run("why", "--batch", batch.pk) == (0, f"Batch {batch.pk} is completed.\n")


# -- providers ------------------------------------------------------------------------------------


def test_pause_and_resume_a_provider_once_each_under_the_shells_name(lane: Provider) -> None:
    assert run("pause", LANE, "--reason", "bill too high")[0] == 0
    code, printed = run("pause", LANE)
    assert (code, printed) == (1, f"Refused: {LANE} is paused already: bill too high\n")
    assert run("resume", LANE)[0] == 0
    assert run("resume", LANE) == (1, f"Refused: {LANE} is not paused.\n")
    assert [(a.actor, a.action) for a in Audit.objects.order_by("id")] == [
        (ACTOR, "pause provider"),
        (ACTOR, "resume provider"),
    ]
    assert Audit.objects.earliest("id").reason == "bill too high"


def test_pause_and_resume_a_batch(lane: Provider) -> None:
    with start_batch(kind="t", label="x") as batch:
        enqueue("tests.noop", {"n": 1}, batch=batch)
    assert run("pause", "--batch", batch.pk)[0] == 0
    assert Batch.objects.get().paused_by == ACTOR
    assert run("pause", "--batch", batch.pk) == (1, f"Refused: batch {batch.pk} is paused already.\n")
    assert run("resume", "--batch", batch.pk) == (0, f"Batch {batch.pk} goes on.\n")
    assert run("resume", "--batch", batch.pk)[0] == 1
    run("cancel", "--batch", batch.pk, "--yes")
    assert run("pause", "--batch", batch.pk) == (1, f"Refused: batch {batch.pk} has ended: cancelled.\n")


def test_resume_with_test_goes_on_only_when_the_provider_answers(
    lane: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse() -> str:
        raise ProviderFault("the key is not valid", reason="bad_key")

    Provider.objects.filter(pk=LANE).update(
        paused_at=timezone.now(), paused_by="queue", paused_reason="no", fault="bad_key"
    )
    monkeypatch.setitem(PROVIDERS, LANE, replace(kinds.SPEC, check_connection=refuse))
    code, printed = run("resume", LANE, "--test")
    assert (code, printed) == (1, f"Refused: {LANE} stays paused, bad_key: the key is not valid\n")
    lane.refresh_from_db()
    assert lane.paused_at is not None
    assert run("test", LANE) == (1, "bad_key: the key is not valid\n")
    monkeypatch.setitem(PROVIDERS, LANE, replace(kinds.SPEC, check_connection=lambda: "it answers"))
    assert run("test", LANE) == (0, "it answers\n")
    assert run("resume", LANE, "--test") == (0, f"{LANE} goes on.\n")


def test_resuming_a_fault_untested_says_that_a_test_was_possible(lane: Provider) -> None:
    Provider.objects.filter(pk=LANE).update(paused_at=timezone.now(), paused_reason="no", fault="bad_key")
    code, printed = run("resume", LANE)
    assert code == 0
    assert "(bad_key); --test asks the provider first" in printed


def test_unblock_ends_a_block_and_is_refused_without_one(lane: Provider) -> None:
    assert run("unblock", LANE) == (1, f"Refused: {LANE} is not blocked.\n")
    Provider.objects.filter(pk=LANE).update(blocked_until=timezone.now() + timedelta(hours=1))
    assert run("unblock", LANE, "--reason", "quota raised")[0] == 0
    assert Audit.objects.get().reason == "quota raised"


def test_limit_changes_a_budget_and_says_from_what_to_what(lane: Provider) -> None:
    code, printed = run("limit", LANE, "calls", "1,000", "--reason", "night")
    assert (code, printed) == (0, f"{LANE}: calls per minute: 100 → 1000, with the next claim.\n")
    found = Audit.objects.get()
    assert (found.actor, found.before, found.after, found.reason) == (ACTOR, 100, 1000, "night")
    assert facts("limit", LANE, "tokens", "5000")[1]["before"] is None


def test_taking_a_limit_away_is_asked_for(lane: Provider) -> None:
    assert run("limit", LANE, "calls", "none")[0] == 2
    assert lane.budgets.get(currency="calls").limit == 100
    assert run("limit", LANE, "calls", "none", "--yes")[0] == 0
    assert lane.budgets.get(currency="calls").limit is None
    assert run("limit", LANE, "tokens", "none")[0] == 0, "it had none: nothing to ask"


def test_of_several_budgets_the_shortest_is_meant_unless_the_window_is_named(lane: Provider) -> None:
    day = Budget.objects.create(provider=lane, window_seconds=86_400, kind="calendar", limit=500)
    code, printed = run("limit", LANE, "calls", 5, "--per", "hour")
    assert code == 2
    assert "calls per minute (sliding), calls per day (calendar)" in printed
    assert run("limit", LANE, "calls", 5)[1].startswith(f"{LANE}: calls per minute: 100 → 5")
    assert run("limit", LANE, "calls", 5, "--per", "day")[0] == 0
    day.refresh_from_db()
    assert day.limit == 5
    Budget.objects.create(provider=lane, window_seconds=86_400, kind="sliding", limit=500)
    assert run("limit", LANE, "calls", 6, "--per", "day")[0] == 2
    assert run("limit", LANE, "calls", 6, "--per", "day", "--window", "calendar")[0] == 0


def test_limit_changes_calls_in_flight_and_workers(lane: Provider) -> None:
    assert run("limit", LANE, "--in-flight", 4)[0] == 0
    assert run("limit", LANE, "--workers", 2)[0] == 0
    lane.refresh_from_db()
    assert (lane.max_in_flight, lane.max_concurrent_workers) == (4, 2)
    assert run("limit", LANE, "--workers", "none") == (0, f"{LANE}: 4 in flight, any number of workers.\n")


# -- jobs and batches -----------------------------------------------------------------------------


def test_retry_by_number_does_some_refuses_some_and_exits_1(hand: Hand) -> None:
    failed, other = make_failed(hand)
    hand_done = enqueue("tests.noop", {"n": 9}).ids[0]
    hand.settle(hand.claim(), Complete())
    code, found = facts("retry", failed, hand_done, "--reason", "mended")
    assert code == 1
    assert (found["done"], found["refused"]) == (1, [{"id": hand_done, "reason": "already completed"}])
    assert found["sentence"] == "1 retried, 1 refused: already completed."
    assert run("retry", other) == (0, "1 retried.\n")


def test_retry_of_a_batch_a_kind_or_a_group_of_errors_asks_first(hand: Hand) -> None:
    with start_batch(kind="t", label="x") as batch:
        make_failed(hand, 3, batch=batch)
    make_failed(hand, 2)
    assert run("retry", "--batch", batch.pk)[0] == 2
    assert run("retry", "--batch", batch.pk, "--dry-run") == (0, "Would be: 3 retried.\n")
    assert states() == {"failed": 5}
    fingerprint = Job.objects.filter(batch=batch)[0].fingerprint
    assert run("retry", "--batch", batch.pk, "--fingerprint", "other", "--yes") == (0, "0 retried.\n")
    code, printed = run("retry", "--batch", batch.pk, "--fingerprint", fingerprint, "--yes")
    assert (code, printed) == (0, "3 retried.\n")
    assert run("retry", "--kind", "tests.noop", "--yes") == (0, "2 retried.\n")
    code, printed = run("retry", "--kind", "tests.noop", "--yes")
    assert (code, printed) == (2, "No job of kind 'tests.noop' failed; failed have: none.")


def test_cancel_of_a_batch_looks_first_then_asks_then_ends_it(lane: Provider) -> None:
    with start_batch(kind="t", label="x") as batch:
        enqueue_many("tests.noop", [NewJob({"n": n}) for n in range(3)], batch=batch)
    assert run("cancel", "--batch", batch.pk, "--dry-run") == (0, "Would be: 3 cancelled.\n")
    assert run("cancel", "--batch", batch.pk)[0] == 2
    assert states() == {"pending": 3}
    assert run("cancel", "--batch", batch.pk, "--yes", "--reason", "wrong guide") == (0, "3 cancelled.\n")
    assert Job.objects.all()[0].last_error == "wrong guide"
    assert run("cancel", "--batch", batch.pk) == (1, f"Refused: batch {batch.pk} has ended: cancelled.\n")


def test_cancel_by_number_refuses_what_is_finished(hand: Hand) -> None:
    (failed,) = make_failed(hand, 1)
    (waiting,) = enqueue("tests.noop", {"n": 1}).ids
    printed = "1 cancelled, 1 refused: already failed"
    assert run("cancel", failed, waiting, "--dry-run") == (1, f"Would be: {printed}.\n")
    assert run("cancel", failed, waiting, "--yes") == (1, f"{printed}.\n")


def test_reset_takes_running_jobs_back_after_asking(hand: Hand) -> None:
    (job,) = enqueue("tests.noop", {"n": 1}).ids
    hand.claim()
    assert run("reset", job, "--dry-run") == (0, "Would be: 1 reset.\n")
    assert run("reset", job)[0] == 2
    assert states() == {"processing": 1}
    assert run("reset", job, "--yes", "--reason", "stuck") == (0, "1 reset.\n")
    assert run("reset", job, "--yes") == (1, "0 reset, 1 refused: is pending, not processing.\n")
    assert states() == {"pending": 1}


# -- settings -------------------------------------------------------------------------------------


def test_set_and_unset_a_setting_for_all_and_for_one_provider(lane: Provider) -> None:
    assert run("set", "batch_size", 20) == (0, "batch_size: 500 → 20, with the next claim.\n")
    assert run("set", "queue_enabled", "false", "--provider", LANE)[0] == 0
    row = Setting.objects.get(provider=LANE)
    assert (row.value, row.updated_by) == (False, ACTOR)
    assert run("unset", "queue_enabled", "--provider", LANE) == (0, "queue_enabled is True again.\n")
    assert run("unset", "queue_enabled", "--provider", LANE)[0] == 1
    assert run("unset", "batch_size", "--reason", "enough") == (0, "batch_size is 500 again.\n")
    assert Audit.objects.latest("id").reason == "enough"


def test_a_value_out_of_bounds_is_2_with_the_bounds(lane: Provider) -> None:
    code, printed = run("set", "batch_size", 0)
    assert (code, printed) == (2, "batch_size: 0 is not between 1 and 2000.")
    code, printed = run("set", "queue_enabled", "off")
    assert (code, printed) == (2, "queue_enabled: 'off' is not true or false.")
