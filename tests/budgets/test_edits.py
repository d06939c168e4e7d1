"""Budgets edited while four drains use them up: the new limit binds every call not yet under way."""

from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta

import pytest

from queueproject.queue import budgets, operations, providers, sql
from queueproject.queue.enqueue import NewJob, enqueue_many
from queueproject.queue.models import Budget, BudgetEntry, Job, Provider, Worker
from tests.budgets.handlers import LANE
from tests.processes import run_cluster, wait_for

pytestmark = [pytest.mark.chaos, pytest.mark.django_db(transaction=True), pytest.mark.timeout(900)]

WINDOW_SECONDS = 2
DRAINS = 4
PATIENCE_SECONDS = 120.0


@dataclass(frozen=True)
class Phase:
    """From an edit to the next: (limit, window in seconds) of each budget then in force."""

    name: str
    limits: tuple[tuple[int, int], ...]
    began_at: datetime


class Edits:
    """Edits one after the other, each after the last has been at work for a while."""

    def __init__(self) -> None:
        self.phases: list[Phase] = []
        self.budget = Budget.objects.get(provider=LANE, currency="calls")

    def begin(self, name: str, *limits: tuple[int, int], calls: int) -> None:
        """Note that an edit is in force, and wait until so many calls were made since."""
        began_at: datetime = sql.value("now")
        self.phases.append(Phase(name, limits, began_at))
        made = BudgetEntry.objects.filter(provider=LANE, spent_at__gt=began_at)
        wait_for(lambda: made.count() >= calls, seconds=PATIENCE_SECONDS, what=f"{calls} calls after: {name}")

    def check(self) -> None:
        """No call was let through that made more than the limits then in force allow."""
        entries = BudgetEntry.objects.filter(provider=LANE)
        calls = [(entry.spent_at, entry.answered_at) for entry in entries if entry.spent_at]
        calls.sort(key=lambda call: call[0])
        ends = [phase.began_at for phase in self.phases[1:]] + [sql.value("now")]
        for phase, end in zip(self.phases, ends, strict=True):
            for number, (spent_at, _) in enumerate(calls):
                if not phase.began_at < spent_at < end:
                    continue
                for limit, seconds in phase.limits:
                    oldest = spent_at - timedelta(seconds=seconds)
                    before = calls[: number + 1]
                    counted = sum(not answered_at or answered_at > oldest for _, answered_at in before)
                    assert counted <= limit, (phase.name, limit, seconds)


@pytest.fixture
def edits() -> Iterator[Edits]:
    providers.sync_providers()
    # Few enough that one drain cannot take a whole window's calls, and enough to want four.
    Provider.objects.filter(pk=LANE).update(max_in_flight=4 * DRAINS)
    Budget.objects.filter(provider=LANE, currency="calls").update(window_seconds=WINDOW_SECONDS, limit=40)
    enqueue_many("budgets.wait", [NewJob({"milliseconds": 150}) for _ in range(3000)])
    with ExitStack() as stack:
        for _ in range(2):
            stack.enter_context(run_cluster(slots=2, settings="tests.budgets.settings", LOG_LEVEL="ERROR"))
        drains = Worker.objects.filter(role="drain", status__in=["active", "idle"])
        wait_for(lambda: drains.count() >= DRAINS, seconds=PATIENCE_SECONDS, what="four drains at work")
        yield Edits()


def test_an_edited_budget_binds_every_call_made_after_it(edits: Edits) -> None:
    window, pk = WINDOW_SECONDS, edits.budget.pk
    edits.begin("as it was", (40, window), calls=45)
    operations.change_budget(pk, limit=12, actor="ada", reason="lowered")
    edits.begin("lowered", (12, window), calls=15)
    operations.change_budget(pk, limit=30, actor="ada", reason="raised")
    edits.begin("raised", (30, window), calls=35)
    assert busiest(edits.phases[-1].began_at, seconds=window) > 12, "what was raised is used"
    Budget.objects.filter(pk=pk).update(window_seconds=2 * window)
    budgets.recall(LANE)
    edits.begin("a longer window", (30, 2 * window), calls=32)
    added = Budget.objects.create(provider_id=LANE, currency="calls", limit=3, window_seconds=1)
    budgets.recall(LANE)
    edits.begin("another budget beside", (30, 2 * window), (3, 1), calls=9)
    added.delete()
    edits.begin("that one gone again", (30, 2 * window), calls=20)
    edits.check()
    assert Job.objects.filter(state="failed").count() == 0


def busiest(began_at: datetime, *, seconds: float) -> int:
    """Return the most calls spent within so many seconds."""
    entries = BudgetEntry.objects.filter(provider=LANE, spent_at__gt=began_at)
    times = [entry.spent_at for entry in entries if entry.spent_at]
    return max(sum(0 <= (later - first).total_seconds() < seconds for later in times) for first in times)
