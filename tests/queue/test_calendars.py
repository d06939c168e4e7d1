"""Calendar budgets against a plain model: where windows begin and end, and what counts in which."""

from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from queueproject.queue import budgets, claim, retention, sql
from queueproject.queue.enqueue import NewJob, enqueue_many
from queueproject.queue.models import Budget, BudgetEntry, Job, Provider, Worker
from tests.queue.clock import Clock
from tests.queue.conftest import Hand
from tests.queue.kinds import LANE
from tests.queue.test_budgets import Purse
from tests.queue.threads import at_once

pytestmark = pytest.mark.django_db

ZONES = (
    "UTC",
    "America/Los_Angeles",
    "Europe/London",
    "Australia/Lord_Howe",  # half an hour of summer time
    "Asia/Kolkata",
    "America/Havana",  # midnight comes twice in autumn and not at all in spring
    "Atlantic/Azores",
    "Africa/Cairo",
    "America/Santiago",  # the last hour of a day comes twice
    "America/Nuuk",
)
UNITS = (60, 3600, 86400)
FEW = settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    return Clock(monkeypatch)


@cache
def find_changes(zone: str) -> list[datetime]:
    """Return the moments of two years at which a zone's clocks change; a plain midnight where none do."""
    known, hours = (
        ZoneInfo(zone),
        [datetime(2024, 1, 1, tzinfo=UTC) + timedelta(hours=n) for n in range(17_000)],
    )
    offsets = [hour.astimezone(known).utcoffset() for hour in hours]
    changes = [
        hour for hour, before, after in zip(hours[1:], offsets, offsets[1:], strict=False) if before != after
    ]
    return changes or [datetime(2024, 6, 2, tzinfo=UTC)]


def first_moment(day: date, zone: ZoneInfo) -> datetime:
    """Return when a day begins on the wall clock: its first quarter of an hour."""
    around = datetime(day.year, day.month, day.day, tzinfo=zone).astimezone(UTC) - timedelta(hours=4)
    quarters = (around + timedelta(minutes=15 * number) for number in range(40))
    return next(moment for moment in quarters if moment.astimezone(zone).date() >= day)


def window(at: datetime, zone: str, seconds: int) -> tuple[datetime, datetime]:
    """Return where a calendar window begins and ends."""
    known = ZoneInfo(zone)
    local = at.astimezone(known)
    if seconds == 86400:
        return first_moment(local.date(), known), first_moment(local.date() + timedelta(days=1), known)
    passed = timedelta(seconds=local.second, microseconds=local.microsecond)
    if seconds == 3600:
        passed += timedelta(minutes=local.minute)
    return at - passed, at - passed + timedelta(seconds=seconds)


@st.composite
def moments(draw: st.DrawFn) -> tuple[str, datetime]:
    """Draw a zone and a moment near a change of its clocks."""
    zone = draw(st.sampled_from(ZONES))
    change = draw(st.sampled_from(find_changes(zone)))
    off = st.one_of(
        st.integers(-26 * 3600, 26 * 3600),
        st.builds(lambda hours, few: hours * 3600 + few, st.integers(-26, 26), st.integers(-2, 2)),
    )
    return zone, change + timedelta(seconds=draw(off))


def make_budget(lane: Provider, *, seconds: int, zone: str) -> Budget:
    return Budget.objects.create(
        provider=lane, limit=1000, window_seconds=seconds, kind="calendar", zone=zone
    )


class TestWindows:
    @FEW
    @given(drawn=moments())
    def test_they_begin_and_end_as_the_wall_clock_of_their_zone_says(
        self, lane: Provider, clock: Clock, drawn: tuple[str, datetime]
    ) -> None:
        zone, clock.at = drawn
        with transaction.atomic():
            Budget.objects.all().delete()
            for seconds in UNITS:
                make_budget(lane, seconds=seconds, zone=zone)
            budgets.write_ledger(Counter({(LANE, "calls", "spent", None): 1}))
            begun = dict(Budget.objects.values_list("window_seconds", "window_started_at"))
            ends = {use.window_seconds: use.frees_at for use in claim.budget_uses([LANE])[LANE]}
            transaction.set_rollback(True)
        for seconds in UNITS:
            assert (begun[seconds], ends[seconds]) == window(clock.at, zone, seconds), (seconds, zone)

    @pytest.mark.parametrize(
        ("zone", "noon", "hours"),
        [
            ("America/Los_Angeles", datetime(2024, 3, 10, 19, tzinfo=UTC), 23),
            ("America/Los_Angeles", datetime(2024, 11, 3, 20, tzinfo=UTC), 25),
            ("Africa/Cairo", datetime(2024, 4, 26, 9, tzinfo=UTC), 23),  # begins at one o'clock
            ("America/Havana", datetime(2024, 11, 3, 17, tzinfo=UTC), 25),  # begins at the first midnight
            ("Asia/Kolkata", datetime(2024, 11, 3, 7, tzinfo=UTC), 24),
        ],
    )
    def test_a_day_has_as_many_hours_as_its_zone_gives_it(
        self, lane: Provider, clock: Clock, zone: str, noon: datetime, hours: int
    ) -> None:
        lane.budgets.all().delete()
        budget = make_budget(lane, seconds=86400, zone=zone)
        clock.at = noon
        budgets.write_ledger(Counter({(LANE, "calls", "spent", None): 1}))
        (use,) = claim.budget_uses([LANE])[LANE]
        budget.refresh_from_db()
        assert use.frees_at is not None
        assert budget.window_started_at is not None
        assert use.frees_at - budget.window_started_at == timedelta(hours=hours)
        clock.at = use.frees_at - timedelta(microseconds=1)
        assert claim.budget_uses([LANE])[LANE][0].used == 1
        clock.at = use.frees_at
        assert claim.budget_uses([LANE])[LANE][0].used == 0


@dataclass
class Call:
    """One call of the model: what it holds of a window at a moment."""

    lease: budgets.Lease
    entries: list[budgets.Row] = field(default_factory=list)
    spent_at: datetime | None = None
    answered_at: datetime | None = None
    is_gone: bool = False

    def counts(self, started_at: datetime) -> bool:
        if self.is_gone:
            return False
        return self.answered_at is None or self.answered_at >= started_at

    @property
    def is_open(self) -> bool:
        return not self.is_gone and self.answered_at is None


class Lane:
    """A lane whose calls are made one act at a time, by the queue's own functions and in the model."""

    def __init__(self, worker: Worker, clock: Clock, *, calls: int) -> None:
        self.clock, self.worker = clock, worker
        enqueue_many("tests.call", [NewJob({"n": n}) for n in range(calls)])
        self.waiting = list(Job.objects.order_by("id").values_list("id", flat=True))
        self.calls: list[Call] = []

    def act(self, what: str, which: int) -> None:
        """Do something with a new call, or with one of those that are open."""
        if what == "reserve":
            self._reserve()
            return
        spent = what in {"answer", "give back"}
        found = [call for call in self.calls if call.is_open and (call.spent_at is not None) == spent]
        if what == "close":
            found = [call for call in self.calls if call.is_open]
        if found:
            call = found[which % len(found)]
            # A transaction may have begun a moment ago; never before what it goes on with was written.
            now, self.clock.at = self.clock.at, max(self.clock.at, call.spent_at or self.clock.at)
            getattr(self, "_" + what.replace(" ", "_"))(call)
            self.clock.at = now

    def _reserve(self) -> None:
        job, token = self.waiting.pop(), len(self.calls) + 1
        Job.objects.filter(pk=job).update(
            state="processing",
            lease_token=token,
            worker_id=self.worker.pk,
            claimed_at=self.clock.at,
            attempts=1,
        )
        sql.run(
            "reserve",
            providers=[LANE],
            currencies=["calls"],
            tokens=[token],
            amounts=[1],
            worker=self.worker.pk,
        )
        self.calls.append(Call(budgets.Lease(LANE, token, [job], self.worker.pk)))

    def _spend(self, call: Call) -> None:
        book: budgets.Book = Counter()
        call.entries = budgets.take_leave(book, call.lease, calls=1, tokens=0).entries
        budgets.write_ledger(book)
        call.spent_at = self.clock.at

    def _answer(self, call: Call) -> None:
        book: budgets.Book = Counter()
        assert call.spent_at
        seconds = (self.clock.at - call.spent_at).total_seconds()
        budgets.answer(book, call.lease, entries=call.entries, tokens=None, status=200, seconds=seconds)
        budgets.write_ledger(book)
        call.answered_at = self.clock.at

    def _give_back(self, call: Call) -> None:
        book: budgets.Book = Counter()
        budgets.give_back(book, call.lease, entries=call.entries)
        budgets.write_ledger(book)
        call.is_gone = True

    def _close(self, call: Call) -> None:
        budgets.close_leases([call.lease.token])
        if call.spent_at is None:
            call.is_gone = True
        else:
            call.answered_at = self.clock.at


ACTS = ("reserve", "spend", "spend", "answer", "answer", "give back", "close")
STEPS = st.lists(
    st.tuples(
        st.sampled_from(ACTS),
        st.integers(0, 9),
        st.sampled_from((0.0, 0.4, 1.3, 20.0, 70.0, 3600.0)),
        st.sampled_from((0.0, 0.0, 0.9)),
    ),
    min_size=4,
    max_size=24,
)


@settings(parent=FEW, max_examples=60)
@given(drawn=moments(), seconds=st.sampled_from(UNITS), steps=STEPS)
def test_every_call_counts_once_in_each_window_it_reaches_into(
    worker: Worker,
    clock: Clock,
    drawn: tuple[str, datetime],
    seconds: int,
    steps: list[tuple[str, int, float, float]],
) -> None:
    zone, clock.at = drawn
    with transaction.atomic():
        Budget.objects.all().delete()
        make_budget(Provider.objects.get(pk=LANE), seconds=seconds, zone=zone)
        lane = Lane(worker, clock, calls=len(steps) + 1)
        lane.act("reserve", 0)
        for what, which, later, ago in steps:
            clock.at += timedelta(seconds=later)
            now, clock.at = clock.at, clock.at - timedelta(seconds=ago)
            lane.act(what, which)
            clock.at = now
            started_at, _ = window(clock.at, zone, seconds)
            wanted = sum(call.counts(started_at) for call in lane.calls)
            assert claim.budget_uses([LANE])[LANE][0].used == wanted, (what, zone, clock.at)
        transaction.set_rollback(True)


class TestMidnight:
    MIDNIGHT = datetime(2025, 6, 2, tzinfo=UTC)

    @pytest.fixture(autouse=True)
    def lane_of_a_day(self, lane: Provider) -> None:
        lane.budgets.all().delete()
        make_budget(lane, seconds=86400, zone="UTC")

    def used(self) -> int:
        return claim.budget_uses([LANE])[LANE][0].used

    def test_a_spend_that_waited_over_midnight_does_not_set_the_new_day_back(
        self, worker: Worker, clock: Clock
    ) -> None:
        lane = Lane(worker, clock, calls=2)
        clock.at = self.MIDNIGHT - timedelta(seconds=10)
        lane.act("reserve", 0)
        lane.act("reserve", 0)
        clock.at = self.MIDNIGHT + timedelta(seconds=1)
        lane.act("spend", 0)
        clock.at = self.MIDNIGHT - timedelta(seconds=0.5)
        lane.act("spend", 0)
        clock.at = self.MIDNIGHT + timedelta(seconds=2)
        assert self.used() == 2
        lane.act("answer", 0)
        lane.act("answer", 0)
        assert self.used() == 2

    def test_an_answer_that_waited_over_midnight_does_not_set_the_new_day_back(
        self, worker: Worker, clock: Clock
    ) -> None:
        lane = Lane(worker, clock, calls=2)
        clock.at = self.MIDNIGHT - timedelta(days=1, seconds=10)
        lane.act("reserve", 0)
        lane.act("spend", 0)
        clock.at = self.MIDNIGHT + timedelta(seconds=1)
        lane.act("reserve", 0)
        lane.act("spend", 0)
        assert self.used() == 2
        clock.at = self.MIDNIGHT - timedelta(seconds=0.5)
        lane.act("answer", 0)
        clock.at = self.MIDNIGHT + timedelta(seconds=2)
        assert self.used() == 1

    def test_a_call_of_the_last_second_counts_in_the_day_of_its_answer_once(
        self, worker: Worker, clock: Clock
    ) -> None:
        lane = Lane(worker, clock, calls=1)
        clock.at = self.MIDNIGHT - timedelta(seconds=1)
        lane.act("reserve", 0)
        lane.act("spend", 0)
        assert self.used() == 1
        clock.at = self.MIDNIGHT + timedelta(seconds=0.2)
        assert self.used() == 1
        lane.act("answer", 0)
        assert self.used() == 1
        assert Budget.objects.get(provider=LANE).used == 1

    def test_what_nobody_closed_is_swept_into_the_day_it_is_found_in(
        self, worker: Worker, clock: Clock
    ) -> None:
        lane = Lane(worker, clock, calls=2)
        clock.at = self.MIDNIGHT - timedelta(seconds=30)
        lane.act("reserve", 0)
        lane.act("reserve", 0)
        lane.act("spend", 0)
        Job.objects.filter(state="processing").update(
            state="cancelled", lease_token=None, worker_id=None, finished_at=timezone.now()
        )
        clock.at = self.MIDNIGHT + timedelta(seconds=30)
        assert retention.sweep_reservations() == 2
        assert (self.used(), Budget.objects.get(provider=LANE).used) == (1, 1)
        assert BudgetEntry.objects.get().answered_at == clock.at
        assert retention.sweep_reservations() == 0


@pytest.mark.django_db(transaction=True)
def test_a_late_answer_a_rescuer_and_a_sweep_at_once_carry_a_call_over_once(
    lane: Provider, hand: Hand
) -> None:
    lane.budgets.all().delete()
    make_budget(lane, seconds=86400, zone="UTC")
    enqueue_many("tests.call", [NewJob({"n": n}) for n in range(8)])
    purses = [Purse(hand, lane) for _ in range(8)]
    entries = [purse.spend() for purse in purses]
    yesterday = timezone.now() - timedelta(days=1)
    BudgetEntry.objects.update(spent_at=yesterday, reserved_at=yesterday)
    Job.objects.filter(state="processing").update(
        state="cancelled", lease_token=None, worker_id=None, finished_at=timezone.now()
    )

    def answer_all() -> None:
        with transaction.atomic():
            for purse, spent in zip(purses, entries, strict=True):
                purse.answer(spent)

    tokens = [purse.lease.token for purse in purses]
    results = at_once(
        answer_all,
        lambda: budgets.close_leases(tokens),
        lambda: budgets.close_leases(tokens[::-1]),
        retention.sweep_reservations,
    )
    assert not [result for result in results if isinstance(result, Exception)], results
    retention.sweep_reservations()
    assert Budget.objects.get(provider=LANE).used == 8
    assert not BudgetEntry.objects.filter(answered_at=None).exists()
