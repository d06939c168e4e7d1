"""The book of spends: each way in which a call that was booked is not made, and what the book says then."""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest
from django.db import OperationalError, transaction
from django.utils import timezone

from queueproject.queue import budgets, providers, rescue
from queueproject.queue.enqueue import enqueue
from queueproject.queue.models import BudgetEntry, Ledger, Provider, Worker
from queueproject.queue.outcomes import NotPermitted
from tests.queue.clock import Clock
from tests.queue.conftest import Hand
from tests.queue.kinds import LANE
from tests.queue.test_budgets import Purse

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def spender() -> Iterator[budgets.Spender]:
    found = budgets.Spender()
    found.start()
    yield found
    found.stop()


@pytest.fixture
def permit(hand: Hand, lane: Provider, spender: budgets.Spender) -> budgets.LeasePermit:
    enqueue("tests.call", {})
    row = hand.claim()[0]
    lease = budgets.Lease(LANE, row["lease_token"], [row["id"]], hand.worker.pk)
    return budgets.LeasePermit(spender, lease)


def pages(currency: str = "calls") -> dict[int, int]:
    """Return what is booked as spent, by the hour of the day."""
    rows = Ledger.objects.filter(currency=currency).values_list("hour", "spent")
    return {hour.astimezone(UTC).hour: spent for hour, spent in rows}


def booked(permit: budgets.LeasePermit) -> int:
    """Return how many calls are booked once all that was asked of the spender is done."""
    permit.spender.serve(budgets.Request(lambda _: None))
    return sum(pages().values())


def spent() -> int:
    return BudgetEntry.objects.exclude(spent_at=None).count()


def test_a_call_that_was_answered_is_booked(permit: budgets.LeasePermit) -> None:
    permit.spend().answered(status=503)
    assert booked(permit) == 1


def test_a_call_whose_worker_was_killed_before_its_answer_stays_booked(permit: budgets.LeasePermit) -> None:
    permit.spend()
    Worker.objects.update(heartbeat_at=timezone.now() - timedelta(minutes=5))
    rescue.rescue_dead()
    assert booked(permit) == 1
    assert BudgetEntry.objects.get().answered_at is not None


def test_a_call_that_never_left_is_taken_off(permit: budgets.LeasePermit) -> None:
    permit.spend().answered(reached=False)
    assert (booked(permit), spent()) == (0, 0)


def test_a_lease_given_up_while_its_call_waited_for_its_start_is_taken_off(
    permit: budgets.LeasePermit, lane: Provider
) -> None:
    Provider.objects.filter(pk=LANE).update(
        min_interval_seconds=3600, next_call_at=timezone.now() + timedelta(hours=1)
    )
    refused: list[NotPermitted] = []

    def call() -> None:
        try:
            permit.spend()
        except NotPermitted as refusal:
            refused.append(refusal)

    thread = threading.Thread(target=call)
    thread.start()
    until = time.monotonic() + 30
    while not spent() and time.monotonic() < until:
        time.sleep(0.01)
    assert sum(pages().values()) == 1
    permit.fenced.set()
    thread.join(30)
    assert refused
    assert refused[0].lease_lost
    assert (booked(permit), spent()) == (0, 0)


def test_a_call_slow_to_start_whose_lane_was_shut_meanwhile_is_taken_off(
    permit: budgets.LeasePermit, monkeypatch: pytest.MonkeyPatch
) -> None:
    true_confirm = budgets.confirm

    def confirm(lease: budgets.Lease) -> None:
        providers.block(LANE, retry_after_seconds=30)
        true_confirm(lease)

    monkeypatch.setattr(budgets, "FRESH_SECONDS", -1.0)
    monkeypatch.setattr(budgets, "confirm", confirm)
    with pytest.raises(NotPermitted, match="blocked"):
        permit.spend()
    assert (booked(permit), spent()) == (0, 0)


@pytest.mark.parametrize("is_written", [True, False])
def test_a_spend_whose_commit_was_not_answered_is_taken_off_if_it_was_written(
    permit: budgets.LeasePermit, monkeypatch: pytest.MonkeyPatch, is_written: bool
) -> None:
    faults = iter([OperationalError("the connection was lost")])

    @contextmanager
    def atomic() -> Iterator[None]:
        fault = next(faults, None)
        with transaction.atomic():
            yield
            if fault and not is_written:
                raise fault
        if fault:
            raise fault

    monkeypatch.setattr(budgets, "transaction", SimpleNamespace(atomic=atomic))
    with pytest.raises(budgets.Unwritten):
        permit.spend()
    assert (booked(permit), spent()) == (0, 0)
    # What was not written is still reserved, and comes back with its lease.
    assert BudgetEntry.objects.count() == (0 if is_written else 1)


def test_a_spend_written_after_its_thread_had_given_up_waiting_is_taken_off(
    permit: budgets.LeasePermit, monkeypatch: pytest.MonkeyPatch
) -> None:
    free = threading.Event()
    stuck = budgets.Request(lambda _: free.wait(30))
    threading.Thread(target=permit.spender.serve, args=(stuck,)).start()
    monkeypatch.setattr(budgets, "ANSWER_WITHIN_SECONDS", 0.1)
    with pytest.raises(budgets.Unwritten):
        permit.spend()
    monkeypatch.setattr(budgets, "ANSWER_WITHIN_SECONDS", 30.0)
    free.set()
    assert (booked(permit), spent()) == (0, 0)


class TestHours:
    HOUR = datetime(2025, 6, 1, 14, tzinfo=UTC)

    @pytest.fixture
    def clock(self, monkeypatch: pytest.MonkeyPatch) -> Clock:
        return Clock(monkeypatch)

    @pytest.fixture
    def purse(self, hand: Hand, lane: Provider, clock: Clock) -> Purse:
        """Spend a call of 500 tokens in the last second of an hour, in which another call was made."""
        lane.budgets.filter(currency="tokens").update(limit=10_000)
        clock.at = self.HOUR - timedelta(seconds=1)
        for _ in range(2):
            enqueue("tests.call", {}, estimated_tokens=500)
        other = Purse(hand, lane)
        other.answer(other.spend(tokens=500), tokens=500)
        budgets.write_ledger(other.book)
        return Purse(hand, lane)

    @pytest.mark.parametrize(
        ("end", "calls", "tokens"),
        [
            (lambda purse, entries: purse.answer(entries, tokens=100), {13: 2}, {13: 600}),
            (lambda purse, entries: purse.answer(entries, tokens=900), {13: 2}, {13: 1400}),
            (
                lambda purse, entries: budgets.give_back(purse.book, purse.lease, entries=entries),
                {13: 1},
                {13: 500},
            ),
        ],
        ids=["cheaper", "dearer", "never left"],
    )
    def test_what_an_answer_corrects_is_corrected_in_the_hour_of_its_call(
        self,
        purse: Purse,
        clock: Clock,
        end: Callable[[Purse, list[Any]], None],
        calls: dict[int, int],
        tokens: dict[int, int],
    ) -> None:
        entries = purse.spend(tokens=500)
        budgets.write_ledger(purse.book)
        purse.book = Counter()
        clock.at = self.HOUR + timedelta(seconds=1)
        end(purse, entries)
        budgets.write_ledger(purse.book)
        assert (pages(), pages("tokens")) == (calls, tokens)
