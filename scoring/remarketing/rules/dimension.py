"""What each dimension's module hands to the assembly."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

NEUTRAL: Final = Decimal(1)


@dataclass(frozen=True, slots=True)
class Dimension:
    """One dimension of a fit: its score (0-100), the gate it puts on the composite, and why.

    `left_out` says which data is missing; a dimension with anything there is shown and does not count.
    """

    score: int
    reason: str
    left_out: str = ""
    multiplier: Decimal = NEUTRAL
    disqualification: str = ""

    @property
    def counts(self) -> bool:
        """Say whether both sides have the dimension's data."""
        return not self.left_out
