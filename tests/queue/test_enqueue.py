"""Enqueue: transactional, validated, one live job per key."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from queueproject.queue import batches, sql
from queueproject.queue.enqueue import IDS_RETURNED, EnqueueRefused, NewJob, enqueue, enqueue_many
from queueproject.queue.models import Batch, BatchJob, Job, Provider
from queueproject.queue.outcomes import Complete, Permanent, Retry
from queueproject.queue.registry import UnknownKind
from tests.queue.conftest import Hand, states
from tests.queue.kinds import LANE

pytestmark = pytest.mark.django_db


def test_a_job_vanishes_with_the_transaction_that_asked_for_it(lane: Provider) -> None:
    with transaction.atomic():
        enqueue("tests.noop", {"n": 1})
        assert Job.objects.exists()
        transaction.set_rollback(True)
    assert not Job.objects.exists()


def test_an_unknown_kind_is_refused_and_the_known_ones_are_named(lane: Provider) -> None:
    with pytest.raises(UnknownKind, match=r"tests\.nope.*tests\.noop"):
        enqueue("tests.nope", {})


def test_a_malformed_payload_is_refused_with_the_field(lane: Provider) -> None:
    with pytest.raises(Permanent, match=r"tests\.noop: n: .*integer.*; extra: Extra inputs"):
        enqueue("tests.noop", {"n": "many", "extra": 1})
    assert not Job.objects.exists()


def test_a_lane_the_kind_does_not_run_on_is_refused(lane: Provider) -> None:
    with pytest.raises(EnqueueRefused, match="runs on local, testlane, not on 'gemini'"):
        enqueue("tests.noop", {}, provider="gemini")


def test_an_estimate_above_the_budget_is_refused(lane: Provider) -> None:
    lane.budgets.filter(currency="tokens").update(limit=1000)
    with pytest.raises(EnqueueRefused, match=r"estimated_tokens: 1001 .*1000"):
        enqueue("tests.call", {}, estimated_tokens=1001)


@pytest.mark.parametrize(
    ("options", "word"),
    [
        ({"max_attempts": 0}, "max_attempts"),
        ({"backoff_seconds": -1}, "backoff_seconds"),
        ({"backoff_curve": "wild"}, "wild"),
        ({"timeout_seconds": 0}, "timeout_seconds"),
        ({"timeout_seconds": 241}, "timeout_seconds"),
    ],
)
def test_an_option_out_of_range_is_refused_by_name(
    lane: Provider, options: dict[str, Any], word: str
) -> None:
    with pytest.raises(EnqueueRefused, match=word):
        enqueue("tests.noop", {}, **options)


def test_options_of_the_call_stand_on_the_job(lane: Provider) -> None:
    enqueue(
        "tests.noop",
        {"n": 7},
        subject_id="7",
        options={"mode": "x"},
        max_attempts=5,
        backoff_seconds=1.5,
        backoff_curve="linear",
        timeout_seconds=9,
        actor="ada",
        priority=150,
    )
    job = Job.objects.get()
    assert (job.subject_type, job.subject_id, job.options) == ("number", "7", {"mode": "x"})
    assert (job.max_attempts, job.backoff_seconds, job.backoff_curve) == (5, 1.5, "linear")
    assert (job.timeout_seconds, job.created_by, job.priority) == (9, "ada", 150)


def test_enqueueing_a_waiting_key_again_joins_it_and_takes_the_new_options(lane: Provider) -> None:
    first = enqueue("tests.noop", {"n": 1}, dedupe_key="k", options={"a": 1})
    second = enqueue("tests.noop", {"n": 2}, dedupe_key="k", options={"a": 2}, priority=200)
    job = Job.objects.get()
    assert (first.queued, second.queued, second.shared, second.raised) == (1, 0, 1, 1)
    assert (job.payload["n"], job.options, job.priority) == (2, {"a": 2}, 200)


def test_a_raised_priority_takes_the_lesser_rank(lane: Provider) -> None:
    enqueue("tests.noop", {}, dedupe_key="k")
    before = Job.objects.get().sort_key
    enqueue("tests.noop", {}, dedupe_key="k", priority=200)
    after = Job.objects.get().sort_key
    assert before is not None
    assert after is not None
    assert after == pytest.approx(before - 100 * 288, abs=5)


def test_a_running_twin_is_marked_and_runs_once_more_with_the_new_payload(hand: Hand) -> None:
    enqueue("tests.noop", {"n": 1}, dedupe_key="k")
    rows = hand.claim()
    again = enqueue("tests.noop", {"n": 2}, dedupe_key="k")
    assert again.rerun == 1
    hand.settle(rows, Complete())
    job = Job.objects.get()
    assert (job.state, job.attempts, job.rerun, job.payload["n"]) == ("pending", 0, False, 2)
    hand.settle(hand.claim(), Complete())
    assert states() == {"completed": 1}


def test_a_duplicate_key_within_one_call_makes_one_job(lane: Provider) -> None:
    result = enqueue_many("tests.noop", [NewJob({"n": n}, dedupe_key="k") for n in range(3)])
    assert (result.queued, result.shared) == (1, 2)
    assert Job.objects.get().payload["n"] == 0


def test_a_second_call_in_the_same_transaction_joins_the_first(lane: Provider) -> None:
    with transaction.atomic():
        enqueue_many("tests.noop", [NewJob({"n": n}, dedupe_key=f"k{n}") for n in range(3)])
        result = enqueue_many("tests.noop", [NewJob({"n": n}, dedupe_key=f"k{n}") for n in range(1, 5)])
    assert (result.queued, result.shared) == (2, 2)
    assert Job.objects.count() == 5


def test_a_later_batch_counts_a_shared_job_too(hand: Hand) -> None:
    with batches.start_batch(kind="a", label="A") as first:
        enqueue("tests.noop", {}, dedupe_key="k", batch=first)
    with batches.start_batch(kind="b", label="B") as second:
        result = enqueue_many(
            "tests.noop", [NewJob({}, dedupe_key="k"), NewJob({}, dedupe_key="other")], batch=second
        )
    assert (result.queued, result.shared) == (1, 1)
    second.refresh_from_db()
    assert (second.total_units, second.skipped_units) == (2, 1)
    hand.settle(hand.claim(), Complete())
    for batch in Batch.objects.all():
        assert (batch.state, batch.completed_units) == ("completed", batch.total_units)


def test_a_batch_that_asked_while_the_job_ran_counts_only_its_rerun(hand: Hand) -> None:
    with batches.start_batch(kind="a", label="A") as first:
        enqueue("tests.noop", {}, dedupe_key="k", batch=first)
    rows = hand.claim()
    with batches.start_batch(kind="b", label="B") as second:
        enqueue("tests.noop", {}, dedupe_key="k", batch=second)
    hand.settle(rows, Complete())
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state) == ("completed", "running")
    assert Job.objects.get().batch_id == second.pk
    assert not BatchJob.objects.exists()
    hand.settle(hand.claim(), Complete())
    second.refresh_from_db()
    assert (second.state, second.completed_units) == ("completed", 1)


def test_a_batch_is_laid_out_at_its_lanes_pace_and_groups_share_a_rank(lane: Provider) -> None:
    enqueue_many("tests.grouped", [NewJob({"n": n, "group": "a" if n < 7 else "b"}) for n in range(9)])
    jobs = list(Job.objects.order_by("sort_key", "payload__n"))
    ranks = [round((job.sort_key or 0) - (jobs[0].sort_key or 0), 3) for job in jobs]
    assert ranks == [0, 0, 0, 0, 0, 0.6, 0.6, 1.2, 1.2]
    assert [job.group_key for job in jobs] == ["a#0"] * 5 + ["a#1"] * 2 + ["b#2"] * 2


def test_known_twins_do_not_leave_holes_in_groups(lane: Provider) -> None:
    enqueue("tests.grouped", {"n": 1, "group": "a"}, dedupe_key="k1")
    enqueue_many(
        "tests.grouped", [NewJob({"n": n, "group": "a"}, dedupe_key=f"k{n}") for n in range(6)], provider=LANE
    )
    sizes = sorted(
        Job.objects.filter(group_key=key).exclude(dedupe_key="k1").count()
        for key in Job.objects.exclude(dedupe_key="k1").values_list("group_key", flat=True).distinct()
    )
    assert sizes == [5]


def test_an_empty_batch_ends_at_once_and_its_callback_is_enqueued_once(lane: Provider) -> None:
    with batches.start_batch(kind="a", label="A", finish_kind="tests.batch_end") as batch:
        pass
    assert (batch.state, batch.sealed, batch.finishes) == ("completed", True, 1)
    assert Job.objects.get().payload == {"batch_id": batch.pk, "finish": 1}


def test_asked_for_now_a_job_scheduled_for_later_runs_now_but_a_retry_keeps_its_wait(hand: Hand) -> None:
    later = timezone.now() + timedelta(days=1)
    enqueue("tests.noop", {}, dedupe_key="k", due_at=later)
    enqueue("tests.noop", {}, dedupe_key="k", due_at=later + timedelta(days=1))
    assert Job.objects.get().due_at == later
    enqueue("tests.noop", {}, dedupe_key="k")
    rows = hand.claim()
    assert len(rows) == 1
    hand.settle(rows, Retry("stumbled"))
    enqueue("tests.noop", {}, dedupe_key="k")
    assert hand.claim() == []


def test_a_joined_twin_takes_the_new_estimate_with_the_new_payload(lane: Provider) -> None:
    enqueue("tests.call", {"n": 1}, dedupe_key="k", estimated_tokens=10)
    enqueue("tests.call", {"n": 2}, dedupe_key="k", estimated_tokens=500)
    assert Job.objects.get().estimated_tokens == 500


def test_what_postgres_cannot_store_is_refused(lane: Provider) -> None:
    for job in (NewJob({}, options={"a": "\0"}), NewJob({}, subject_id="\0")):
        with pytest.raises(EnqueueRefused, match="cannot store it"):
            enqueue_many("tests.noop", [job])


def test_a_job_that_counts_nothing_is_refused() -> None:
    with pytest.raises(EnqueueRefused, match="units: 0 is less than 1"):
        enqueue("tests.noop", {}, units=0)


def make_many(*, twin_of: str = "") -> list[NewJob]:
    """Make more jobs than an enqueue returns the ids of; one may bear a key that is live already."""
    odd = ["", "a\tb", "a\nb\r\n", "\\N", "\\.", "\\\\t", 'quoted "é" ✓', "{}"]
    keys = [f"many:{n:04}{odd[n % len(odd)]}" for n in range(IDS_RETURNED + 1)]
    return [
        NewJob(
            {"n": n, "group": odd[n % len(odd)]},
            subject_id=odd[n % len(odd)],
            dedupe_key=key,
            options={"odd": odd[n % len(odd)]},
            units=n + 1,
            estimated_tokens=n,
        )
        for n, key in enumerate(keys)
    ] + ([NewJob({}, dedupe_key=twin_of)] if twin_of else [])


def facts(prefix: str) -> list[tuple[Any, ...]]:
    """Return every column of the jobs of a key prefix but those that tell one enqueue from another."""
    own = {"id", "created_at", "batch_id", "sort_key"}
    jobs = Job.objects.filter(dedupe_key__startswith=prefix).order_by("dedupe_key").values()
    return [tuple(value for key, value in job.items() if key not in own) for job in jobs]


@pytest.mark.parametrize("due_at", [None, timezone.now() + timedelta(days=1)], ids=["now", "later"])
def test_many_jobs_copied_straight_are_what_inserting_would_have_made(due_at: Any) -> None:
    options = {"due_at": due_at, "max_attempts": 7, "actor": "ada", "priority": 150}
    with batches.start_batch(kind="t", label="t") as batch:
        enqueue_many("tests.noop", make_many(), batch=batch, **options)
    copied = facts("many:")
    Job.objects.all().delete()
    with batches.start_batch(kind="t", label="t") as batch:
        enqueue("tests.noop", {}, dedupe_key="many:0500 ", batch=batch)
        inserted = enqueue_many("tests.noop", make_many(twin_of="many:0500 "), batch=batch, **options)
    Job.objects.filter(dedupe_key="many:0500 ").delete()
    assert (inserted.queued, inserted.shared) == (IDS_RETURNED + 1, 1)
    assert len(copied) == IDS_RETURNED + 1
    assert facts("many:") == copied


@pytest.mark.django_db(transaction=True)
def test_a_key_enqueued_by_somebody_else_meanwhile_is_joined_after_all(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    enqueue("tests.noop", {}, dedupe_key="many:0008")
    look = sql.value

    def overlook_the_key(name: str, **params: Any) -> Any:
        return False if name == "find_live_between" else look(name, **params)

    monkeypatch.setattr(sql, "value", overlook_the_key)
    done = enqueue_many("tests.noop", make_many())
    assert (done.queued, done.shared) == (IDS_RETURNED, 1)
    assert Job.objects.filter(dedupe_key="many:0008").count() == 1


def test_a_nul_among_many_jobs_is_refused_and_nothing_is_enqueued() -> None:
    jobs = [*make_many(), NewJob({"n": 1}, dedupe_key="many:nul", subject_id="a\0b")]
    with pytest.raises(EnqueueRefused, match="NUL"):
        enqueue_many("tests.noop", jobs)
    assert not Job.objects.exists()


def test_many_jobs_without_keys_are_copied_too() -> None:
    assert (
        enqueue_many("tests.noop", [NewJob({"n": n}) for n in range(IDS_RETURNED + 1)]).queued
        == IDS_RETURNED + 1
    )
    assert Job.objects.filter(dedupe_key=None).count() == IDS_RETURNED + 1


def test_many_jobs_are_ranked_in_the_order_they_were_given_whatever_their_keys(lane: Provider) -> None:
    count = IDS_RETURNED + 1
    with batches.start_batch(kind="t", label="t") as batch:
        jobs = [NewJob({"n": n}, dedupe_key=f"{count - n:05}", units=2) for n in range(count)]
        enqueue_many("tests.noop", jobs, batch=batch)
    batch.refresh_from_db()
    assert batch.total_units == 2 * count
    ranked = Job.objects.order_by("sort_key").values_list("payload__n", flat=True)
    assert list(ranked) == list(range(count))


def test_a_malformed_job_among_many_is_refused_and_nothing_is_enqueued() -> None:
    with pytest.raises(Permanent, match=r"malformed payload for tests\.noop: n"):
        enqueue_many("tests.noop", [*make_many(), NewJob({"n": "many"}, dedupe_key="odd")])
    assert not Job.objects.exists()
