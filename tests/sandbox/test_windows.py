import pytest
from hypothesis import given
from hypothesis import strategies as st

from queueproject.sandbox.windows import SlidingWindow


def test_an_arrival_leaves_the_window_after_exactly_its_length() -> None:
    window = SlidingWindow(seconds=60)
    window.add(1, now=100.0)
    assert window.find_wait(1, limit=1, now=159.999) == pytest.approx(0.001)
    assert window.find_wait(1, limit=1, now=160.0) is None


def test_the_wait_is_until_enough_has_left() -> None:
    window = SlidingWindow(seconds=10)
    for now, amount in ((0.0, 3), (1.0, 4), (2.0, 3)):
        window.add(amount, now=now)
    assert window.find_wait(1, limit=10, now=5.0) == pytest.approx(5.0)
    assert window.find_wait(4, limit=10, now=5.0) == pytest.approx(6.0)
    assert window.find_wait(10, limit=10, now=5.0) == pytest.approx(7.0)


def test_an_amount_above_the_limit_never_fits() -> None:
    window = SlidingWindow(seconds=10)
    assert window.find_wait(11, limit=10, now=0.0) == 10
    assert window.find_wait(1, limit=0, now=0.0) == 10


@given(
    steps=st.lists(st.tuples(st.floats(0, 3), st.integers(1, 5)), max_size=60),
    limit=st.integers(1, 12),
)
def test_no_sliding_window_ever_holds_more_than_the_limit(steps: list[tuple[float, int]], limit: int) -> None:
    window = SlidingWindow(seconds=5)
    now, accepted = 0.0, []
    for pause, amount in steps:
        now += pause
        if window.find_wait(amount, limit=limit, now=now) is None:
            window.add(amount, now=now)
            accepted.append((now, amount))
    for end, _amount in accepted:
        assert sum(amount for at, amount in accepted if end - 5 < at <= end) <= limit
    assert window.peak <= limit
