"""Bounds: how much a claim takes, how large a row may be, how high numbers go."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.db import transaction
from django.utils import timezone

from queueproject.queue import operations, providers, workers
from queueproject.queue.batches import start_batch
from queueproject.queue.enqueue import EnqueueRefused, NewJob, enqueue, enqueue_many
from queueproject.queue.models import Attempt, BudgetEntry, Job, Provider
from queueproject.queue.outcomes import Complete, Defer, Fail, Outcome, Retry
from tests.queue.conftest import Hand, states
from tests.queue.kinds import LANE
from tests.queue.threads import at_once, execute

pytestmark = pytest.mark.django_db


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("kind", ["tests.noop", "tests.call", "tests.grouped"])
@pytest.mark.parametrize("plan", ["the planner's own", "nested loops on stale statistics"])
def test_a_claim_never_takes_more_than_its_limit_whatever_the_plan(
    lane: Provider, kind: str, plan: str
) -> None:
    lane.budgets.filter(currency="calls").update(limit=7)
    Provider.objects.filter(pk=LANE).update(max_in_flight=1000)
    hand = Hand(workers.register())
    jobs = [NewJob({"n": n, "group": f"g{n % 3}"}) for n in range(400)]
    with transaction.atomic():
        enqueue_many(kind, jobs)  # nobody has analysed the table since
    with transaction.atomic():
        if plan != "the planner's own":
            execute("force_nested_loops")
        rows = hand.claim(20)
    leases = len({row["lease_token"] for row in rows})
    assert 0 < leases <= (20 if kind == "tests.noop" else 7)
    assert Job.objects.filter(state="processing").count() == len(rows)
    if kind == "tests.grouped":
        assert len(rows) <= 5 * leases


@pytest.mark.django_db(transaction=True)
def test_claims_at_once_stay_within_the_calls_that_may_be_under_way(lane: Provider) -> None:
    Provider.objects.filter(pk=LANE).update(max_in_flight=6)
    enqueue_many("tests.call", [NewJob({"n": n}) for n in range(100)])
    for _ in range(5):
        hands = [Hand(workers.register()) for _ in range(4)]
        taken = at_once(*[hand.claim for hand in hands])
        assert 0 < sum(len(rows) for rows in taken) <= 6
        assert Job.objects.filter(state="processing").count() <= 6
        for hand, rows in zip(hands, taken, strict=True):
            hand.settle(rows, Defer("again", seconds=0))


@pytest.mark.django_db(transaction=True)
def test_what_waits_for_a_closed_lane_or_a_paused_batch_keeps_no_claim_from_the_rest(lane: Provider) -> None:
    enqueue_many("tests.call", [NewJob({"n": n}) for n in range(5000)])
    with start_batch(kind="t", label="t") as batch:
        enqueue_many("tests.noop", [NewJob({"n": n}) for n in range(5000)], batch=batch)
    operations.pause_batch(batch.pk, actor="ada")
    providers.block(LANE, retry_after_seconds=600, per_day=False, spent_at=None, reason="429")
    enqueue_many("tests.noop", [NewJob({"n": n}) for n in range(10)])
    rows = Hand(workers.register()).claim(100)
    assert len(rows) == 10
    assert {row["provider_id"] for row in rows} == {"local"}


@pytest.mark.django_db(transaction=True)
def test_ids_and_tokens_beyond_32_bits_go_through_claim_settle_retry_and_batch(lane: Provider) -> None:
    hand = Hand(workers.register())
    execute("pass_two_billion")
    with start_batch(kind="t", label="t") as batch:
        enqueue_many("tests.call", [NewJob({"n": n}) for n in range(6)], batch=batch)
    rows = hand.claim()
    assert min(row["id"] for row in rows) > 2**31
    assert min(row["lease_token"] for row in rows) > 2**32
    outcomes: list[Outcome] = [
        Complete(),
        Retry("stumbled"),
        Defer("wait", seconds=0),
        Fail("no"),
        Complete(),
        Complete(),
    ]
    order = {row["id"]: outcome for row, outcome in zip(rows, outcomes, strict=True)}
    hand.settle(rows, lambda row: order[row["id"]], calls=1)
    assert states() == {"completed": 3, "scheduled": 1, "rate_limited": 1, "failed": 1}
    assert operations.retry_failed(batch.pk, actor="ada").done == 1
    assert operations.cancel_batch(batch.pk, actor="ada").done == 3
    batch.refresh_from_db()
    assert (batch.completed_units, batch.cancelled_units, batch.state) == (3, 3, "cancelled")


def test_a_payload_of_a_megabyte_and_a_result_as_large_are_kept_whole(hand: Hand) -> None:
    text = "ü" * 500_000
    enqueue("tests.noop", {"group": text})
    rows = hand.claim()
    hand.settle(rows, Complete(result={"text": text}))
    job = Job.objects.get()
    assert (job.payload["group"], job.result) == (text, {"text": text})


@pytest.mark.parametrize("bad", ["a\x00b", "half a pair: \ud83d"])
def test_an_error_text_postgres_cannot_store_is_cleaned_and_its_job_settles(hand: Hand, bad: str) -> None:
    enqueue_many("tests.noop", [NewJob({"n": n}) for n in range(3)])
    rows = hand.claim()
    outcomes: list[Outcome] = [Fail(bad), Retry(bad), Complete()]
    order = {row["id"]: outcome for row, outcome in zip(rows, outcomes, strict=True)}
    hand.settle(rows, lambda row: order[row["id"]])
    assert states() == {"failed": 1, "scheduled": 1, "completed": 1}
    assert "\x00" not in Job.objects.get(state="failed").last_error
    assert Attempt.objects.count() == 2


def test_a_result_postgres_cannot_store_fails_its_own_job_and_names_it(hand: Hand) -> None:
    enqueue_many("tests.noop", [NewJob({"n": n}) for n in range(3)])
    rows = hand.claim()
    bad = rows[1]["id"]
    hand.settle(rows, lambda row: Complete(result={"text": "a\x00b" if row["id"] == bad else "ok"}))
    assert states() == {"completed": 2, "failed": 1}
    assert "its result could not be saved" in Job.objects.get(state="failed").last_error


def test_a_text_with_a_zero_byte_is_refused_at_enqueue_and_nothing_is_half_done(lane: Provider) -> None:
    with pytest.raises(EnqueueRefused):
        enqueue("tests.noop", {"group": "a\x00b"})
    assert not Job.objects.exists()


def test_a_storm_of_429s_writes_the_lane_once_and_none_of_what_waits(hand: Hand, lane: Provider) -> None:
    Provider.objects.filter(pk=LANE).update(max_in_flight=40)
    enqueue_many("tests.call", [NewJob({"n": n}) for n in range(140)])
    rows = hand.claim()
    assert len(rows) == 40
    waiting = execute("row_versions")
    spent_at = timezone.now()
    for _ in rows:
        until = providers.block(
            LANE, retry_after_seconds=37, per_day=False, spent_at=spent_at, reason="slow down"
        )
    hand.settle(rows, Defer("slow down", until=until), calls=1)
    lane.refresh_from_db()
    assert lane.blocked_until is not None
    assert timedelta(seconds=36) < lane.blocked_until - spent_at < timedelta(seconds=45)
    assert lane.rate_factor == 0.5, "one burst cuts the rate once"
    deferred = Job.objects.filter(state="rate_limited").values_list("attempts", "deferrals")
    assert list(deferred) == [(0, 1)] * 40
    assert execute("row_versions") == waiting
    assert hand.claim() == []


def test_a_job_that_waits_for_tokens_holds_no_place_among_the_calls_under_way(hand: Hand) -> None:
    lane = Provider.objects.get(pk=LANE)
    lane.budgets.filter(currency="tokens").update(limit=1000)
    Provider.objects.filter(pk=LANE).update(max_in_flight=2)
    enqueue("tests.call", {"n": 0}, estimated_tokens=900)
    enqueue("tests.call", {"n": 1}, estimated_tokens=900)
    first = hand.claim()
    assert len(first) == 1
    assert hand.claim() == []
    assert BudgetEntry.objects.filter(currency="calls").count() == 1
    enqueue("tests.noop", {"n": 2})
    assert [row["kind"] for row in hand.claim()] == ["tests.noop"]


def claim_often(hand: Hand) -> list[list[dict[str, Any]]]:
    return [hand.claim(3) for _ in range(10)]


@pytest.mark.django_db(transaction=True)
def test_two_lanes_claimed_in_either_order_at_once_meet_no_deadlock(lane: Provider) -> None:
    other = Provider.objects.create(key="aaa", label="A", clock=timezone.now().timestamp())
    enqueue_many("tests.call", [NewJob({"n": n}) for n in range(60)])
    Job.objects.filter(pk__in=list(Job.objects.values_list("pk", flat=True)[:30])).update(provider=other)
    before = execute("count_deadlocks")
    hands = [Hand(workers.register()) for _ in range(4)]
    taken = at_once(*[partial(claim_often, hand) for hand in hands])
    assert not [rows for rows in taken if isinstance(rows, Exception)], taken
    execute("report_statistics")
    assert execute("count_deadlocks") == before
    ids = [row["id"] for claims in taken for rows in claims for row in rows]
    assert len(ids) == len(set(ids))
