"""Fairness: a small batch beside a large one, a hand's work behind a night's, on lanes that keep up or lag.

What passes is lane time: every claim takes what the budget lets through, and all that is stored moves back.
"""

import pytest
from django.db.models import F

from queueproject.queue import batches, providers
from queueproject.queue.enqueue import NewJob, enqueue_many
from queueproject.queue.models import Batch, Job, Provider
from queueproject.queue.outcomes import Complete
from tests.queue import lanetime
from tests.queue.conftest import Hand
from tests.queue.kinds import LANE

pytestmark = pytest.mark.django_db

MANY, FEW = 10_000, 20
AT_ONCE = 10
MOST_CALLS = 200


def make_batch(count: int, *, priority: int = 100, kind: str = "tests.call", estimate: int = 0) -> Batch:
    with batches.start_batch(kind="t", label="t", priority=priority) as batch:
        enqueue_many(kind, [NewJob({}, estimated_tokens=estimate)] * count, batch=batch, priority=priority)
    return batch


def work(hand: Hand) -> list[int | None]:
    """Make as many calls as ten seconds let through; return whose they were."""
    rows = hand.claim(AT_ONCE)
    lanetime.answer_all()
    for _ in rows:
        providers.recover(LANE)
    hand.settle(rows, Complete())
    lanetime.pass_time(AT_ONCE)
    return [row["batch_id"] for row in rows]


def count_calls(hand: Hand, batch: Batch) -> int:
    """Return how many calls the lane makes until a batch has ended."""
    calls = 0
    while Batch.objects.filter(pk=batch.pk, state="running").exists() and calls < MOST_CALLS:
        calls += len(work(hand))
    return calls


@pytest.fixture
def busy_lane(lane: Provider) -> Provider:
    """A lane of 60 calls a minute, as many of which may be under way."""
    Provider.objects.filter(pk=LANE).update(max_in_flight=60)
    lane.budgets.filter(currency="calls").update(limit=60)
    return lane


@pytest.mark.parametrize("blocked_seconds", [0, 600, 3600])
def test_a_small_batch_beside_a_large_one_ends_within_about_twice_its_time_alone(
    hand: Hand, busy_lane: Provider, blocked_seconds: int
) -> None:
    alone = count_calls(hand, make_batch(FEW))
    assert alone == FEW
    large = make_batch(MANY)
    for _ in range(5):
        assert set(work(hand)) == {large.pk}
    if blocked_seconds:
        providers.block(LANE, retry_after_seconds=blocked_seconds)
        assert work(hand) == []
        lanetime.pass_time(blocked_seconds * 1.1)
    small = make_batch(FEW)
    calls = count_calls(hand, small)
    assert FEW < calls <= 2.2 * alone


def test_a_small_batch_has_no_more_than_its_share_where_tokens_are_scarcer_than_calls(
    hand: Hand, busy_lane: Provider
) -> None:
    busy_lane.budgets.filter(currency="tokens").update(limit=6000)
    Provider.objects.filter(pk=LANE).update(clock=busy_lane.clock - 3600)
    make_batch(1000, estimate=200)
    for _ in range(8):
        work(hand)
    assert 1.8 * FEW <= count_calls(hand, make_batch(FEW, estimate=200)) <= 2.2 * FEW


@pytest.mark.parametrize("beside_a_pause", [False, True])
def test_a_small_batch_of_local_work_has_its_share_where_that_takes_longer_than_was_thought(
    hand: Hand, beside_a_pause: bool
) -> None:
    if beside_a_pause:
        batches.pause_batch(make_batch(1, kind="tests.noop").pk, actor="ada")
    large = make_batch(MANY // 5, kind="tests.noop")
    for _ in range(20):
        hand.settle(hand.claim(AT_ONCE), Complete())
        lanetime.pass_time(5)
    small = make_batch(FEW, kind="tests.noop")
    rows = [row for _ in range(5) for row in hand.claim(AT_ONCE)]
    assert {row["batch_id"] for row in rows} == {large.pk, small.pk}
    assert sum(row["batch_id"] == small.pk for row in rows) == FEW


def test_many_small_batches_do_not_keep_a_large_one_from_going_on(hand: Hand, busy_lane: Provider) -> None:
    large = make_batch(500)
    owners: list[int | None] = []
    for _ in range(30):
        make_batch(5)
        owners += work(hand)
    assert owners.count(large.pk) >= len(owners) * 0.4


@pytest.mark.parametrize(
    ("kind", "priority"), [("tests.call", 200), ("tests.noop", 200), ("tests.call", 150)]
)
def test_a_batch_started_by_hand_behind_a_night_of_background_work_starts_with_the_next_claim(
    hand: Hand, busy_lane: Provider, kind: str, priority: int
) -> None:
    make_batch(MANY, kind=kind)
    at_work = hand.claim(50)
    by_hand = make_batch(FEW, kind=kind, priority=priority)
    hand.settle(at_work, Complete())
    rows = hand.claim(50)
    assert [row["batch_id"] for row in rows[: min(FEW, len(rows))]] == [by_hand.pk] * min(FEW, len(rows))
    assert len(rows) >= 10


def test_background_work_that_waited_for_its_head_start_is_not_passed_by_hand_for_ever(
    hand: Hand, busy_lane: Provider
) -> None:
    night = make_batch(FEW)
    Job.objects.update(sort_key=F("sort_key") - 9 * 3600)
    make_batch(FEW, priority=200)
    assert set(work(hand)) == {night.pk}
