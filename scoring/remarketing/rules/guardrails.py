"""Signs that a whole run of scores went wrong for want of data."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal, Protocol

_SMALLEST_SPREAD: Final = 10
_FEWEST_BUYERS: Final = 5


class Scored(Protocol):
    """What is looked at of each result."""

    @property
    def composite_score(self) -> int | None:
        """Return the score, None where there is none."""

    @property
    def is_disqualified(self) -> bool:
        """Say whether the buyer was ruled out."""


@dataclass(frozen=True, slots=True)
class Guardrail:
    """One thing staff should look at before they trust the ranking."""

    code: Literal["all_disqualified", "narrow_spread"]
    message: str


def find_guardrails(results: Iterable[Scored]) -> tuple[Guardrail, ...]:
    """Look over the scores of one listing: all ruled out, or hardly told apart."""
    rows = list(results)
    if rows and all(row.is_disqualified for row in rows):
        message = f"Every buyer ({len(rows)}) is disqualified. This usually means a problem with the data."
        return (Guardrail("all_disqualified", message),)
    scores = [
        row.composite_score for row in rows if row.composite_score is not None and not row.is_disqualified
    ]
    if len(scores) > _FEWEST_BUYERS and (spread := max(scores) - min(scores)) < _SMALLEST_SPREAD:
        message = (
            f"The scores of {len(scores)} buyers lie within {spread} points of each other. "
            "This usually means a problem with the data."
        )
        return (Guardrail("narrow_spread", message),)
    return ()
