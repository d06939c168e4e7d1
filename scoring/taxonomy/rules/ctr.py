"""The click-through rate that a search position should bring."""

import math
from collections.abc import Sequence
from typing import Final

_DECAY: Final = 0.2
# Two roundings lie between a node's rate and its share: what is this near a step has reached it.
_SMEAR: Final = 1e-9


def expected_ctr(position: float, curve: Sequence[float]) -> float:
    """Return the expected rate: linear between whole positions, falling exponentially beyond the last.

    Below position 1 there is none: 0.
    """
    if position < 1:
        return 0.0
    last = len(curve)
    if position >= last:
        return curve[-1] * math.exp(-_DECAY * (position - last))
    place = int(position)
    rate = curve[place - 1]
    return rate + (curve[place] - rate) * (position - place)


def reaches(share: float, *, actual: float, expected: float) -> bool:
    """Say whether the actual rate is at least a share of the expected one."""
    return actual >= (share - _SMEAR) * expected
