"""What needs somebody now, worst first; pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from queueproject.console.words import duration, words
from queueproject.queue.models import SchedulerRun
from queueproject.queue.selectors.lanes import Lane

OLD = timedelta(minutes=30)


@dataclass(frozen=True)
class Warning:  # noqa: A001  the page's own word for it
    """One line on top of the dashboard, with what to do next."""

    level: str
    text: str
    command: str = ""
    provider: str = ""


def find_warnings(
    lanes: Sequence[Lane], runs: Sequence[SchedulerRun], *, worker_missing: bool, command: str
) -> list[Warning]:
    """List what keeps work from being done: nobody there, faults, pauses, old jobs, a failed run."""
    found = []
    waiting = sum(lane.depth.waiting for lane in lanes)
    if worker_missing:
        found.append(
            Warning("error", f"{waiting:,} jobs wait and no worker lives. Start one:", command=command)
        )
    for lane in lanes:
        found += _of_lane(lane, alone=worker_missing)
    if runs and runs[0].error:
        found.append(Warning("error", f"The last scheduler run failed: {runs[0].error}"))
    return sorted(found, key=lambda warning: warning.level != "error")


def _of_lane(lane: Lane, *, alone: bool) -> list[Warning]:
    provider, waiting = lane.provider, lane.depth.waiting
    if provider.fault:
        text = f"{provider.key} is paused by a fault of its account ({words(provider.fault)}): "
        return [Warning("error", text + provider.paused_reason, provider=provider.key)]
    if provider.paused_at and waiting:
        text = (
            f"{provider.key} is paused by {provider.paused_by or 'somebody'}; {waiting:,} jobs wait for it."
        )
        return [Warning("warning", text, provider=provider.key)]
    oldest = lane.depth.oldest_at
    if oldest and lane.now - oldest > OLD and not alone and not lane.is_blocked:
        age = duration((lane.now - oldest).total_seconds())
        text = f"The first job of {provider.key} has waited for {age}: more is asked than it may take."
        return [Warning("warning", text, provider=provider.key)]
    return []
