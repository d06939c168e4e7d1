"""How much of a lane a claim may take: pure arithmetic over what the budgets have in use."""

import math
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

SHORT_WINDOW_SECONDS = 60
LARGEST_RATIO = 10.0
ONE_CALL: Mapping[str, int] = {"calls": 1, "tokens": 1}


@dataclass(frozen=True)
class BudgetUse:
    """One budget with what is in use of it. Units: the currency's own; None is never stored."""

    currency: str
    limit: int
    window_seconds: float
    used: int
    frees_at: datetime | None = None
    paces: bool = False
    """An interval between calls: how many may be at hand, no limit that a job could exceed."""

    def allowed(self, rate_factor: float) -> int:
        """Return the limit in force: only rates of a minute or less bend to the governor."""
        if self.window_seconds > SHORT_WINDOW_SECONDS:
            return self.limit
        return max(1, math.floor(self.limit * rate_factor))


@dataclass
class Room:
    """What a lane has left for one claim."""

    groups: int
    rate_factor: float
    budgets: Sequence[BudgetUse]
    taken: Counter[str] = field(default_factory=Counter)

    def left(self, currency: str) -> float:
        """Return what every budget of a currency still lets through; infinite without one."""
        return min((self._free(b) for b in self.budgets if b.currency == currency), default=math.inf)

    def _free(self, budget: BudgetUse) -> int:
        return budget.allowed(self.rate_factor) - budget.used - self.taken[budget.currency]

    def limit_of(self, currency: str) -> float:
        limits = (b.limit for b in self.budgets if b.currency == currency and not b.paces)
        return min(limits, default=math.inf)

    def fits(self, amounts: Mapping[str, int]) -> bool:
        return self.groups > 0 and all(self._lets(b, amounts.get(b.currency, 0)) for b in self.budgets)

    def _lets(self, budget: BudgetUse, amount: int) -> bool:
        """Return whether a budget lets an amount through; an idle one lets through what its limit allows.

        A rate cut below what one job needs would never grow back: it takes an answer.
        """
        if budget.paces:
            return self._free(budget) > 0
        idle = not budget.used and not self.taken[budget.currency]
        return amount <= (budget.limit if idle else self._free(budget))

    def take(self, amounts: Mapping[str, int]) -> None:
        self.groups -= 1
        self.taken.update(amounts)

    def frees_at(self, amounts: Mapping[str, int] = ONE_CALL) -> datetime | None:
        """Return when what stands in the way of these amounts gets something back; None: nothing does."""
        moments = [
            b.frees_at for b in self.budgets if b.frees_at and self._free(b) < amounts.get(b.currency, 0)
        ]
        return max(moments, default=None)


def correct(estimate: int, *, ratio: float, limit: float) -> int:
    """Return the tokens to reserve for an estimate, by what answers really took; never more than fit."""
    wanted = math.ceil(estimate * min(LARGEST_RATIO, max(1 / LARGEST_RATIO, ratio)))
    return wanted if estimate > limit else int(min(wanted, limit))


def step_seconds(budgets: Iterable[BudgetUse], *, calls: int = 1, tokens: int = 0) -> float:
    """Return the seconds one call takes at the budgets of a minute or less; 0 when there are none."""
    amounts = {"calls": calls, "tokens": tokens}
    return max(
        (
            b.window_seconds / b.limit * amounts.get(b.currency, 0)
            for b in budgets
            if b.window_seconds <= SHORT_WINDOW_SECONDS
        ),
        default=0.0,
    )


def make_groups(
    rows: Sequence[dict[str, Any]], *, many: Callable[[str], int], cut: bool
) -> list[list[dict[str, Any]]]:
    """Put rows, in claim order, into the groups that will share a call.

    `cut` says that more rows may lie behind the last: its group, if not full, then waits for
    them, unless nothing else would be taken.
    """
    groups: list[list[dict[str, Any]]] = []
    open_groups: dict[tuple[str, str], list[dict[str, Any]]] = {}
    last: list[dict[str, Any]] = []
    for row in rows:
        size = 1 if row["alone"] or not row["group_key"] else many(row["kind"])
        key = (row["kind"], row["group_key"])
        group = open_groups.get(key) if size > 1 else None
        if group is None or len(group) >= size:
            group = []
            groups.append(group)
            if size > 1:
                open_groups[key] = group
        group.append(row)
        last = group
    if cut and len(groups) > 1 and len(last) < many(last[0]["kind"]) and not last[0]["alone"]:
        groups = [group for group in groups if group is not last]
    return groups
