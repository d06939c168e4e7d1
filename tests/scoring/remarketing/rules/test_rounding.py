from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.remarketing.rules.rounding import clamp, round_half_up


@pytest.mark.parametrize(
    ("value", "rounded"),
    [
        (Decimal("0.5"), 1),
        (Decimal("1.5"), 2),
        (Decimal("2.5"), 3),
        (Decimal("2.4999"), 2),
        (Decimal("42.21"), 42),
        (Fraction(1, 3), 0),
        (Fraction(5, 2), 3),
        (Decimal("-0.5"), 0),
        (Decimal("-0.6"), -1),
        (7, 7),
    ],
)
def test_a_half_is_rounded_up(value: Decimal | Fraction, rounded: int) -> None:
    assert round_half_up(value) == rounded


@given(st.fractions(min_value=-1000, max_value=1000))
def test_rounding_moves_by_half_at_most_and_never_down_from_a_half(value: Fraction) -> None:
    assert -Fraction(1, 2) < round_half_up(value) - value <= Fraction(1, 2)


@pytest.mark.parametrize(("value", "clamped"), [(-1, 0), (0, 0), (5, 5), (10, 10), (11, 10)])
def test_clamp_keeps_a_value_within_its_bounds(value: int, clamped: int) -> None:
    assert clamp(value, lowest=0, highest=10) == clamped
