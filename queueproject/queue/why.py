"""Why does it wait? The first thing in the way, and when it clears.

One function for the console, the API and the tests, so that none of them can tell another story.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Q, QuerySet
from django.utils import timezone

from queueproject.queue import conf, forecast, grants, health, sql
from queueproject.queue.claim import budget_uses
from queueproject.queue.models import Batch, Job, Provider
from queueproject.queue.registry import UnknownKind, get_kind
from queueproject.queue.states import PARKED, WAITING, Held, State

MOST_SORTED = 2000


@dataclass(frozen=True)
class Reason:
    """What is in the way: a stable code, a sentence for staff, and when it clears (None: unknown)."""

    code: str
    sentence: str
    clears_at: datetime | None = None


def why_waiting(job: Job) -> Reason | None:
    """Return the first thing a job waits for; None when it does not wait."""
    if job.state not in WAITING:
        return None
    now = timezone.now()
    lane = job.provider
    return (
        _batch_reason(job)
        or _lane_reason(lane, now)
        or _kind_reason(job)
        or _worker_reason()
        or _due_reason(job, now)
        or _held_reason(job)
        or _budget_reason(job)
        or _order_reason(job)
    )


def why_batch_waits(batch: Batch) -> Reason | None:
    """Return what keeps a running batch's next job from starting; None while one is running."""
    if not batch.is_running:
        return None
    jobs = Job.objects.filter(batch=batch).select_related("provider", "batch")
    if jobs.filter(state=State.PROCESSING).exists():
        return None
    pending = jobs.filter(state=State.PENDING)
    waiting = (
        _first(pending.filter(held=None), "sort_key", "id")
        or pending.filter(held__isnull=False).order_by("sort_key", "id").first()
        or _first(jobs.filter(state__in=PARKED), "due_at")
    )
    return why_waiting(waiting) if waiting else None


def _first(jobs: QuerySet[Job], *order: str) -> Job | None:
    """Return the first of a batch's jobs; of a very large one, which nothing sorts, the first of some."""
    return jobs.filter(pk__in=jobs.values("pk")[:MOST_SORTED]).order_by(*order).first()


def _batch_reason(job: Job) -> Reason | None:
    if job.batch and job.batch.paused:
        by = f" by {job.batch.paused_by}" if job.batch.paused_by else ""
        return Reason("batch_paused", f"Its batch is paused{by}. Resume the batch to go on.")
    return None


def _lane_reason(lane: Provider, now: datetime) -> Reason | None:
    for bad in conf.find_invalid(conf.read_all()):
        if bad.closes and bad.provider in ("", lane.key):
            return Reason(
                "bad_setting", f"A stored setting is not possible, so {lane.label} is shut: {bad.fault}"
            )
    if not conf.get("queue_enabled", provider=lane.key):
        return Reason("disabled", f"The setting queue_enabled is off for {lane.label}.")
    if lane.paused_at:
        how = f"a fault of the account ({lane.fault})" if lane.fault else lane.paused_by or "staff"
        return Reason("provider_paused", f"{lane.label} is paused by {how}: {lane.paused_reason}")
    if lane.blocked_until and lane.blocked_until > now:
        return Reason(
            "provider_blocked",
            f"{lane.label} answered 429 and is blocked until {lane.blocked_until:%H:%M:%S} UTC.",
            lane.blocked_until,
        )
    return None


def _kind_reason(job: Job) -> Reason | None:
    try:
        get_kind(job.kind)
    except UnknownKind as error:
        return Reason("kind", f"It cannot run: {error}.")
    return None


def _worker_reason() -> Reason | None:
    if health.live_worker_exists():
        return None
    return Reason("no_worker", f"No worker lives. Start one: {health.WORKER_COMMAND}")


def _due_reason(job: Job, now: datetime) -> Reason | None:
    if job.state not in PARKED or job.due_at is None or job.due_at <= now:
        return None
    what = "Its provider asked to wait" if job.state == State.RATE_LIMITED else "It is scheduled"
    if job.state == State.SCHEDULED and job.attempts:
        what = f"Try {job.attempts} of {job.max_attempts} failed; the next one waits"
    return Reason("due_at", f"{what} until {job.due_at:%Y-%m-%d %H:%M:%S} UTC.", job.due_at)


def _held_reason(job: Job) -> Reason | None:
    if job.held == Held.IN_FLIGHT and job.batch:
        return Reason("batch_in_flight", f"Its batch runs at most {job.batch.max_in_flight} jobs at once.")
    return None


def _budget_reason(job: Job) -> Reason | None:
    lane = job.provider
    if not lane.metered:
        return None
    needs = {"calls": job.calls, "tokens": job.estimated_tokens}
    for use in budget_uses([lane.key]).get(lane.key, []):
        allowed, needed = use.allowed(lane.rate_factor), needs.get(use.currency, 0)
        room = grants.Room(1, lane.rate_factor, [use])
        if not room.fits(needs):
            if use.paces:
                words = f"{lane.label} lets one call start every {use.window_seconds / use.limit:g} s."
                return Reason("interval", words, use.frees_at)
            until = f" until {use.frees_at:%H:%M:%S} UTC" if use.frees_at else ""
            words = f"{lane.label} has used {use.used} of {allowed} {use.currency} per {_window(use)}{until}."
            if use.used < allowed:
                words += f" This job needs {needed}."
            return Reason("budget", words, use.frees_at)
    flights = sql.rows("count_in_flight", lanes=[lane.key], worker=0)
    leases = flights[0]["leases"] if flights else 0
    most = 1 if lane.probing else lane.max_in_flight
    if leases >= most:
        probe = " (one call goes first after a block)" if lane.probing else ""
        return Reason("in_flight", f"{leases} of {most} calls to {lane.label} are under way{probe}.")
    others = flights[0]["other_workers"] if flights else 0
    if lane.max_concurrent_workers is not None and others >= lane.max_concurrent_workers:
        return Reason(
            "in_flight", f"{others} of {lane.max_concurrent_workers} workers call {lane.label} now."
        )
    return None


def _window(use: grants.BudgetUse) -> str:
    names: dict[float, str] = {60: "minute", 3600: "hour", 86400: "day"}
    return names.get(use.window_seconds, f"{use.window_seconds:g} s")


def _order_reason(job: Job) -> Reason:
    """It is nobody's fault: others are first."""
    rank = _fresh_rank(job) if job.sort_key is None else job.sort_key
    ahead = Job.objects.filter(provider_id=job.provider_id, state=State.PENDING, held=None).filter(
        Q(sort_key__lt=rank) | Q(sort_key=rank, id__lt=job.pk)
    )[: forecast.COUNT_UP_TO + 1]
    count = ahead.count()
    shown = f"more than {forecast.COUNT_UP_TO}" if count > forecast.COUNT_UP_TO else str(count)
    seconds = forecast.forecast(provider=job.provider_id, calls=count + 1).seconds
    clears = timezone.now() + timedelta(seconds=seconds)
    if not count:
        return Reason("next", "It is next: a worker will take it within seconds.", clears)
    return Reason("order", f"{shown} jobs of {job.provider.label} are ahead of it.", clears)


def _fresh_rank(job: Job) -> float:
    """Return the rank a job that just fell due gets when it is promoted."""
    now = timezone.now().timestamp()
    return min(now, job.provider.clock) - job.priority * float(conf.get("head_start_seconds_per_point"))
