"""Calls outside jobs: they count in the same budgets, at the moment they are made."""

import re
import time
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, transaction
from django.utils import timezone

from queueproject.queue import budgets, operations, outside, providers, retention
from queueproject.queue.enqueue import NewJob, enqueue_many
from queueproject.queue.models import Budget, BudgetEntry, Job, Ledger, Provider
from queueproject.queue.outcomes import NotPermitted
from queueproject.queue.outside import permit_outside_jobs
from tests.queue.conftest import Hand
from tests.queue.test_budgets import in_use
from tests.queue.threads import at_once

pytestmark = pytest.mark.django_db


@pytest.fixture
def few(lane: Provider) -> Provider:
    """Let a lane through three calls a minute."""
    Budget.objects.filter(provider=lane, currency="calls").update(limit=3)
    return lane


def test_a_call_outside_jobs_counts_until_its_answer_is_a_window_old_and_is_booked(few: Provider) -> None:
    permit = permit_outside_jobs(few.key)
    receipt = permit.spend(tokens=50)
    assert (in_use(few), Ledger.objects.get(currency="calls").spent) == (1, 1)
    receipt.answered(tokens=80, status=200)
    assert BudgetEntry.objects.get(currency="tokens").amount == 80
    assert Ledger.objects.get(currency="tokens").spent == 80
    assert permit.stats.calls == 1
    BudgetEntry.objects.update(answered_at=timezone.now() - timedelta(seconds=61))
    assert in_use(few) == 0


def test_jobs_and_calls_outside_share_one_budget_and_a_used_up_one_refuses_with_the_time(
    few: Provider, hand: Hand
) -> None:
    enqueue_many("tests.call", [NewJob({"n": n}) for n in range(2)])
    assert len(hand.claim()) == 2
    permit = permit_outside_jobs(few.key)
    permit.spend().answered(status=200)
    with pytest.raises(NotPermitted, match="used up") as refused:
        permit.spend()
    assert refused.value.until is not None
    enqueue_many("tests.call", [NewJob({"n": 3})])
    assert hand.claim() == []


def test_a_call_outside_jobs_takes_a_place_among_the_calls_in_flight(lane: Provider, hand: Hand) -> None:
    Provider.objects.filter(pk=lane.pk).update(max_in_flight=2)
    enqueue_many("tests.call", [NewJob({"n": n}) for n in range(3)])
    receipt = permit_outside_jobs(lane.key).spend()
    assert len(hand.claim()) == 1
    with pytest.raises(NotPermitted, match="under way"):
        permit_outside_jobs(lane.key).spend()
    receipt.answered(status=200)
    assert len(hand.claim()) == 1


def test_a_lane_being_probed_takes_one_call_from_wherever(lane: Provider) -> None:
    Provider.objects.filter(pk=lane.pk).update(probing=True)
    permit_outside_jobs(lane.key).spend()
    with pytest.raises(NotPermitted, match="under way"):
        permit_outside_jobs(lane.key).spend()


def test_a_closed_lane_refuses_and_a_429_outside_jobs_closes_it_for_all(lane: Provider) -> None:
    first, second = permit_outside_jobs(lane.key), permit_outside_jobs(lane.key)
    first.spend().answered(status=429)
    with pytest.raises(NotPermitted, match="blocked"):
        second.spend()
    operations.unblock_provider(lane.key, actor="ada")
    operations.pause_provider(lane.key, actor="ada", reason="the key is wrong")
    with pytest.raises(NotPermitted, match=re.escape("the key is wrong")):
        second.spend()


def test_a_call_that_never_left_costs_nothing(few: Provider) -> None:
    permit_outside_jobs(few.key).spend().answered(reached=False)
    assert in_use(few) == 0
    assert Ledger.objects.get(currency="calls").spent == 0


def test_what_a_dead_process_spent_outside_jobs_is_closed_once_no_call_lasts_that_long(few: Provider) -> None:
    permit_outside_jobs(few.key).spend()
    BudgetEntry.objects.update(reserved_at=timezone.now() - timedelta(minutes=4))
    assert retention.sweep_reservations() == 0
    BudgetEntry.objects.update(reserved_at=timezone.now() - timedelta(minutes=6))
    assert retention.sweep_reservations() == 1
    assert (in_use(few), BudgetEntry.objects.get().answered_at is not None) == (1, True)


def test_a_paced_lane_has_calls_outside_wait_for_their_start(lane: Provider) -> None:
    Provider.objects.filter(pk=lane.pk).update(min_interval_seconds=0.2)
    began = time.monotonic()
    for _ in range(3):
        permit_outside_jobs(lane.key).spend()
    assert time.monotonic() - began >= 0.4


def test_a_lane_shut_while_a_call_outside_waited_for_its_start_gets_the_spend_back(
    lane: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    permit = permit_outside_jobs(lane.key)
    take_leave = budgets.take_leave

    def take_slowly(*args: Any, **kwargs: Any) -> budgets.Leave:
        return budgets.Leave(take_leave(*args, **kwargs).entries, wait_seconds=0.05)

    def block(seconds: float) -> bool:
        providers.block(lane.key, retry_after_seconds=30)
        return False

    monkeypatch.setattr(budgets, "take_leave", take_slowly)
    monkeypatch.setattr(permit.fenced, "wait", block)
    monkeypatch.setattr(budgets, "FRESH_SECONDS", 0)
    with pytest.raises(NotPermitted, match="blocked"):
        permit.spend()
    assert in_use(lane) == 0


def test_an_answer_that_cannot_be_written_is_left_to_the_sweep(
    lane: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    def lose(_: budgets.Book) -> None:
        raise OperationalError("the server is away")

    outside.Teller().settle_up(lose, lane=lane.key)


@pytest.mark.django_db(transaction=True)
def test_no_call_is_made_under_an_open_transaction(lane: Provider) -> None:
    permit = permit_outside_jobs(lane.key)
    with transaction.atomic(), pytest.raises(RuntimeError, match="durable"):
        permit.spend()
    assert not BudgetEntry.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_many_at_once_outside_jobs_take_no_more_than_there_is(few: Provider) -> None:
    def call() -> bool:
        try:
            permit_outside_jobs(few.key).spend().answered(status=200)
        except NotPermitted:
            return False
        return True

    assert sorted(at_once(*[call] * 8)) == [False] * 5 + [True] * 3
    assert not Job.objects.exists()
