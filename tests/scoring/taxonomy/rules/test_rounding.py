from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scoring.taxonomy.rules.rounding import LARGEST_MONEY, round_half_up, round_money


@pytest.mark.parametrize(
    ("value", "rounded"),
    [
        (0.5, 1),
        (1.5, 2),
        (2.5, 3),
        (2.4999, 2),
        (0.0, 0),
        (7, 7),
        (-0.5, 0),
        (100 * (0.25 * 0.1 + 0.3 * 1.0 + 0.1 * 0.8), 41),
        (0.1 + 0.2 + 40.2, 41),
        (8.05 * 10 - 40, 41),
    ],
)
def test_a_half_is_rounded_up_even_when_arithmetic_smeared_it(value: float, rounded: int) -> None:
    assert round_half_up(value) == rounded


@given(st.floats(0, 1e9))
def test_rounding_moves_by_half_at_most(value: float) -> None:
    assert abs(round_half_up(value) - value) <= 0.5 + 1e-6


@pytest.mark.parametrize(
    ("value", "money"),
    [
        (0.0, "0.00"),
        (2.675, "2.68"),
        (1.005, "1.01"),
        (0.125, "0.13"),
        (1728.6956521739132, "1728.70"),
        (2560.0, "2560.00"),
        (1e12, str(LARGEST_MONEY)),
        (1e80, str(LARGEST_MONEY)),
        (float("inf"), str(LARGEST_MONEY)),
    ],
)
def test_money_is_rounded_to_cents_half_up_and_cut_to_its_column(value: float, money: str) -> None:
    assert round_money(value) == Decimal(money)
