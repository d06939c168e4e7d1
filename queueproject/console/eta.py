"""When operations end, by what is left of their providers' budgets."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from queueproject.console.actions import BATCHES, Action
from queueproject.queue.forecast import CALL_SECONDS, Forecast, forecast, wait_seconds
from queueproject.queue.models import Batch
from queueproject.queue.registry import KINDS
from queueproject.queue.selectors.batches import (
    MOST_SAMPLED,
    OpenJobs,
    Progress,
    sample_open_jobs,
)
from queueproject.queue.selectors.lanes import Lane

SCALED = ("jobs", "units", "tokens", "groups")


@dataclass(frozen=True)
class RunningBatch:
    """A row of the dashboard."""

    batch: Batch
    ends_at: datetime | None
    actions: dict[str, Action]

    @property
    def progress(self) -> Progress:
        return Progress(self.batch)


def with_ends(batches: Sequence[Batch], lanes: Sequence[Lane], *, now: datetime) -> list[RunningBatch]:
    """Say of running batches when each would end, by the budgets already read; one query for all."""
    by_key = {lane.provider.key: lane for lane in lanes}
    left = sample_open_jobs([batch.pk for batch in batches])
    return [
        RunningBatch(batch=batch, ends_at=_end(batch, left[batch.pk], by_key, now), actions=BATCHES)
        for batch in batches
    ]


def _end(batch: Batch, left: Sequence[OpenJobs], lanes: Mapping[str, Lane], now: datetime) -> datetime | None:
    """Return when the slowest lane is through; None when one of them cannot tell."""
    calls: Counter[str] = Counter()
    for jobs in _scale_up(batch, left):
        calls[jobs.provider] += _calls(jobs)
    ends = [_lane_end(lanes[key], count, now) for key, count in calls.items() if key in lanes]
    known = [end for end in ends if end]
    return max(known) if known and len(known) == len(ends) else None


def _scale_up(batch: Batch, left: Sequence[OpenJobs]) -> list[OpenJobs]:
    """Return what a batch has left in all, by the units of it that were not looked at."""
    looked_at = sum(jobs.units for jobs in left)
    if sum(jobs.jobs for jobs in left) < MOST_SAMPLED or batch.open_units <= looked_at:
        return list(left)
    scale = batch.open_units / looked_at
    return [
        replace(jobs, **{name: math.ceil(getattr(jobs, name) * scale) for name in SCALED}) for jobs in left
    ]


def _lane_end(lane: Lane, calls: int, now: datetime) -> datetime | None:
    if not lane.provider.metered or lane.provider.paused_at:
        return None
    seconds = calls * CALL_SECONDS / lane.provider.max_in_flight
    for budget in lane.budgets:
        if budget.use and budget.currency == "calls":
            wait = wait_seconds(budget.use, amount=calls, rate_factor=lane.provider.rate_factor, now=now)
            seconds = max(seconds, wait)
    opens_at = lane.provider.blocked_until if lane.is_blocked else None
    return (opens_at or now) + timedelta(seconds=seconds)


def _calls(jobs: OpenJobs) -> int:
    """Return the calls that open jobs need: one a group, and no group is larger than its kind allows."""
    known = KINDS.get(jobs.kind)
    if known is None:
        return jobs.jobs
    if known.many == 1:
        return jobs.jobs * known.calls
    return max(jobs.groups, math.ceil(jobs.jobs / known.many)) * known.calls


def forecast_batch(batch: Batch, *, rate: float, now: datetime) -> Forecast | None:
    """Forecast a running batch on the provider that takes longest; None when nothing can be said.

    Work of our own has no budget: there the pace of the last minutes (`rate`, jobs a minute) tells.
    """
    if not batch.is_running:
        return None
    left = _scale_up(batch, sample_open_jobs([batch.pk])[batch.pk])
    found = [_forecast(jobs, rate=rate, now=now) for jobs in left]
    return max((each for each in found if each), key=lambda each: each.ends_at, default=None)


def _forecast(jobs: OpenJobs, *, rate: float, now: datetime) -> Forecast | None:
    if jobs.metered:
        return forecast(provider=jobs.provider, calls=_calls(jobs), tokens=jobs.tokens)
    if not rate:
        return None
    seconds = jobs.jobs * 60 / rate
    return Forecast(0, seconds, "At the pace of the last minutes.", now + timedelta(seconds=seconds))
