"""Claim: only open lanes, within every budget, in rank order, under tokens that never come twice."""

from datetime import timedelta

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from queueproject.queue import batches, claim, conf, operations, providers
from queueproject.queue.enqueue import NewJob, enqueue, enqueue_many
from queueproject.queue.models import BudgetEntry, Job, Provider, Setting, Worker
from queueproject.queue.outcomes import Complete
from queueproject.queue.settle import Release
from tests.queue.conftest import Hand, states

pytestmark = pytest.mark.django_db


def numbers(rows: list[dict[str, object]]) -> list[int]:
    jobs = Job.objects.in_bulk([row["id"] for row in rows])
    return [jobs[row["id"]].payload["n"] for row in rows]


def test_jobs_are_claimed_in_rank_order_and_count_an_attempt(hand: Hand) -> None:
    enqueue_many("tests.noop", [NewJob({"n": n}) for n in range(5)])
    rows = hand.claim(3)
    assert numbers(rows) == [0, 1, 2]
    assert states() == {"processing": 3, "pending": 2}
    assert set(Job.objects.filter(state="processing").values_list("attempts", flat=True)) == {1}
    assert len({row["lease_token"] for row in rows}) == 3


def test_a_higher_priority_enqueued_within_its_head_start_goes_first(hand: Hand) -> None:
    enqueue("tests.noop", {"n": 1}, priority=100)
    enqueue("tests.noop", {"n": 2}, priority=200)
    assert numbers(hand.claim()) == [2, 1]


def test_a_worker_declared_dead_claims_nothing(hand: Hand) -> None:
    enqueue("tests.noop", {})
    Worker.objects.update(status="stopped", stopped_at=timezone.now())
    assert hand.claim() == []
    assert states() == {"pending": 1}


def test_a_claim_never_passes_the_budget_nor_the_calls_in_flight(hand: Hand, lane: Provider) -> None:
    lane.budgets.filter(currency="calls").update(limit=7)
    enqueue_many("tests.call", [NewJob({"n": n}) for n in range(30)])
    assert len(hand.claim()) == 7
    assert hand.claim() == []
    lane.budgets.filter(currency="calls").update(limit=100)
    assert len(hand.claim()) == 3
    assert BudgetEntry.objects.count() == 10


def test_a_group_reserves_one_call_and_shares_one_token(hand: Hand) -> None:
    enqueue_many("tests.grouped", [NewJob({"n": n, "group": "a"}) for n in range(12)])
    rows = hand.claim()
    assert len(rows) == 12
    assert len({row["lease_token"] for row in rows}) == 3
    assert BudgetEntry.objects.filter(currency="calls").count() == 3


def test_a_group_cut_by_the_claims_limit_waits_for_its_rest(hand: Hand) -> None:
    enqueue_many("tests.grouped", [NewJob({"n": n, "group": str(n // 8)}) for n in range(24)])
    sizes = []
    while rows := hand.claim(2):
        tokens = [row["lease_token"] for row in rows]
        sizes += [tokens.count(token) for token in dict.fromkeys(tokens)]
        hand.settle(rows, Complete())
    assert sizes == [5, 3, 5, 3, 5, 3]


def test_token_estimates_are_granted_in_strict_order(hand: Hand, lane: Provider) -> None:
    lane.budgets.filter(currency="tokens").update(limit=1000)
    for n, tokens in enumerate((400, 700, 100)):
        enqueue("tests.call", {"n": n}, estimated_tokens=tokens)
    assert numbers(hand.claim()) == [0]
    assert hand.claim() == []


def test_an_estimate_above_a_limit_lowered_since_fails_that_job_and_names_both(
    hand: Hand, lane: Provider
) -> None:
    enqueue("tests.call", {"n": 1}, estimated_tokens=5000)
    enqueue("tests.call", {"n": 2}, estimated_tokens=10)
    lane.budgets.filter(currency="tokens").update(limit=1000)
    assert numbers(hand.claim()) == [2]
    assert "5000" in Job.objects.get(state="failed").last_error
    assert "1000" in Job.objects.get(state="failed").last_error


def test_released_reservations_come_back(hand: Hand, lane: Provider) -> None:
    lane.budgets.filter(currency="calls").update(limit=5)
    enqueue_many("tests.call", [NewJob({"n": n}) for n in range(5)])
    rows = hand.claim()
    assert hand.claim() == []
    hand.settle(rows, Release("stopping"))
    assert not BudgetEntry.objects.exists()
    assert set(Job.objects.values_list("state", "attempts")) == {("pending", 0)}
    assert len(hand.claim()) == 5


@pytest.mark.parametrize("closed", ["paused", "blocked", "disabled"])
def test_a_closed_lane_is_not_looked_at_and_the_others_go_on(hand: Hand, lane: Provider, closed: str) -> None:
    enqueue("tests.call", {"n": 1})
    enqueue("tests.noop", {"n": 2})
    if closed == "paused":
        operations.pause_provider(lane.key, actor="ada", reason="maintenance")
    elif closed == "blocked":
        providers.block(lane.key, retry_after_seconds=60)
    else:
        operations.change_setting("queue_enabled", False, provider=lane.key, actor="ada")
    assert numbers(hand.claim()) == [2]


def test_after_a_block_one_call_goes_first(hand: Hand, lane: Provider) -> None:
    enqueue_many("tests.call", [NewJob({"n": n}) for n in range(9)])
    providers.block(lane.key, retry_after_seconds=60)
    operations.unblock_provider(lane.key, actor="ada")
    assert len(hand.claim()) == 1
    assert hand.claim() == []


def test_jobs_of_a_paused_batch_step_aside_and_come_back(hand: Hand) -> None:
    with batches.start_batch(kind="t", label="t") as batch:
        enqueue_many("tests.noop", [NewJob({"n": n}) for n in range(4)], batch=batch)
    enqueue("tests.noop", {"n": 9})
    type(batch).objects.update(paused=True)
    assert numbers(hand.claim()) == [9]
    assert set(Job.objects.filter(batch=batch).values_list("held", flat=True)) == {"paused"}
    operations.resume_batch(batch.pk, actor="ada")
    assert numbers(hand.claim()) == [0, 1, 2, 3]


def test_a_batch_limited_in_flight_lets_out_only_so_many(hand: Hand) -> None:
    with batches.start_batch(kind="t", label="t", max_in_flight=2) as batch:
        enqueue_many("tests.noop", [NewJob({"n": n}) for n in range(5)], batch=batch)
    order: list[int] = []
    while rows := hand.claim():
        assert len(rows) <= 2
        order += numbers(rows)
        hand.settle(rows[:1], Complete())
        hand.settle(rows[1:], Complete())
    assert order == [0, 1, 2, 3, 4]


def test_what_falls_due_is_promoted_and_ranked(hand: Hand) -> None:
    enqueue("tests.noop", {"n": 1}, due_at=timezone.now() + timedelta(hours=1))
    assert hand.claim() == []
    assert Job.objects.get().state == "scheduled"
    Job.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    assert numbers(hand.claim()) == [1]


def test_a_lane_is_passed_over_while_enough_other_workers_hold_it(
    hand: Hand, other_hand: Hand, lane: Provider
) -> None:
    Provider.objects.filter(pk=lane.pk).update(max_concurrent_workers=1)
    enqueue_many("tests.call", [NewJob({"n": n}) for n in range(6)])
    assert len(hand.claim(2)) == 2
    assert other_hand.claim() == []
    assert len(hand.claim(2)) == 2


def test_the_lanes_clock_follows_what_was_taken_while_it_lags_and_now_when_it_keeps_up(
    hand: Hand, lane: Provider
) -> None:
    start = lane.clock - 1000
    Provider.objects.filter(pk=lane.pk).update(clock=start)
    enqueue_many("tests.call", [NewJob({"n": n}) for n in range(20)])
    rows = hand.claim(5)
    lane.refresh_from_db()
    assert lane.clock == pytest.approx(start + 5 * 0.6)
    hand.settle(rows, Complete())
    hand.settle(hand.claim(10), Complete())
    hand.settle(hand.claim(10), Complete())
    lane.refresh_from_db()
    assert lane.clock == pytest.approx(timezone.now().timestamp(), abs=5)


def test_a_low_water_mark_hides_nothing_for_longer_than_an_unbounded_look(hand: Hand) -> None:
    enqueue_many("tests.noop", [NewJob({"n": n}) for n in range(3)])
    found = claim.claim(worker_id=hand.worker.pk, capacity=lambda _: 2)
    mark = found.marks["local"]
    enqueue("tests.noop", {"n": 99}, priority=200)
    bounded = claim.claim(worker_id=hand.worker.pk, capacity=lambda _: 10, marks={"local": mark})
    assert [row["id"] for group in bounded.groups for row in group] == [
        Job.objects.get(payload__n=2).pk,
    ]
    assert numbers(hand.claim()) == [99]


def test_settings_are_read_with_every_claim(hand: Hand) -> None:
    enqueue("tests.noop", {})
    Setting.objects.create(key="queue_enabled", value=False)
    assert conf.get("queue_enabled") is False
    assert hand.claim() == []
    Setting.objects.all().delete()
    assert len(hand.claim()) == 1


def test_a_job_above_what_a_cut_rate_allows_runs_when_nothing_else_does(hand: Hand, lane: Provider) -> None:
    lane.budgets.filter(currency="tokens").update(limit=1000)
    enqueue_many("tests.call", [NewJob({"n": n}, estimated_tokens=600) for n in range(2)])
    Provider.objects.filter(pk=lane.pk).update(rate_factor=0.1)
    assert len(hand.claim()) == 1
    assert hand.claim() == []


def test_a_job_that_needs_more_calls_than_its_budget_allows_fails_naming_both(
    hand: Hand, lane: Provider
) -> None:
    enqueue_many("tests.call", [NewJob({"n": n}) for n in range(2)])
    first = Job.objects.order_by("id")[0]
    Job.objects.filter(pk=first.pk).update(calls=200)
    assert len(hand.claim()) == 1
    first.refresh_from_db()
    assert (first.state, first.last_error[:41]) == ("failed", "needs 200 calls, the budget allows 100: r")


def take_heard(worker: Worker) -> claim.Claim | None:
    return claim.take_heard(worker_id=worker.pk, capacity=3, first=2, mark=None, overrides={})


def test_local_work_that_was_heard_of_is_taken_and_named_in_one_statement(
    worker: Worker, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    ids = enqueue_many("tests.noop", [NewJob({"n": n}) for n in range(4)]).ids
    with django_assert_num_queries(1):
        found = take_heard(worker)
    assert found
    assert [row["id"] for group in found.groups for row in group] == ids[:3]
    assert found.more == {"local"}
    worker.refresh_from_db()
    assert worker.started_job_ids == found.named == ids[:2]


@pytest.mark.parametrize("obstacle", ["dead", "paused", "blocked", "a paused batch", "a switch", "no work"])
def test_local_work_that_was_heard_of_waits_for_a_look_around_where_something_may_stand_in_its_way(
    worker: Worker, obstacle: str
) -> None:
    if obstacle != "no work":
        enqueue("tests.noop", {})
    if obstacle == "dead":
        Worker.objects.update(status="stopped", stopped_at=timezone.now())
    elif obstacle == "paused":
        operations.pause_provider("local", actor="ada", reason="maintenance")
    elif obstacle == "blocked":
        Provider.objects.filter(key="local").update(blocked_until=timezone.now() + timedelta(minutes=1))
    elif obstacle == "a paused batch":
        with batches.start_batch(kind="t", label="t") as batch:
            enqueue("tests.noop", {"n": 9}, batch=batch)
        type(batch).objects.update(paused=True)
    elif obstacle == "a switch":
        operations.change_setting("queue_enabled", False, provider="local", actor="ada")
    assert take_heard(worker) is None
    assert set(states()) <= {"pending"}
