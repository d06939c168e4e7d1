import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.taxonomy.rules.choices import DEFAULT_CURVE
from scoring.taxonomy.rules.ctr import expected_ctr

POSITIONS = st.floats(1, 1_000, allow_nan=False)


@pytest.mark.parametrize(("position", "rate"), list(enumerate(DEFAULT_CURVE, start=1)))
def test_whole_positions_stand_on_the_curve(position: int, rate: float) -> None:
    assert expected_ctr(position, DEFAULT_CURVE) == rate


@pytest.mark.parametrize(
    ("position", "rate"),
    [
        (0, 0.0),
        (0.999, 0.0),
        (1.5, 0.221),
        (3.5, 0.079),
        (9.999, 0.016003),
        (10.0, 0.016),
        (12, 0.010725),
        (20, 0.002165),
    ],
)
def test_between_positions_the_rate_is_linear_and_beyond_ten_it_decays(position: float, rate: float) -> None:
    assert expected_ctr(position, DEFAULT_CURVE) == pytest.approx(rate, abs=5e-7)


def test_another_curve_gives_other_rates() -> None:
    assert expected_ctr(2.5, [0.4, 0.2, 0.1]) == pytest.approx(0.15)
    assert expected_ctr(3, [0.4, 0.2, 0.1]) == 0.1


@given(POSITIONS, POSITIONS)
def test_a_better_position_is_never_expected_to_bring_less(one: float, other: float) -> None:
    better, worse = sorted((one, other))
    assert expected_ctr(better, DEFAULT_CURVE) >= expected_ctr(worse, DEFAULT_CURVE) > 0
