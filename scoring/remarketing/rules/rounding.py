"""The one way scores are rounded."""

import math
from decimal import Decimal
from fractions import Fraction


def round_half_up(value: int | Decimal | Fraction) -> int:
    """Round to the nearest whole number, a half upwards. No floats: their halves often are none."""
    return math.floor(value * 2 + 1) // 2


def clamp(value: int, *, lowest: int, highest: int) -> int:
    """Return the number within the bounds that is nearest to the value."""
    return max(lowest, min(highest, value))
