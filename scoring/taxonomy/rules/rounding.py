"""The one way figures are rounded: to the nearest, a half upwards."""

import math
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

LARGEST_MONEY: Final = Decimal("999999999999.99")
_CENT: Final = Decimal("0.01")
# Arithmetic smears 40.5 into 40.49999999999999: what lies this near a half is one.
_SMEAR: Final = 1e-9


def round_half_up(value: float) -> int:
    """Round to the nearest whole number, a half upwards; what is less than 1e-9 below a half is a half."""
    return math.floor(value + 0.5 + _SMEAR)


def round_money(value: float) -> Decimal:
    """Round to cents, a half upwards, and cut to what a money column holds; for figures from 0."""
    if not value < LARGEST_MONEY:
        return LARGEST_MONEY
    return Decimal(f"{value:.6f}").quantize(_CENT, rounding=ROUND_HALF_UP)
