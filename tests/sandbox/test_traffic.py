"""The book, with a clock of our own."""

from collections.abc import Callable

import pytest

from queueproject.sandbox.behaviour import Behaviour
from queueproject.sandbox.traffic import Arrival, Traffic


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def make(clock: Clock) -> Callable[..., Traffic]:
    return lambda **limits: Traffic(Behaviour(**limits), clock=clock)


def arrive(traffic: Traffic) -> Arrival:
    return traffic.arrive(what="POST /x", metered=True)


def refuse(traffic: Traffic, *, seconds: float) -> None:
    traffic.close(arrive(traffic), status=429, retry_after_seconds=seconds)


def test_calls_beyond_the_limit_are_refused_until_the_first_leaves(
    make: Callable[..., Traffic], clock: Clock
) -> None:
    traffic = make(calls_per_minute=2)
    assert traffic.admit(arrive(traffic), tokens=1) is None
    clock.now += 20
    assert traffic.admit(arrive(traffic), tokens=1) is None
    refusal = traffic.admit(arrive(traffic), tokens=1)
    assert refusal is not None
    assert (refusal.quota, refusal.limit) == ("minute", 2)
    assert refusal.retry_after_seconds == pytest.approx(40)
    clock.now += 40
    assert traffic.admit(arrive(traffic), tokens=1) is None


def test_tokens_and_days_are_limits_of_their_own(make: Callable[..., Traffic], clock: Clock) -> None:
    traffic = make(tokens_per_minute=100, calls_per_day=2)
    assert traffic.admit(arrive(traffic), tokens=60) is None
    refusal = traffic.admit(arrive(traffic), tokens=41)
    assert refusal is not None
    assert refusal.quota == "tokens"
    assert traffic.admit(arrive(traffic), tokens=40) is None
    clock.now += 60
    refusal = traffic.admit(arrive(traffic), tokens=1)
    assert refusal is not None
    assert refusal.quota == "day"
    assert refusal.retry_after_seconds == pytest.approx(86_340)


def test_a_refused_call_takes_nothing_from_any_window(make: Callable[..., Traffic]) -> None:
    traffic = make(calls_per_minute=5, tokens_per_minute=10)
    assert traffic.admit(arrive(traffic), tokens=11) is not None
    assert traffic.admit(arrive(traffic), tokens=10) is None
    assert traffic.report()["peak_accepted_per_window"] == 1


def test_a_call_during_a_wait_breaks_it_unless_it_was_in_flight(
    make: Callable[..., Traffic], clock: Clock
) -> None:
    traffic = make()
    in_flight = arrive(traffic)
    refuse(traffic, seconds=1)
    clock.now += 0.5
    arrive(traffic)
    assert traffic.report()["waits_broken"] == 0
    arrive(traffic)
    report = traffic.report()
    assert report["waits_broken"] == 1
    assert report["waits"] == [
        {"answered_seconds": 0.0, "retry_after_seconds": 1, "in_flight": 1, "arrivals": 2}
    ]
    traffic.close(in_flight, status=200)


@pytest.mark.parametrize(("seconds", "counts"), [(0.04, 0), (0.06, 1), (0.99, 1), (1.0, 0)])
def test_a_wait_covers_from_transit_to_its_end(
    make: Callable[..., Traffic], clock: Clock, seconds: float, counts: int
) -> None:
    traffic = make()
    refuse(traffic, seconds=1)
    clock.now += seconds
    arrive(traffic)
    assert traffic.report()["waits_broken"] == counts


def test_every_wait_that_covers_an_arrival_counts_it(make: Callable[..., Traffic], clock: Clock) -> None:
    traffic = make()
    refuse(traffic, seconds=1)
    refuse(traffic, seconds=9)
    clock.now += 0.5
    arrive(traffic)
    clock.now += 5
    arrive(traffic)
    assert [wait["arrivals"] for wait in traffic.report()["waits"]] == [1, 2]
    assert traffic.report()["waits_asked"] == 2


def test_the_log_is_bounded_and_the_counts_are_not(make: Callable[..., Traffic]) -> None:
    traffic = make(log_size=3)
    for _ in range(10):
        traffic.close(arrive(traffic), status=200)
    report = traffic.report()
    assert len(report["arrivals"]) == 3
    assert report["calls"] == 10
    assert "arrivals" not in traffic.report(with_log=False)


def test_names_of_requests_are_bounded(make: Callable[..., Traffic]) -> None:
    traffic = make()
    for index in range(200):
        traffic.arrive(what=f"GET /{index}", metered=False)
    names = traffic.report()["by_request"]
    assert names["others"] == 100
    assert len(names) == 101


def test_peaks_count_refused_calls_apart(make: Callable[..., Traffic], clock: Clock) -> None:
    traffic = make(calls_per_minute=1)
    for _ in range(3):
        arrival = arrive(traffic)
        refused = traffic.admit(arrival, tokens=5)
        traffic.close(arrival, status=429 if refused else 200)
        clock.now += 10
    report = traffic.report()
    assert (report["peak_calls_per_window"], report["peak_accepted_per_window"]) == (3, 1)
    assert (report["calls"], report["accepted"], report["refused"], report["tokens"]) == (3, 1, 2, 5)
    assert report["calls_per_minute"] == pytest.approx(6.0)


def test_changed_limits_hold_for_what_is_already_counted(make: Callable[..., Traffic]) -> None:
    traffic = make()
    traffic.admit(arrive(traffic), tokens=1)
    traffic.change(Behaviour(calls_per_minute=1))
    assert traffic.admit(arrive(traffic), tokens=1) is not None


def test_a_reset_forgets_all(make: Callable[..., Traffic]) -> None:
    traffic = make(calls_per_minute=1)
    traffic.admit(arrive(traffic), tokens=1)
    traffic.reset(Behaviour(calls_per_minute=1))
    assert traffic.report()["calls"] == 0
    assert traffic.admit(arrive(traffic), tokens=1) is None
