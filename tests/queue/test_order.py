"""Order: one stored number, laid out at its lane's pace, kept by what comes back, moved by a head start."""

from datetime import timedelta
from itertools import pairwise

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from queueproject.queue import batches, operations, reranks, rescue, sql
from queueproject.queue.enqueue import NewJob, enqueue, enqueue_many
from queueproject.queue.models import Job, Provider, Setting, Worker
from queueproject.queue.outcomes import Complete, Defer, Outcome, Retry
from queueproject.queue.settle import Release
from tests.queue import lanetime
from tests.queue.conftest import Hand
from tests.queue.kinds import LANE

pytestmark = pytest.mark.django_db

HOUR = 3600


def rank_of(number: int) -> float:
    rank = Job.objects.values_list("sort_key", flat=True).get(payload__n=number)
    assert rank is not None
    return rank


def test_a_hundred_points_of_priority_start_eight_hours_ahead(lane: Provider) -> None:
    for priority in (100, 150, 200):
        enqueue("tests.call", {"n": priority}, priority=priority)
    assert rank_of(100) - rank_of(150) == pytest.approx(4 * HOUR, abs=5)
    assert rank_of(150) - rank_of(200) == pytest.approx(4 * HOUR, abs=5)


def test_what_waited_longer_than_the_head_start_goes_before_a_higher_priority(hand: Hand) -> None:
    enqueue("tests.call", {"n": 1}, priority=100)
    lanetime.pass_time(7 * HOUR)
    Provider.objects.update(clock=timezone.now().timestamp())
    enqueue("tests.call", {"n": 2}, priority=200)
    lanetime.pass_time(2 * HOUR)
    Provider.objects.update(clock=timezone.now().timestamp())
    enqueue("tests.call", {"n": 3}, priority=200)
    assert [Job.objects.get(pk=row["id"]).payload["n"] for row in hand.claim()] == [2, 1, 3]


@pytest.mark.parametrize(
    ("budgets", "estimate", "step"),
    [
        ({"calls": 60}, 0, 1.0),
        ({"calls": 60, "tokens": 1000}, 100, 6.0),
        ({"calls": 600, "tokens": 1000}, 1, 0.1),
    ],
)
def test_a_step_is_what_a_job_takes_at_the_scarcest_budget_of_a_minute(
    lane: Provider, budgets: dict[str, int], estimate: int, step: float
) -> None:
    for currency, limit in budgets.items():
        lane.budgets.filter(currency=currency).update(limit=limit)
    enqueue_many("tests.call", [NewJob({"n": n}, estimated_tokens=estimate) for n in range(3)])
    assert [rank_of(1) - rank_of(0), rank_of(2) - rank_of(1)] == pytest.approx([step, step], abs=1e-4)


def test_jobs_of_a_call_keep_their_order_whatever_each_of_them_costs(hand: Hand, lane: Provider) -> None:
    lane.budgets.filter(currency="tokens").update(limit=6000)
    sizes = [500, 5000, 80, 500, 5000, 80]
    enqueue_many("tests.call", [NewJob({"n": n}, estimated_tokens=size) for n, size in enumerate(sizes)])
    ranks = [rank_of(n) for n in range(len(sizes))]
    assert [after - before for before, after in pairwise(ranks)] == pytest.approx(
        [size / 100 for size in sizes[:-1]], abs=1e-4
    )


def test_lane_time_moves_on_by_what_the_jobs_taken_cost_in_tokens(hand: Hand, lane: Provider) -> None:
    lane.budgets.filter(currency="tokens").update(limit=6000)
    behind = lane.clock - 10_000
    Provider.objects.filter(pk=LANE).update(clock=behind)
    enqueue_many("tests.call", [NewJob({"n": n}, estimated_tokens=500) for n in range(20)])
    assert len(hand.claim(4)) == 4
    lane.refresh_from_db()
    assert lane.clock - behind == pytest.approx(4 * 5, abs=1e-4)


@pytest.mark.parametrize("way", ["retry", "defer", "release", "rescue", "reset"])
def test_what_comes_back_keeps_its_rank(hand: Hand, way: str) -> None:
    enqueue("tests.call", {"n": 1})
    before = rank_of(1)
    Provider.objects.update(clock=timezone.now().timestamp() + 50)
    rows = hand.claim()
    outcomes: dict[str, Outcome | Release] = {
        "retry": Retry("stumbled"),
        "defer": Defer("wait", seconds=60),
        "release": Release("stopping"),
    }
    if way in outcomes:
        hand.settle(rows, outcomes[way])
    elif way == "rescue":
        Worker.objects.update(heartbeat_at=timezone.now() - timedelta(minutes=2))
        rescue.rescue_dead()
    else:
        operations.reset_jobs([rows[0]["id"]], actor="ada")
    Job.objects.filter(due_at__isnull=False).update(due_at=timezone.now() - timedelta(seconds=1))
    sql.rows("promote", lanes=[LANE], head_start=288.0, most=10)
    assert Job.objects.values_list("state", "sort_key").get() == ("pending", before)


def test_what_is_not_due_yet_is_not_promoted_beside_what_is(hand: Hand) -> None:
    for n, hours in ((1, 1), (2, 3)):
        enqueue("tests.call", {"n": n}, due_at=timezone.now() + timedelta(hours=hours))
    lanetime.pass_time(2 * HOUR)
    assert [Job.objects.get(pk=row["id"]).payload["n"] for row in hand.claim()] == [1]
    assert Job.objects.values_list("state", "sort_key").get(payload__n=2) == ("scheduled", None)


def test_a_raised_priority_keeps_the_old_rank_where_that_is_the_lesser(lane: Provider) -> None:
    enqueue("tests.call", {"n": 1}, dedupe_key="k", priority=100)
    lanetime.pass_time(9 * HOUR)
    Provider.objects.update(clock=timezone.now().timestamp())
    before = rank_of(1)
    enqueue("tests.call", {"n": 2}, dedupe_key="k", priority=200)
    assert Job.objects.values_list("priority", "sort_key").get() == (200, before)


def test_an_addition_to_a_batch_is_ranked_from_its_own_time(lane: Provider) -> None:
    lane.budgets.filter(currency="calls").update(limit=60)
    Provider.objects.update(clock=lane.clock - 100)
    with batches.start_batch(kind="t", label="t") as batch:
        enqueue_many("tests.call", [NewJob({"n": n}) for n in range(100)], batch=batch)
    Provider.objects.update(clock=lane.clock - 95)
    enqueue("tests.call", {"n": 1000}, batch=batch)
    assert rank_of(4) < rank_of(1000) < rank_of(6)


def test_retried_jobs_are_laid_out_one_after_the_other_over_all_chunks(
    hand: Hand, lane: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(operations, "CHUNK", 2)
    lane.budgets.filter(currency="tokens").update(limit=6000)
    ids = enqueue_many("tests.call", [NewJob({"n": n}, estimated_tokens=500) for n in range(5)]).ids
    operations.cancel_jobs(ids, actor="ada")
    operations.retry_jobs(ids, actor="ada")
    ranks = [rank_of(n) for n in range(5)]
    assert [after - before for before, after in pairwise(ranks)] == pytest.approx([5] * 4, abs=0.5)


# -- a changed head start -------------------------------------------------------------------------


def make_ranked(count: int, *, priority: int = 100) -> dict[int, float | None]:
    enqueue_many("tests.call", [NewJob({"n": n}) for n in range(count)], priority=priority)
    return dict(Job.objects.values_list("id", "sort_key"))


def moved_by(before: dict[int, float | None]) -> set[float]:
    """Return by how many seconds jobs have moved since."""
    after = Job.objects.in_bulk(list(before))
    return {round((after[pk].sort_key or 0) - (rank or 0), 3) for pk, rank in before.items()}


def test_a_changed_head_start_moves_every_live_job_once_in_chunks(
    hand: Hand, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reranks, "CHUNK", 4)
    before = make_ranked(10)
    running = hand.claim(2)
    operations.change_setting("head_start_seconds_per_point", 10, actor="ada")
    assert moved_by(before) == {27_800.0}
    assert not Setting.objects.filter(key=reranks.KEY).exists()
    hand.settle(running, Release("stopping"))
    assert moved_by(before) == {27_800.0}
    operations.clear_setting("head_start_seconds_per_point", actor="ada")
    assert moved_by(before) == {0.0}


def test_a_re_ranking_cut_short_goes_on_with_the_next_sweep_and_moves_nothing_twice(
    lane: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reranks, "CHUNK", 4)
    before = make_ranked(10)
    chunks = iter([False, True, False])
    whole = reranks._move_chunk
    with monkeypatch.context() as cut:
        cut.setattr(reranks, "_move_chunk", lambda **how: next(chunks) and whole(**how))
        operations.change_setting("head_start_seconds_per_point", 10, actor="ada")
    assert moved_by(before) == {27_800.0, 0.0}
    (late,) = enqueue("tests.call", {"n": 99}).ids
    fresh = Job.objects.get(pk=late).sort_key
    reranks.go_on()
    assert moved_by(before) == {27_800.0}
    assert Job.objects.get(pk=late).sort_key == fresh


def test_a_second_change_during_a_re_ranking_adds_to_the_first(
    lane: Provider, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reranks, "CHUNK", 4)
    before = make_ranked(10)
    with monkeypatch.context() as cut:
        cut.setattr(reranks, "go_on", lambda: None)
        operations.change_setting("head_start_seconds_per_point", 10, actor="ada")
    operations.change_setting("head_start_seconds_per_point", 20, actor="ada")
    assert moved_by(before) == {26_800.0}


# -- nobody is overtaken --------------------------------------------------------------------------

HEAD_START = 0.05
STEP = 1.0
SLACK_SECONDS = 0.5
"""Real time that passes between two looks at a clock; steps and head starts are many times longer."""

Move = tuple[str, int, int]
MOVES = st.lists(
    st.one_of(
        st.tuples(st.just("enqueue"), st.sampled_from([100, 150, 200]), st.integers(1, 4)),
        st.tuples(st.just("batch"), st.sampled_from([100, 150, 200]), st.integers(2, 12)),
        st.tuples(st.just("claim"), st.integers(1, 4), st.just(0)),
        st.tuples(st.just("wait"), st.sampled_from([1, 3, 20]), st.just(0)),
    ),
    min_size=5,
    max_size=20,
)


@settings(
    max_examples=25, derandomize=True, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)
@given(moves=MOVES)
def test_a_job_outside_a_batch_is_overtaken_only_by_jobs_enqueued_within_their_head_start(
    hand: Hand, moves: list[Move]
) -> None:
    Job.objects.all().delete()
    Setting.objects.update_or_create(key="head_start_seconds_per_point", defaults={"value": HEAD_START})
    Provider.objects.filter(pk=LANE).update(clock=timezone.now().timestamp(), max_in_flight=1000)
    Provider.objects.get(pk=LANE).budgets.filter(currency="calls").update(limit=60 / STEP)
    times: dict[int, tuple[float, int]] = {}
    alone: set[int] = set()
    for verb, number, count in moves:
        if verb in ("enqueue", "batch"):
            clock = Provider.objects.values_list("clock", flat=True).get(pk=LANE)
            at = min(timezone.now().timestamp(), clock)
            calls = [[NewJob({})] * count] if verb == "batch" else [[NewJob({})]] * count
            for jobs in calls:
                made = enqueue_many("tests.call", jobs, priority=number).ids
                times |= dict.fromkeys(made, (at, number))
                alone |= set(made if verb == "enqueue" else ())
        elif verb == "wait":
            lanetime.pass_time(number)
            times = {job: (at - number, priority) for job, (at, priority) in times.items()}
        else:
            rows = hand.claim(number)
            lanetime.answer_all()
            hand.settle(rows, Complete())
            waiting = alone & set(Job.objects.filter(state="pending").values_list("id", flat=True))
            for winner in rows:
                for loser in waiting:
                    check_overtaken(loser=times[loser], winner=times[winner["id"]])


def check_overtaken(*, loser: tuple[float, int], winner: tuple[float, int]) -> None:
    (came, priority), (came_later, its_priority) = loser, winner
    assert came_later - came <= (its_priority - priority) * HEAD_START + SLACK_SECONDS
