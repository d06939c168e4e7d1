"""The scheduler: what cron calls. It rescues, promotes, asks for drains, and writes down what it did.

Nothing waits for it: drains and keepers do the same by themselves. It is the second pair of eyes.
"""

from collections.abc import Mapping
from typing import Any

from django.db import transaction
from django.utils import timezone

from queueproject.queue import (
    batches,
    claim,
    conf,
    drains,
    grants,
    health,
    reranks,
    rescue,
    retention,
    sql,
    transitions,
    wake,
)
from queueproject.queue.models import SchedulerRun

PRUNE_SECONDS = 20.0


def run_scheduler(*, trigger: str, actor: str = "", dry_run: bool = False) -> SchedulerRun:
    """Do one pass; the run's row is written first and closed on every path. Two at once do no harm."""
    run = SchedulerRun.objects.create(trigger=trigger, actor=actor, dry_run=dry_run)
    try:
        overrides = conf.read_all()
        run.lanes = [_look_at(lane, overrides) for lane in drains.measure_lanes()]
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


def _look_at(lane: dict[str, Any], overrides: Mapping[tuple[str, str], Any]) -> dict[str, Any]:
    """Say of one lane how much is due, how much would be granted now, and why nothing."""
    granted, why = _grant(lane) if lane["due"] else (0, "nothing is due")
    if lane["paused"]:
        granted, why = 0, f"paused: {lane['paused_reason']}"
    elif lane["blocked_until"]:
        granted, why = 0, f"blocked until {lane['blocked_until']:%H:%M:%S} UTC"
    elif not conf.get("queue_enabled", provider=lane["key"], overrides=overrides):
        granted, why = 0, "queue_enabled is off"
    return {"provider": lane["key"], "due": lane["due"], "granted": granted, "why": why}


def _grant(lane: dict[str, Any]) -> tuple[int, str]:
    """Return how many due calls an open lane lets through now, and why none."""
    due: int = lane["due"]
    if not lane["metered"]:
        return due, ""
    key = lane["key"]
    flights = sql.rows("count_in_flight", lanes=[key], worker=0)
    most = 1 if lane["probing"] else lane["max_in_flight"]
    room = grants.Room(
        most - (flights[0]["leases"] if flights else 0),
        lane["rate_factor"],
        claim.budget_uses([key]).get(key, []),
    )
    if min(room.left("calls"), room.left("tokens")) <= 0:
        return 0, "its budget is used up"
    granted = int(min(due, room.groups, room.left("calls")))
    return (granted, "") if granted > 0 else (0, "as many calls as may be are under way")


def _act(run: SchedulerRun) -> None:
    run.rescued = rescue.rescue_dead()
    batches.sweep()
    reranks.go_on()
    retention.sweep_reservations()
    retention.prune(seconds=PRUNE_SECONDS)
    with transaction.atomic():
        promoted = transitions.promote(
            lanes=[lane["provider"] for lane in run.lanes if lane["granted"]],
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
