"""The scheduler: what cron calls. It rescues, promotes, asks for drains, and writes down what it did.

Nothing waits for it: drains and keepers do the same by themselves. It is the second pair of eyes.
"""

from typing import Any

from django.db import transaction
from django.utils import timezone

from queueproject.queue import batches, claim, conf, drains, health, rescue, retention, transitions, wake
from queueproject.queue.models import SchedulerRun


def run_scheduler(*, trigger: str, actor: str = "", dry_run: bool = False) -> SchedulerRun:
    """Do one pass; the run's row is written first and closed on every path. Two at once do no harm."""
    run = SchedulerRun.objects.create(trigger=trigger, actor=actor, dry_run=dry_run)
    try:
        run.lanes = [_look_at(lane) for lane in drains.measure_lanes()]
        if dry_run:
            run.result = _say(run, dry_run=True)
        else:
            _act(run)
    except Exception as error:
        run.error = f"{type(error).__name__}: {error}"[:2000]
        run.result = "failed"
        raise
    finally:
        run.finished_at = timezone.now()
        run.save()
    return run


def _look_at(lane: dict[str, Any]) -> dict[str, Any]:
    """Say of one lane how much is due, how much its budgets would grant now, and why nothing."""
    granted: float = lane["due"]
    why = "" if lane["due"] else "nothing is due"
    if lane["metered"]:
        free = [
            use.limit - use.used
            for use in claim.budget_uses([lane["key"]]).get(lane["key"], [])
            if use.currency == "calls"
        ]
        granted = max(0, min([lane["due"], lane["max_in_flight"], *free]))
        if lane["due"] and not granted:
            why = "its budget is used up"
    if lane["paused"]:
        granted, why = 0, f"paused: {lane['paused_reason']}"
    elif lane["blocked_until"]:
        granted, why = 0, f"blocked until {lane['blocked_until']:%H:%M:%S} UTC"
    return {"provider": lane["key"], "due": lane["due"], "granted": granted, "why": why}


def _act(run: SchedulerRun) -> None:
    run.rescued = rescue.rescue_dead()
    batches.sweep()
    retention.sweep_reservations()
    retention.prune()
    with transaction.atomic():
        promoted = transitions.promote(
            lanes=[lane["provider"] for lane in run.lanes if not lane["why"]],
            head_start=conf.get("head_start_seconds_per_point"),
            most=claim.PROMOTED_AT_ONCE,
        )
        for lane in {row["provider_id"] for row in promoted}:
            wake.tell(lane, sort_key=min(row["sort_key"] for row in promoted if row["provider_id"] == lane))
    run.promoted = len(promoted)
    run.drains_started = drains.request_if_needed(reason="scheduler")
    run.result = _say(run, dry_run=False)


def _say(run: SchedulerRun, *, dry_run: bool) -> str:
    due = sum(lane["due"] for lane in run.lanes)
    if health.no_live_worker():
        return f"{due} jobs are due and no worker lives. Start one: {health.WORKER_COMMAND}"
    if not due:
        return "nothing is due"
    if dry_run:
        return f"{due} jobs are due"
    crew = drains.count_crew()
    return f"{due} jobs are due; {crew.drains} drains live, {run.drains_started} asked for"
