"""Spending: under a lease, within every budget, exactly once."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import DataError, IntegrityError, transaction
from django.utils import timezone

from queueproject.queue import budgets, operations, providers, rescue, retention, sql, workers
from queueproject.queue.enqueue import NewJob, enqueue, enqueue_many
from queueproject.queue.models import Budget, BudgetEntry, Job, Ledger, Provider, TokenRatio
from queueproject.queue.outcomes import Complete, NotPermitted, Transient
from tests.queue.conftest import Hand
from tests.queue.threads import at_once, meanwhile

pytestmark = pytest.mark.django_db


def booked(book: budgets.Book, currency: str = "calls") -> int:
    """Return what a book says was spent, over all hours."""
    return sum(amount for (_, what, spent, _), amount in book.items() if (what, spent) == (currency, "spent"))


class Purse:
    """Spends and answers for one claimed job."""

    def __init__(self, hand: Hand, lane: Provider) -> None:
        self.row = hand.claim(1)[0]
        self.lease = budgets.Lease(lane.key, self.row["lease_token"], [self.row["id"]], hand.worker.pk)
        self.book: budgets.Book = Counter()
        self.spent: list[dict[str, Any]] = []

    def spend(self, calls: int = 1, tokens: int = 0) -> list[dict[str, Any]]:
        self.spent = budgets.take_leave(self.book, self.lease, calls=calls, tokens=tokens).entries
        return self.spent

    def answer(self, entries: list[dict[str, Any]], *, tokens: int | None = None, status: int = 200) -> None:
        budgets.answer(self.book, self.lease, entries=entries, tokens=tokens, status=status)


def in_use(lane: Provider, currency: str = "calls") -> int:
    uses = {row["currency"]: row["used"] for row in sql.rows("sum_budgets", lanes=[lane.key])}
    return int(uses.get(currency, 0))


def test_a_spend_takes_the_reservation_and_counts_once(hand: Hand, lane: Provider) -> None:
    enqueue("tests.call", {})
    purse = Purse(hand, lane)
    assert in_use(lane) == 1
    entries = purse.spend()
    assert (in_use(lane), BudgetEntry.objects.get().spent_at is not None) == (1, True)
    purse.answer(entries)
    assert in_use(lane) == 1


def test_a_call_leaves_its_window_when_its_answer_is_a_window_old(hand: Hand, lane: Provider) -> None:
    enqueue("tests.call", {})
    purse = Purse(hand, lane)
    entries = purse.spend()
    BudgetEntry.objects.update(spent_at=timezone.now() - timedelta(seconds=90))
    assert in_use(lane) == 1
    purse.answer(entries)
    BudgetEntry.objects.update(answered_at=timezone.now() - timedelta(seconds=59))
    assert in_use(lane) == 1
    BudgetEntry.objects.update(answered_at=timezone.now() - timedelta(seconds=61))
    assert in_use(lane) == 0


def test_a_zone_the_database_does_not_know_is_refused_where_it_is_written(lane: Provider) -> None:
    with pytest.raises(DataError, match="Mars/Base"), transaction.atomic():
        lane.budgets.update(zone="Mars/Base")
    with pytest.raises(ValidationError, match="is no time zone"):
        Budget(provider=lane, zone="Mars/Base", limit=1).full_clean()


def test_a_retry_inside_a_call_is_taken_from_the_budget_or_refused_with_the_time(
    hand: Hand, lane: Provider
) -> None:
    lane.budgets.filter(currency="calls").update(limit=2)
    enqueue("tests.call", {})
    purse = Purse(hand, lane)
    purse.answer(purse.spend())
    purse.answer(purse.spend())
    with pytest.raises(NotPermitted, match="used up") as refusal:
        purse.spend()
    assert refusal.value.until is not None
    assert timezone.now() < refusal.value.until < timezone.now() + timedelta(seconds=61)


def test_real_tokens_replace_the_estimate(hand: Hand, lane: Provider) -> None:
    lane.budgets.filter(currency="tokens").update(limit=10_000)
    enqueue("tests.call", {}, estimated_tokens=500)
    purse = Purse(hand, lane)
    assert in_use(lane, "tokens") == 500
    purse.answer(purse.spend(tokens=500), tokens=1800)
    assert in_use(lane, "tokens") == 1800
    budgets.write_ledger(purse.book)
    assert Ledger.objects.get(currency="tokens").spent == 1800


@pytest.mark.parametrize("closed", ["paused", "blocked", "lost"])
def test_no_call_may_start_on_a_closed_lane_or_a_lost_lease(hand: Hand, lane: Provider, closed: str) -> None:
    enqueue("tests.call", {})
    purse = Purse(hand, lane)
    if closed == "paused":
        operations.pause_provider(lane.key, actor="ada", reason="x")
    elif closed == "blocked":
        providers.block(lane.key, retry_after_seconds=30)
    else:
        operations.cancel_jobs([purse.row["id"]], actor="ada")
    with pytest.raises(NotPermitted) as refusal:
        purse.spend()
    assert refusal.value.lease_lost == (closed == "lost")
    assert (refusal.value.until is not None) == (closed == "blocked")


def test_a_calendar_budget_counts_from_its_zones_midnight(hand: Hand, lane: Provider) -> None:
    budget = Budget.objects.create(
        provider=lane, limit=3, window_seconds=86400, kind="calendar", zone="America/Los_Angeles"
    )
    enqueue_many("tests.call", [NewJob({"n": n}) for n in range(4)])
    for _ in range(3):
        purse = Purse(hand, lane)
        purse.answer(purse.spend())
        budgets.write_ledger(purse.book)
        hand.settle([purse.row], Complete())
    assert hand.claim() == []
    budget.refresh_from_db()
    assert budget.used == 3
    Budget.objects.filter(pk=budget.pk).update(window_started_at=timezone.now() - timedelta(days=1, hours=1))
    assert len(hand.claim()) == 1


def test_the_ledger_books_spends_and_refusals_by_the_hour(hand: Hand, lane: Provider) -> None:
    enqueue_many("tests.call", [NewJob({"n": n}) for n in range(2)])
    first, second = Purse(hand, lane), Purse(hand, lane)
    first.answer(first.spend(), status=200)
    second.answer(second.spend(), status=429)
    budgets.write_ledger(first.book + second.book)
    page = Ledger.objects.get(currency="calls")
    assert (page.spent, page.refused, page.allowed) == (2, 1, 6000)


def test_a_429_shuts_the_lane_with_its_answer(hand: Hand, lane: Provider) -> None:
    enqueue_many("tests.call", [NewJob({"n": n}) for n in range(2)])
    first, second = Purse(hand, lane), Purse(hand, lane)
    first.answer(first.spend(), status=429)
    with pytest.raises(NotPermitted, match="blocked"):
        second.spend()


def test_a_call_slow_to_start_is_confirmed_or_its_spend_comes_back(hand: Hand, lane: Provider) -> None:
    enqueue("tests.call", {})
    purse = Purse(hand, lane)
    entries = purse.spend()
    budgets.confirm(purse.lease)
    assert in_use(lane) == 1
    providers.block(lane.key, retry_after_seconds=30)
    with pytest.raises(NotPermitted, match="blocked"):
        budgets.confirm(purse.lease)
    budgets.give_back(purse.book, purse.lease, entries=entries)
    assert in_use(lane) == 0
    assert booked(purse.book) == 0


@pytest.mark.django_db(transaction=True)
def test_a_spend_that_raises_is_refused_alone_and_the_spender_goes_on() -> None:
    spender = budgets.Spender()
    odd, good = (budgets.Request(action) for action in (lambda _: 1 // 0, lambda _: 5))
    spender._requests.put(odd)
    spender._requests.put(good)
    spender.start()
    try:
        assert odd.done.wait(5)
        assert good.done.wait(5)
        assert isinstance(odd.error, Transient)
        assert (good.error, good.result) == (None, 5)
        assert spender.ask(lambda _: 6) == 6
    finally:
        spender.stop()


@pytest.mark.django_db(transaction=True)
def test_places_of_a_dead_worker_come_back_once_however_many_rescue_and_claim_at_once(lane: Provider) -> None:
    Provider.objects.filter(pk=lane.pk).update(max_in_flight=4)
    dead, *living = [Hand(workers.register()) for _ in range(4)]
    enqueue_many("tests.call", [NewJob({"n": n}) for n in range(12)])
    purses = [Purse(dead, lane) for _ in range(4)]
    for purse in purses[:2]:
        purse.spend()
    assert living[0].claim() == []
    workers.sign_off(dead.worker.pk, reason="its process is gone")
    results = at_once(
        rescue.rescue_dead,
        rescue.rescue_dead,
        retention.sweep_reservations,
        *[hand.claim for hand in living],
        lambda: purses[0].answer(purses[0].spent),
    )
    assert not [result for result in results if isinstance(result, Exception)], results
    rescue.rescue_dead()
    retention.sweep_reservations()
    tokens = [purse.lease.token for purse in purses]
    assert not BudgetEntry.objects.filter(lease_token__in=tokens, answered_at=None).exists()
    assert BudgetEntry.objects.filter(lease_token__in=tokens).count() == 2, "two were spent, and count"
    for hand in living:
        hand.claim()
    assert BudgetEntry.objects.filter(currency="calls", answered_at=None).count() == 4
    assert Job.objects.filter(state="processing").count() == 4
    assert sorted(Job.objects.values_list("rescues", flat=True)) == [0] * 10 + [1] * 2


def test_a_lowered_limit_binds_what_is_reserved_and_leaves_it_its_place(
    hand: Hand, lane: Provider, django_capture_on_commit_callbacks: Any
) -> None:
    enqueue_many("tests.call", [NewJob({"n": n}) for n in range(6)])
    purses = [Purse(hand, lane) for _ in range(6)]
    purses[0].answer(purses[0].spend())
    with django_capture_on_commit_callbacks(execute=True):
        operations.change_budget(lane.budgets.get(currency="calls").pk, limit=3, actor="ada")
    for purse in purses[1:3]:
        purse.spend()
    for purse in purses[3:]:
        with pytest.raises(NotPermitted, match="used up"):
            purse.spend()
    assert in_use(lane) == 3
    flights = sql.rows("count_in_flight", lanes=[lane.key], worker=hand.worker.pk)
    assert [flight["leases"] for flight in flights] == [5]


def test_after_a_block_one_call_goes_first_whatever_was_reserved_before_it(
    hand: Hand, lane: Provider
) -> None:
    enqueue_many("tests.call", [NewJob({"n": n}) for n in range(2)])
    first, second = Purse(hand, lane), Purse(hand, lane)
    Provider.objects.filter(pk=lane.pk).update(probing=True)
    entries = first.spend()
    with pytest.raises(NotPermitted, match="one call goes first"):
        second.spend()
    first.answer(entries)
    assert len(second.spend()) == 1


@pytest.mark.django_db(transaction=True)
def test_a_spender_writes_each_lane_in_a_transaction_of_its_own() -> None:
    requests = [budgets.Request(lambda _: None, lane) for lane in "abab"]
    served: list[str] = []

    class Served(budgets.Spender):
        def _serve(self, waiting: Sequence[budgets.Request]) -> None:
            served.append("".join(request.lane for request in waiting))
            super()._serve(waiting)

    spender = Served()
    for request in requests:
        spender._requests.put(request)
    spender.start()
    try:
        assert all(request.done.wait(5) for request in requests)
    finally:
        spender.stop()
    assert served == ["aa", "bb"]


@pytest.mark.parametrize(
    ("model", "values"), [(Budget, {"limit": 10**13}), (Provider, {"min_interval_seconds": 1e-20})]
)
def test_limits_no_sum_could_hold_are_refused_where_they_are_written(
    lane: Provider, model: Any, values: dict[str, Any]
) -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        model.objects.all().update(**values)


@pytest.mark.django_db(transaction=True)
def test_a_recall_between_the_look_at_a_lease_and_its_spend_leaves_the_call_its_place_in_the_budget(
    hand: Hand, lane: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    enqueue("tests.call", {}, estimated_tokens=7)
    purse = Purse(hand, lane)

    def recall_meanwhile(*_: Any, **__: Any) -> None:
        with meanwhile(lambda: budgets.recall(lane.key)) as results:
            pass
        assert results == [None]

    monkeypatch.setattr(budgets, "_top_up", recall_meanwhile)
    with transaction.atomic():
        entries = purse.spend()
    assert {entry["currency"]: entry["amount"] for entry in entries} == {"calls": 1, "tokens": 7}
    assert in_use(lane) == 1


def test_a_raised_limit_leaves_what_is_reserved_alone(
    hand: Hand, lane: Provider, django_capture_on_commit_callbacks: Any
) -> None:
    enqueue("tests.call", {})
    hand.claim()
    with django_capture_on_commit_callbacks(execute=True):
        operations.change_budget(lane.budgets.get(currency="calls").pk, limit=500, actor="ada")
    assert BudgetEntry.objects.get().amount == 1


class TestTopUp:
    """Reserved by an estimate that answers have shown to be too low since."""

    def make_purses(self, hand: Hand, lane: Provider, *, jobs: int, estimate: int) -> list[Purse]:
        for number in range(jobs):
            enqueue("tests.call", {"n": number}, estimated_tokens=estimate)
        purses = [Purse(hand, lane) for _ in range(jobs)]
        for purse in purses:
            purse.lease = replace(purse.lease, kind="tests.call", estimated_tokens=estimate)
        return purses

    def answer_first(self, purse: Purse, *, tokens: int) -> None:
        purse.answer(purse.spend(), tokens=tokens)
        budgets.write_ledger(purse.book)

    def test_the_calls_behind_the_first_answer_take_what_it_took_or_wait(
        self, hand: Hand, lane: Provider
    ) -> None:
        lane.budgets.filter(currency="tokens").update(limit=9_000)
        first, *others = self.make_purses(hand, lane, jobs=5, estimate=600)
        self.answer_first(first, tokens=2000)
        for number, purse in enumerate(others[:3], start=1):
            purse.spend(tokens=600)
            assert in_use(lane, "tokens") == 2000 + number * 2000 + (4 - number) * 600
        with pytest.raises(NotPermitted, match="used up") as refusal:
            others[3].spend(tokens=600)
        assert refusal.value.until is not None
        assert in_use(lane, "tokens") == 8_600

    def test_what_it_took_more_is_in_the_book_once_and_comes_back_with_the_answer(
        self, hand: Hand, lane: Provider
    ) -> None:
        lane.budgets.filter(currency="tokens").update(limit=9_000)
        first, second = self.make_purses(hand, lane, jobs=2, estimate=600)
        self.answer_first(first, tokens=2000)
        entries = second.spend(tokens=600)
        assert booked(second.book, "tokens") == 2000
        second.answer(entries, tokens=1500)
        assert booked(second.book, "tokens") == 1500
        assert in_use(lane, "tokens") == 3500

    def test_a_small_difference_asks_for_nothing(self, hand: Hand, lane: Provider) -> None:
        lane.budgets.filter(currency="tokens").update(limit=1_300)
        first, second = self.make_purses(hand, lane, jobs=2, estimate=600)
        self.answer_first(first, tokens=700)
        assert sum(1 for entry in second.spend(tokens=600) if entry["currency"] == "tokens") == 1

    def test_a_job_as_large_as_its_budget_asks_for_no_more_than_that(
        self, hand: Hand, lane: Provider
    ) -> None:
        lane.budgets.filter(currency="tokens").update(limit=1_000)
        (purse,) = self.make_purses(hand, lane, jobs=1, estimate=900)
        TokenRatio.objects.create(provider=lane, kind="tests.call", estimated=100, actual=500)
        assert (
            sum(entry["amount"] for entry in purse.spend(tokens=900) if entry["currency"] == "tokens") == 1000
        )

    def test_a_retry_inside_a_call_is_corrected_too(self, hand: Hand, lane: Provider) -> None:
        lane.budgets.filter(currency="tokens").update(limit=9_000)
        (purse,) = self.make_purses(hand, lane, jobs=1, estimate=600)
        self.answer_first(purse, tokens=2000)
        again = purse.spend(tokens=600)
        assert sum(entry["amount"] for entry in again if entry["currency"] == "tokens") == 2000
