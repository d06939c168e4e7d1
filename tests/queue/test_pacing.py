"""The interval between a lane's calls, and estimates corrected by what answers took."""

import time
from collections import Counter
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any
from unittest.mock import ANY

import pytest
from django.db.models.functions import Now
from django.utils import timezone

from queueproject.queue import budgets, claim, grants, operations, why
from queueproject.queue.drain import Drain
from queueproject.queue.enqueue import NewJob, enqueue, enqueue_many
from queueproject.queue.models import Budget, BudgetEntry, Job, Ledger, Provider, ProviderEvent, TokenRatio
from queueproject.queue.outcomes import Complete, NotPermitted, Transient
from tests.queue.conftest import Hand, states
from tests.queue.kinds import LANE, Acts
from tests.queue.test_budgets import Purse, booked
from tests.queue.test_drain import drain

pytestmark = pytest.mark.django_db


def pace(lane: Provider, seconds: float) -> None:
    operations.change_provider(
        lane.key, max_in_flight=10, max_concurrent_workers=None, min_interval_seconds=seconds, actor="ada"
    )


class TestInterval:
    def test_calls_get_starts_that_far_apart_whoever_asks(self, hand: Hand, lane: Provider) -> None:
        pace(lane, 10)
        enqueue_many("tests.call", [NewJob({"n": n}) for n in range(3)])
        waits: list[float] = []
        for _ in range(3):
            Provider.objects.update(
                next_call_at=None if not waits else Provider.objects.get(pk=LANE).next_call_at
            )
            row = claim_now(hand, lane)
            lease = budgets.Lease(lane.key, row["lease_token"], [row["id"]], hand.worker.pk)
            waits.append(budgets.take_leave(Counter(), lease, calls=1, tokens=0).wait_seconds)
        assert waits == pytest.approx([0, 10, 20], abs=2)

    def test_a_claim_takes_no_more_than_the_interval_lets_start_soon(
        self, hand: Hand, lane: Provider
    ) -> None:
        enqueue_many("tests.call", [NewJob({"n": n}) for n in range(9)])
        pace(lane, 0.1)
        assert len(hand.claim()) == 5
        assert hand.claim() == []

    def test_a_claim_comes_again_when_the_next_call_may_start(self, hand: Hand, lane: Provider) -> None:
        enqueue_many("tests.call", [NewJob({"n": n}) for n in range(2)])
        pace(lane, 30)
        row = hand.claim()[0]
        lease = budgets.Lease(lane.key, row["lease_token"], [row["id"]], hand.worker.pk)
        budgets.take_leave(Counter(), lease, calls=1, tokens=0)
        found = claim.claim(worker_id=hand.worker.pk, capacity=lambda _: 10)
        assert found.groups == []
        assert found.frees_at is not None
        assert 25 < (found.frees_at - timezone.now()).total_seconds() < 30
        reason = why.why_waiting(Job.objects.get(state="pending"))
        assert reason is not None
        assert (reason.code, reason.sentence) == ("interval", ANY)
        assert "lets one call start every 30 s" in reason.sentence

    def test_a_kind_that_makes_two_calls_is_not_refused_for_the_interval(
        self, hand: Hand, lane: Provider
    ) -> None:
        pace(lane, 5)
        enqueue("tests.call", {})
        Job.objects.update(calls=2)
        assert len(hand.claim()) == 1

    def test_a_lane_lays_its_work_out_by_the_interval(self, lane: Provider) -> None:
        pace(lane, 7)
        assert grants.step_seconds(claim.budget_uses([LANE])[LANE]) == pytest.approx(7)

    @pytest.mark.django_db(transaction=True)
    def test_a_drain_keeps_the_interval(self, lane: Provider, act: Acts) -> None:
        started: list[datetime] = []

        def call(job: object) -> Complete:
            receipt = job.permit.spend()  # type: ignore[attr-defined]
            started.append(timezone.now())
            receipt.answered(status=200)
            return Complete()

        act["call"] = call
        pace(lane, 0.2)
        enqueue_many("tests.call", [NewJob({"n": n}) for n in range(6)])
        drain()
        assert states() == {"completed": 6}
        gaps = [(after - before).total_seconds() for before, after in pairwise(started)]
        assert sum(gaps) >= 0.9
        assert min(gaps) > 0.1, "no two at once: waking from its wait may take one a little longer"


def claim_now(hand: Hand, lane: Provider) -> dict[str, Any]:
    """Claim one job as if the interval had let it: what is claimed early waits for its start."""
    moment = Provider.objects.get(pk=lane.key).next_call_at
    Provider.objects.update(next_call_at=None)
    row = hand.claim(1)[0]
    Provider.objects.update(next_call_at=moment)
    return row


class TestEstimates:
    @pytest.fixture(autouse=True)
    def tokens(self, lane: Provider) -> None:
        lane.budgets.all().delete()
        Budget.objects.create(provider=lane, currency="tokens", limit=10_000)

    def answer(self, hand: Hand, lane: Provider, *, estimated: int, actual: int) -> None:
        enqueue("tests.call", {}, estimated_tokens=estimated)
        purse = Purse(hand, lane)
        purse.lease = budgets.Lease(
            lane.key,
            purse.row["lease_token"],
            [purse.row["id"]],
            hand.worker.pk,
            kind="tests.call",
            estimated_tokens=estimated,
        )
        purse.answer(purse.spend(), tokens=actual)
        budgets.write_ledger(purse.book)

    def reserved(self) -> int:
        return BudgetEntry.objects.filter(currency="tokens", spent_at=None).latest("id").amount

    @pytest.mark.parametrize(("estimated", "actual", "next_estimate", "reserved"), [
        (100, 300, 200, 600),
        (300, 90, 200, 60),
        (100, 100, 200, 200),
        (1, 500, 20, 200),
    ])  # fmt: skip
    def test_the_first_answer_corrects_what_is_reserved_next(
        self, hand: Hand, lane: Provider, estimated: int, actual: int, next_estimate: int, reserved: int
    ) -> None:
        self.answer(hand, lane, estimated=estimated, actual=actual)
        enqueue("tests.call", {}, estimated_tokens=next_estimate)
        hand.claim()
        assert self.reserved() == reserved

    def test_the_last_answers_count_most(self, hand: Hand, lane: Provider) -> None:
        self.answer(hand, lane, estimated=100, actual=100)
        for _ in range(30):
            self.answer(hand, lane, estimated=100, actual=50)
        assert TokenRatio.objects.get().actual / TokenRatio.objects.get().estimated == pytest.approx(
            0.5, abs=0.05
        )

    def test_a_correction_never_makes_a_job_too_large_for_its_budget(
        self, hand: Hand, lane: Provider
    ) -> None:
        self.answer(hand, lane, estimated=100, actual=500)
        BudgetEntry.objects.all().delete()
        enqueue("tests.call", {}, estimated_tokens=9_000)
        assert len(hand.claim()) == 1
        assert self.reserved() == 10_000

    def test_the_time_line_tells_of_a_notable_correction_once(self, hand: Hand, lane: Provider) -> None:
        for _ in range(3):
            self.answer(hand, lane, estimated=100, actual=310)
        told = ProviderEvent.objects.filter(verb="estimates corrected")
        assert [event.detail for event in told] == [
            "tests.call takes 3.10 times the tokens it is estimated at"
        ]

    def test_small_differences_are_not_told(self, hand: Hand, lane: Provider) -> None:
        self.answer(hand, lane, estimated=100, actual=110)
        assert not ProviderEvent.objects.filter(verb="estimates corrected").exists()


class TestCalendarEdges:
    @pytest.fixture(autouse=True)
    def day(self, lane: Provider) -> Budget:
        lane.budgets.all().delete()
        return Budget.objects.create(
            provider=lane, currency="calls", window_seconds=86400, kind="calendar", zone="UTC", limit=2
        )

    def spend_yesterday(self, hand: Hand, lane: Provider) -> tuple[Purse, list[dict[str, object]]]:
        """Spend a call and let the day end before its answer."""
        enqueue("tests.call", {})
        purse = Purse(hand, lane)
        entries = purse.spend()
        budgets.write_ledger(purse.book)
        purse.book.clear()
        day = timedelta(days=1)
        BudgetEntry.objects.update(spent_at=timezone.now() - day)
        started = lane.budgets.get().window_started_at
        assert started is not None
        lane.budgets.update(window_started_at=started - day)
        return purse, entries

    def used_today(self, lane: Provider) -> int:
        return next(
            use.used for use in claim.budget_uses([lane.key])[lane.key] if use.window_seconds == 86400
        )

    def test_a_call_under_way_at_midnight_counts_in_both_days(self, hand: Hand, lane: Provider) -> None:
        purse, entries = self.spend_yesterday(hand, lane)
        assert self.used_today(lane) == 1
        purse.answer(entries)
        budgets.write_ledger(purse.book)
        assert self.used_today(lane) == 1

    def test_a_call_given_up_after_midnight_counts_in_both_days(self, hand: Hand, lane: Provider) -> None:
        purse, _ = self.spend_yesterday(hand, lane)
        budgets.close_leases([purse.lease.token])
        assert self.used_today(lane) == 1

    def test_what_was_answered_before_midnight_counts_in_its_own_day_only(
        self, hand: Hand, lane: Provider
    ) -> None:
        purse, entries = self.spend_yesterday(hand, lane)
        BudgetEntry.objects.update(answered_at=timezone.now() - timedelta(hours=23))
        purse.answer(entries)
        assert self.used_today(lane) == 0

    def test_a_reservation_of_yesterday_is_spent_today(self, hand: Hand, lane: Provider) -> None:
        enqueue("tests.call", {})
        purse = Purse(hand, lane)
        BudgetEntry.objects.update(reserved_at=timezone.now() - timedelta(days=1))
        purse.spend()
        budgets.write_ledger(purse.book)
        assert self.used_today(lane) == 1


@pytest.mark.django_db(transaction=True)
def test_a_kind_that_makes_more_calls_than_it_reserves_fails_naming_it(lane: Provider, act: Acts) -> None:
    def call(job: object) -> Complete:
        job.permit.spend().answered(status=200)  # type: ignore[attr-defined]
        job.permit.spend().answered(status=200)  # type: ignore[attr-defined]
        return Complete()

    act["call"] = call
    lane.budgets.filter(currency="calls").update(limit=1)
    enqueue("tests.call", {}, max_attempts=1)
    drain()
    job = Job.objects.get()
    assert job.state == "failed"
    assert "tests.call makes more calls than it reserves (1)" in job.last_error


@pytest.mark.django_db(transaction=True)
def test_a_call_that_failed_and_cannot_be_tried_again_says_what_it_came_to(lane: Provider, act: Acts) -> None:
    def call(job: object) -> Complete:
        job.permit.spend().answered(status=503)  # type: ignore[attr-defined]
        job.permit.spend().answered(status=200)  # type: ignore[attr-defined]
        return Complete()

    act["call"] = call
    lane.budgets.filter(currency="calls").update(limit=1)
    enqueue("tests.call", {}, max_attempts=1)
    drain()
    assert "its call was answered 503, and the budget is used up" in Job.objects.get().last_error


def test_nothing_else_is_asked_of_a_refusal(hand: Hand, lane: Provider) -> None:
    lane.budgets.filter(currency="calls").update(limit=1)
    enqueue("tests.call", {})
    purse = Purse(hand, lane)
    purse.answer(purse.spend())
    with pytest.raises(NotPermitted) as refusal:
        purse.spend()
    assert refusal.value.used_up


@pytest.mark.parametrize("off_seconds", [-120, 120])
@pytest.mark.django_db(transaction=True)
def test_a_drain_whose_clock_is_off_wakes_when_the_budget_frees(
    lane: Provider, monkeypatch: pytest.MonkeyPatch, off_seconds: int
) -> None:
    lane.budgets.filter(currency="calls").update(limit=1, window_seconds=3600)
    enqueue_many("tests.call", [NewJob({"n": n}) for n in range(2)])
    true_now = timezone.now
    monkeypatch.setattr(timezone, "now", lambda: true_now() + timedelta(seconds=off_seconds))
    worked = Drain(linger_seconds=0)
    try:
        first = claim.claim(worker_id=worked.worker.pk, capacity=lambda _: 1)
        lease = budgets.Lease(
            lane.key, first.groups[0][0]["lease_token"], [first.groups[0][0]["id"]], worked.worker.pk
        )
        entries = budgets.take_leave(Counter(), lease, calls=1, tokens=0).entries
        budgets.answer(Counter(), lease, entries=entries, tokens=None, status=200)
        BudgetEntry.objects.update(answered_at=Now() - timedelta(seconds=3598.5))
        asked = time.monotonic()
        found = claim.claim(worker_id=worked.worker.pk, capacity=lambda _: 1)
        worked._plan_next_claim(found, asked=asked)
        assert 0.12 < worked.next_claim - time.monotonic() < 1.6
    finally:
        worked.listener.close()
        worked.bell.close()
        worked.ringer.close()


def test_a_call_that_never_came_to_the_provider_is_taken_back_once(hand: Hand, lane: Provider) -> None:
    day = Budget.objects.create(provider=lane, limit=9, window_seconds=86400, kind="calendar", zone="UTC")
    enqueue("tests.call", {})
    purse = Purse(hand, lane)
    entries = purse.spend()
    for _ in range(2):
        budgets.give_back(purse.book, purse.lease, entries=entries)
    budgets.write_ledger(purse.book)
    day.refresh_from_db()
    assert day.used == 0
    assert not BudgetEntry.objects.exists()
    assert booked(purse.book) == 0


@pytest.mark.django_db(transaction=True)
def test_a_refused_connection_costs_nothing_and_its_cause_is_shown(lane: Provider, act: Acts) -> None:
    def call(job: object) -> Complete:
        job.permit.spend().answered(reached=False)  # type: ignore[attr-defined]
        raise Transient("the connection was refused")

    act["call"] = call
    enqueue("tests.call", {}, max_attempts=1)
    drain()
    assert Job.objects.get().last_error == "the connection was refused"
    assert not BudgetEntry.objects.exists()
    assert Ledger.objects.get(currency="calls").spent == 0
