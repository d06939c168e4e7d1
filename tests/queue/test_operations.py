"""What staff do: each act does it, refuses what does not fit, leaves an audit row, wakes the lane."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from queueproject.queue import batches, operations, sql, wake, workers
from queueproject.queue.batches import start_batch
from queueproject.queue.enqueue import NewJob, enqueue, enqueue_many
from queueproject.queue.models import (
    Attempt,
    Audit,
    Batch,
    Budget,
    BudgetEntry,
    Job,
    Provider,
    ProviderEvent,
    Setting,
    Worker,
)
from queueproject.queue.operations import Report
from queueproject.queue.outcomes import Complete, Fail, ProviderFault, RateLimited
from queueproject.queue.registry import PROVIDERS
from queueproject.queue.states import LIVE, State
from tests.queue import kinds
from tests.queue.conftest import Hand, states
from tests.queue.kinds import LANE

pytestmark = pytest.mark.django_db


@pytest.fixture
def woken(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Collect the lanes that were woken."""
    lanes: list[str] = []
    tell = wake.tell

    def note(lane: str, *, sort_key: float) -> None:
        lanes.append(lane)
        tell(lane, sort_key=sort_key)

    monkeypatch.setattr(wake, "tell", note)
    return lanes


def last_audit() -> Audit:
    return Audit.objects.latest("id")


def make_jobs(count: int = 1, **options: Any) -> list[int]:
    return enqueue_many("tests.noop", [NewJob({"n": n}) for n in range(count)], **options).ids


def fail_all(hand: Hand) -> None:
    hand.settle(hand.claim(), Fail("it is broken"))


# -- providers ------------------------------------------------------------------------------------


def test_pausing_a_provider_stops_claims_once_and_says_who_and_why(hand: Hand, lane: Provider) -> None:
    enqueue("tests.call", {"n": 1})
    assert operations.pause_provider(LANE, actor="ada", reason="bill too high")
    assert not operations.pause_provider(LANE, actor="bob", reason="me too")
    lane.refresh_from_db()
    assert (lane.paused_by, lane.paused_reason, lane.fault) == ("ada", "bill too high", "")
    assert hand.claim() == []
    found = Audit.objects.get()
    assert (found.actor, found.action, found.target, found.reason) == (
        "ada",
        "pause provider",
        LANE,
        "bill too high",
    )
    assert ProviderEvent.objects.get().verb == "paused"


def test_a_pause_without_a_reason_still_says_who(lane: Provider) -> None:
    operations.pause_provider(LANE, actor="ada", reason="")
    lane.refresh_from_db()
    assert lane.paused_reason == "paused by ada"


def test_resuming_a_provider_clears_a_fault_and_wakes_the_lane(
    hand: Hand, lane: Provider, woken: list[str]
) -> None:
    enqueue("tests.call", {"n": 1})
    assert not operations.resume_provider(LANE, actor="ada")
    Provider.objects.filter(pk=LANE).update(
        paused_at=timezone.now(), paused_by="queue", paused_reason="no", fault="bad_key"
    )
    woken.clear()
    assert operations.resume_provider(LANE, actor="ada", reason="new key")
    lane.refresh_from_db()
    assert (lane.paused_at, lane.paused_by, lane.paused_reason, lane.fault) == (None, "", "", "")
    assert woken == [LANE]
    assert (last_audit().action, Audit.objects.count()) == ("resume provider", 1)
    assert len(hand.claim()) == 1


def test_unblocking_needs_a_block_and_leaves_a_probe(lane: Provider, woken: list[str]) -> None:
    assert not operations.unblock_provider(LANE, actor="ada")
    assert not Audit.objects.exists()
    Provider.objects.filter(pk=LANE).update(blocked_until=timezone.now() + timedelta(hours=1))
    assert operations.unblock_provider(LANE, actor="ada", reason="quota raised")
    lane.refresh_from_db()
    assert (lane.blocked_until, lane.probing) == (None, True)
    assert woken == [LANE]
    assert (last_audit().action, last_audit().reason) == ("unblock provider", "quota raised")


@pytest.mark.parametrize(
    ("error", "fault"),
    [
        (None, ""),
        (ProviderFault("the key is not valid", reason="bad_key"), "bad_key"),
        (RateLimited("slow down"), "ratelimited"),
    ],
)
def test_testing_a_connection_names_its_fault(
    lane: Provider, monkeypatch: pytest.MonkeyPatch, error: Exception | None, fault: str
) -> None:
    def check() -> str:
        if error:
            raise error
        return "it answers"

    monkeypatch.setitem(PROVIDERS, LANE, replace(kinds.SPEC, check_connection=check))
    report = operations.test_connection(LANE, actor="ada")
    assert (report.ok, report.fault) == (error is None, fault)
    assert report.message == (str(error) if error else "it answers")
    assert (last_audit().action, last_audit().after) == ("test connection", {"ok": report.ok, "fault": fault})
    assert ProviderEvent.objects.get().verb == "tested"


def test_a_provider_without_a_connection_says_so(lane: Provider) -> None:
    report = operations.test_connection("local", actor="ada")
    assert (report.ok, report.fault) == (False, "no_check")


def test_a_changed_limit_holds_with_the_next_claim_and_keeps_its_history(
    hand: Hand, lane: Provider, woken: list[str]
) -> None:
    enqueue_many("tests.call", [NewJob({"n": n}) for n in range(8)])
    woken.clear()
    budget = lane.budgets.get(currency="calls")
    operations.change_budget(budget.pk, limit=3, actor="ada", reason="night")
    assert len(hand.claim()) == 3
    found = last_audit()
    assert (found.action, found.before, found.after, found.reason) == ("change limit", 100, 3, "night")
    assert woken == [LANE]
    operations.change_budget(budget.pk, limit=3, actor="ada")
    assert Audit.objects.count() == 1, "nothing changed, nothing is noted"


@pytest.mark.parametrize("limit", [0, -1])
def test_a_limit_of_nothing_is_refused(lane: Provider, limit: int) -> None:
    budget = lane.budgets.get(currency="calls")
    with pytest.raises(ValidationError):
        operations.change_budget(budget.pk, limit=limit, actor="ada")
    assert Budget.objects.get(pk=budget.pk).limit == 100
    assert not Audit.objects.exists()


def test_a_token_limit_below_what_a_job_needs_fails_it_and_its_batch_counts_it(
    hand: Hand, lane: Provider
) -> None:
    with start_batch(kind="t", label="x") as batch:
        enqueue("tests.call", {"n": 1}, estimated_tokens=500, batch=batch)
        enqueue("tests.call", {"n": 2}, estimated_tokens=50, batch=batch)
    operations.change_budget(lane.budgets.get(currency="tokens").pk, limit=100, actor="ada")
    rows = hand.claim()
    assert [row["estimated_tokens"] for row in rows] == [50]
    failed = Job.objects.get(state="failed")
    assert failed.last_error == "needs 500 tokens, the budget allows 100: raise the limit, then retry"
    hand.settle(rows, Complete())
    batch.refresh_from_db()
    assert (batch.state, batch.completed_units, batch.failed_units) == ("completed_with_errors", 1, 1)


def test_in_flight_and_workers_hold_with_the_next_claim(hand: Hand, other_hand: Hand, lane: Provider) -> None:
    enqueue_many("tests.call", [NewJob({"n": n}) for n in range(8)])
    operations.change_provider(LANE, max_in_flight=2, max_concurrent_workers=1, actor="ada", reason="x")
    assert len(hand.claim()) == 2
    operations.change_provider(LANE, max_in_flight=5, max_concurrent_workers=1, actor="ada")
    assert other_hand.claim() == [], "one worker holds jobs of the lane"
    operations.change_provider(LANE, max_in_flight=5, max_concurrent_workers=None, actor="ada")
    assert len(other_hand.claim()) == 3
    before = {"max_in_flight": 5, "max_concurrent_workers": 1, "min_interval_seconds": 0}
    assert last_audit().before == before
    with pytest.raises(ValidationError):
        operations.change_provider(LANE, max_in_flight=0, max_concurrent_workers=None, actor="ada")


# -- settings -------------------------------------------------------------------------------------


def test_a_setting_is_validated_and_its_change_audited(lane: Provider) -> None:
    operations.change_setting("batch_size", 20, actor="ada", reason="small ones")
    operations.change_setting("batch_size", 30, actor="bob")
    row = Setting.objects.get()
    assert (row.value, row.updated_by) == (30, "bob")
    assert [(a.before, a.after) for a in Audit.objects.order_by("id")] == [(500, 20), (20, 30)]
    assert operations.clear_setting("batch_size", actor="ada", reason="enough")
    assert (last_audit().action, last_audit().before, last_audit().after) == ("clear setting", 30, 500)
    assert not operations.clear_setting("batch_size", actor="ada")
    assert Audit.objects.count() == 3


@pytest.mark.parametrize(
    ("key", "value", "provider", "words"),
    [
        ("bath_size", 1, "", "no such setting"),
        ("batch_size", 0, "", "not between 1 and 2000"),
        ("batch_size", 5, LANE, "one for all"),
    ],
)
def test_a_wrong_setting_is_refused_and_nothing_stays(
    lane: Provider, key: str, value: int, provider: str, words: str
) -> None:
    with pytest.raises(ValidationError, match=words):
        operations.change_setting(key, value, provider=provider, actor="ada")
    assert not Setting.objects.exists()
    assert not Audit.objects.exists()


def test_a_changed_head_start_wakes_every_lane(lane: Provider, woken: list[str]) -> None:
    operations.change_setting("head_start_seconds_per_point", 1, actor="ada")
    assert set(woken) == set(Provider.objects.values_list("pk", flat=True))


# -- jobs -----------------------------------------------------------------------------------------


def test_retrying_puts_failed_and_cancelled_jobs_back_afresh(hand: Hand, woken: list[str]) -> None:
    failed, cancelled, done = make_jobs(3)
    rows = {row["id"]: row for row in hand.claim()}
    hand.settle([rows[failed]], Fail("it is broken"))
    hand.settle([rows[done]], Complete())
    hand.settle([rows[cancelled]], Complete())
    Job.objects.filter(pk=cancelled).update(state="cancelled", attempts=2)
    woken.clear()
    report = operations.retry_jobs([failed, cancelled, done, 999_999_999], actor="ada", reason="mended")
    assert (report.done, report.refused) == (2, [(done, "already completed"), (999_999_999, "gone")])
    assert report.sentence("retried") == "2 retried, 2 refused: already completed, gone"
    assert woken == ["local"]
    job = Job.objects.get(pk=failed)
    assert (job.state, job.attempts, job.last_error, job.finished_at) == ("pending", 0, "", None)
    found = last_audit()
    assert (found.action, found.count, found.reason) == ("retry jobs", 2, "mended")


def test_a_job_whose_key_a_live_one_holds_is_not_retried(hand: Hand) -> None:
    (old,) = enqueue("tests.noop", {"n": 1}, dedupe_key="k").ids
    fail_all(hand)
    enqueue("tests.noop", {"n": 1}, dedupe_key="k")
    report = operations.retry_jobs([old], actor="ada")
    assert (report.done, report.refused) == (0, [(old, "a live job with its key exists")])
    assert not Audit.objects.exists(), "nothing was done"


def test_retrying_reopens_a_batch_that_had_ended_and_takes_its_counts_back(hand: Hand) -> None:
    with start_batch(kind="t", label="x") as batch:
        ids = make_jobs(2, batch=batch)
    fail_all(hand)
    batch.refresh_from_db()
    assert (batch.state, batch.failed_units) == ("failed", 2)
    operations.retry_jobs(ids[:1], actor="ada")
    batch.refresh_from_db()
    assert (batch.state, batch.failed_units, batch.finished_at) == ("running", 1, None)
    hand.settle(hand.claim(), Complete())
    batch.refresh_from_db()
    assert (batch.state, batch.completed_units, batch.failed_units) == ("completed_with_errors", 1, 1)


def test_cancelling_cancels_what_is_open_and_refuses_a_late_result(hand: Hand) -> None:
    waiting, running, done = make_jobs(3)
    rows = {row["id"]: row for row in hand.claim()}
    hand.settle([rows[done]], Complete())
    Job.objects.filter(pk=waiting).update(state="pending", lease_token=None, worker=None)
    report = operations.cancel_jobs([waiting, running, done], actor="ada", reason="not wanted")
    assert (report.done, report.refused) == (2, [(done, "already completed")])
    assert Job.objects.get(pk=waiting).last_error == "not wanted"
    assert hand.settle([rows[running]], Complete()).late == {running}
    assert states() == {"cancelled": 2, "completed": 1}
    assert (last_audit().action, last_audit().count) == ("cancel jobs", 2)


def test_cancelling_without_a_reason_names_who_did(lane: Provider) -> None:
    ids = make_jobs()
    operations.cancel_jobs(ids, actor="ada")
    assert Job.objects.get().last_error == "cancelled by ada"


def test_resetting_takes_running_jobs_from_their_worker_and_gives_calls_back(
    hand: Hand, woken: list[str]
) -> None:
    (call,) = enqueue("tests.call", {"n": 1}).ids
    rows = hand.claim()
    (waiting,) = make_jobs()
    woken.clear()
    report = operations.reset_jobs([call, waiting], actor="ada", reason="looks stuck")
    assert (report.done, report.refused) == (1, [(waiting, "is pending, not processing")])
    job = Job.objects.get(pk=call)
    assert (job.state, job.attempts, job.rescues) == ("pending", 0, 0)
    assert not BudgetEntry.objects.exists()
    assert woken == [LANE]
    assert hand.settle(rows, Complete()).late == {call}
    assert Attempt.objects.get().outcome == "late"
    assert (last_audit().action, last_audit().reason) == ("reset jobs", "looks stuck")


def test_a_preview_moves_nothing_and_says_the_same(hand: Hand) -> None:
    failed, waiting = make_jobs(2)
    hand.settle(hand.claim(1), Fail("it is broken"))
    ids = [failed, waiting]
    found = operations.preview(ids, states=(State.FAILED, State.CANCELLED), wanted="failed or cancelled")
    assert found == Report(done=1, refused=[(waiting, "is pending, not failed or cancelled")])
    assert operations.preview(ids, states=LIVE, wanted="open") == Report(
        done=1, refused=[(failed, "already failed")]
    )
    assert states() == {"failed": 1, "pending": 1}
    assert not Audit.objects.exists()
    done = operations.retry_jobs(ids, actor="ada")
    assert (done.done, done.refused) == (found.done, found.refused)


def test_acts_on_more_jobs_than_a_chunk_holds_reach_all_of_them(
    lane: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operations, "CHUNK", 10)
    ids = make_jobs(25)
    assert operations.cancel_jobs(ids, actor="ada").done == 25
    assert operations.retry_jobs(ids, actor="ada").done == 25
    assert states() == {"pending": 25}
    assert last_audit().target == f"jobs {', '.join(map(str, ids[:10]))} and 15 more"


def test_a_retried_job_of_a_limited_lane_is_ranked_anew_at_the_lanes_pace(hand: Hand) -> None:
    ids = enqueue_many("tests.call", [NewJob({"n": n}) for n in range(3)]).ids
    hand.settle(hand.claim(), Fail("it is broken"))
    Job.objects.update(sort_key=0)
    operations.retry_jobs(ids, actor="ada")
    first, second, third = Job.objects.order_by("id").values_list("sort_key", flat=True)
    assert first is not None
    assert second is not None
    assert third is not None
    assert [second - first, third - second] == pytest.approx([0.6, 0.6])
    assert first == pytest.approx(timezone.now().timestamp() - 28_800, abs=30)


# -- batches --------------------------------------------------------------------------------------


def test_pausing_and_resuming_a_batch_are_refused_twice_and_audited_once(
    hand: Hand, woken: list[str]
) -> None:
    with start_batch(kind="t", label="x") as batch:
        make_jobs(2, batch=batch)
    assert operations.pause_batch(batch.pk, actor="ada", reason="night")
    assert not operations.pause_batch(batch.pk, actor="ada")
    assert hand.claim() == []
    assert (last_audit().action, last_audit().reason) == ("pause batch", "night")
    woken.clear()
    assert operations.resume_batch(batch.pk, actor="ada", reason="day")
    assert not operations.resume_batch(batch.pk, actor="ada")
    assert woken == ["local"]
    assert (last_audit().action, Audit.objects.count()) == ("resume batch", 2)
    assert len(hand.claim()) == 2


def test_cancelling_a_batch_ends_it_and_says_how_many(hand: Hand) -> None:
    with start_batch(kind="t", label="x") as batch:
        make_jobs(3, batch=batch)
    hand.settle(hand.claim(1), Complete())
    report = operations.cancel_batch(batch.pk, actor="ada", reason="wrong guide")
    assert report == Report(done=2)
    batch.refresh_from_db()
    assert (batch.state, batch.cancelled_by, batch.cancelled_units) == ("cancelled", "ada", 2)
    assert (last_audit().action, last_audit().count) == ("cancel batch", 2)


def test_jobs_another_batch_asked_for_survive_the_cancel_and_are_told(lane: Provider) -> None:
    with start_batch(kind="t", label="first") as first:
        enqueue("tests.noop", {"n": 1}, dedupe_key="k", batch=first)
    with start_batch(kind="t", label="second") as second:
        enqueue("tests.noop", {"n": 1}, dedupe_key="k", batch=second)
    report = operations.cancel_batch(first.pk, actor="ada")
    assert report.sentence("cancelled") == "0 cancelled, 1 refused: 1 go on for another batch"
    assert Job.objects.get().batch_id == second.pk


def test_retrying_a_batchs_failures_can_be_narrowed_to_one_group_of_errors(hand: Hand) -> None:
    with start_batch(kind="t", label="x") as batch:
        make_jobs(4, batch=batch)
    make_jobs(1)
    hand.settle(hand.claim(), lambda row: Fail("no guide" if row["id"] % 2 else "key is wrong"))
    group = Job.objects.filter(batch=batch, last_error="no guide").first()
    assert group is not None
    report = operations.retry_failed(batch.pk, actor="ada", fingerprint=group.fingerprint)
    assert report.done == 2
    assert set(Job.objects.filter(state="pending").values_list("fingerprint", flat=True)) == {""}
    assert operations.retry_failed(batch.pk, actor="ada").done == 2
    assert last_audit().reason == f"failed jobs of batch {batch.pk}"
    assert Job.objects.filter(state="failed").count() == 1, "the one outside the batch"


def test_what_is_about_things_that_are_gone_is_cancelled_whatever_its_state(hand: Hand) -> None:
    enqueue("tests.noop", {"n": 1}, subject_id="1")
    enqueue("tests.noop", {"n": 2}, subject_id="2", due_at=timezone.now() + timedelta(hours=1))
    enqueue("tests.noop", {"n": 3}, subject_id="3")
    hand.settle([row for row in hand.claim() if row["subject_id"] == "1"], Complete())
    assert operations.cancel_subjects("number", ["1", "2", "3"], reason="deleted") == 2
    assert operations.cancel_subjects("number", ["1", "2", "3"], reason="deleted") == 0
    assert states() == {"completed": 1, "cancelled": 2}


@pytest.mark.django_db(transaction=True)
def test_resuming_asks_for_a_drain_where_none_lives(lane: Provider) -> None:
    workers.register(role=Worker.KEEPER, cluster="c", slots=1)
    operations.pause_provider(LANE, actor="ada", reason="night")
    enqueue("tests.call", {"n": 1})
    assert sql.rows("count_drains", lease_seconds=60, patience_seconds=10)[0]["requests"] == 0
    operations.resume_provider(LANE, actor="ada")
    assert sql.rows("count_drains", lease_seconds=60, patience_seconds=10)[0]["requests"] == 1


def test_a_report_counts_reasons_that_repeat() -> None:
    report = Report(done=0, refused=[(1, "gone"), (2, "gone"), (3, "already completed")])
    assert report.sentence("retried") == "0 retried, 3 refused: gone (2), already completed"
    assert Report(done=12).sentence("retried") == "12 retried"


def test_an_ended_batch_is_neither_paused_nor_left_paused(hand: Hand) -> None:
    with start_batch(kind="t", label="x") as batch:
        make_jobs(1, batch=batch)
    hand.settle(hand.claim(), Complete())
    assert not operations.pause_batch(batch.pk, actor="ada")
    assert not Batch.objects.get().paused
    assert batches.sweep() == 0
