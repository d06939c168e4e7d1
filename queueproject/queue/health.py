"""Is anybody working, and is anything wrong? Asked by pages, by waiting commands and by monitoring."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from enum import IntEnum
from typing import Any

from django.db.models import Count, Exists, OuterRef
from django.utils import timezone

from queueproject.queue import conf, drains, sql
from queueproject.queue.models import Batch, BatchJob, Job, Worker
from queueproject.queue.registry import KINDS
from queueproject.queue.states import LIVE, LIVE_WORKER, WAITING, BatchState, State

WORKER_COMMAND = "python manage.py qcluster"
STALLED_AFTER_SECONDS = 300
WAITS_LONG_SECONDS = 86_400
SKEW_WARNING_SECONDS = 2.0
SKEW_CRITICAL_SECONDS = 30.0


class Level(IntEnum):
    """How bad it is; the exit code of `queue_health`."""

    HEALTHY = 0
    WARNING = 1
    CRITICAL = 2


@dataclass(frozen=True)
class Finding:
    """One thing that is wrong: a stable code, a sentence for staff, and what to do."""

    code: str
    level: Level
    sentence: str
    remedy: str

    def as_dict(self) -> dict[str, Any]:
        return asdict(self) | {"level": self.level.name.lower()}


def live_worker_exists() -> bool:
    crew = drains.count_crew()
    return crew.drains > 0 or crew.slots > 0


def no_live_worker() -> bool:
    """Return whether jobs wait while nobody lives who could take them; one short query."""
    return bool(sql.value("find_neglect", lease_seconds=drains.LEASE_SECONDS))


def find_faults() -> list[Finding]:
    """Look everything over, the worst first; a dozen queries, one of which reads every live job."""
    before = timezone.now()
    now: datetime = sql.value("now")
    after = timezone.now()
    findings = [
        *_look_for_workers(now),
        *_look_at_lanes(now),
        *_look_at_batches(),
        *_look_at_kinds(),
        *compare_clocks(before=before, database=now, after=after),
    ]
    return sorted(findings, key=lambda finding: -finding.level)


def database_away(error: Exception) -> Finding:
    """Say that nothing could be asked."""
    return Finding(
        "database_away",
        Level.CRITICAL,
        f"The database does not answer: {error}".strip(),
        "Start it, or mend DATABASE_URL; workers go on by themselves once it is back.",
    )


def worst_level(findings: list[Finding]) -> Level:
    return max((finding.level for finding in findings), default=Level.HEALTHY)


def _look_for_workers(now: datetime) -> list[Finding]:
    found = []
    if no_live_worker():
        waiting = Job.objects.filter(state__in=WAITING).count()
        found.append(
            Finding(
                "no_worker",
                Level.CRITICAL,
                f"{waiting} jobs wait and no worker lives.",
                f"Start one: {WORKER_COMMAND}",
            )
        )
    dead = now - timedelta(seconds=drains.LEASE_SECONDS)
    silent = Worker.objects.filter(status__in=LIVE_WORKER, heartbeat_at__lt=dead).order_by("pk")
    holding = [worker for worker in silent if worker.jobs.filter(state=State.PROCESSING).exists()]
    if holding:
        names = ", ".join(str(worker) for worker in holding[:5])
        found.append(
            Finding(
                "silent_workers",
                Level.WARNING,
                f"{len(holding)} workers fell silent, hold jobs, and nobody has rescued them: {names}.",
                "A living worker rescues within seconds, and so does: python manage.py run_scheduler",
            )
        )
    return found


def _look_at_lanes(now: datetime) -> list[Finding]:
    found = []
    overrides = conf.read_all()
    for lane in drains.measure_lanes():
        enabled = conf.get("queue_enabled", provider=lane["key"], overrides=overrides)
        closed = _closed_lane(lane, enabled=enabled)
        if closed:
            found.append(closed)
        elif lane["due"] and not lane["blocked_until"]:
            found += _look_at_head(lane, now)
    return found


def _closed_lane(lane: dict[str, Any], *, enabled: bool) -> Finding | None:
    """Say of a lane that lets nothing through why, and how it opens."""
    key, due = lane["key"], lane["due"]
    waits = f"{due} jobs wait for it" if due else "nothing waits for it"
    if lane["paused"] and lane["fault"]:
        return Finding(
            "provider_fault",
            Level.CRITICAL if due else Level.WARNING,
            f"{key} is paused, its account has a fault ({lane['fault']}): {lane['paused_reason']}. {waits}.",
            f"Mend the account, then: python manage.py queue resume {key} --test",
        )
    if lane["paused"] and due:
        return Finding(
            "provider_paused",
            Level.WARNING,
            f"{key} is paused: {lane['paused_reason']}. {waits}.",
            f"python manage.py queue resume {key}",
        )
    if not enabled and due:
        return Finding(
            "provider_disabled",
            Level.WARNING,
            f"queue_enabled is off for {key}. {waits}.",
            f"python manage.py queue set queue_enabled true --provider {key}",
        )
    if lane["blocked_until"]:
        return Finding(
            "provider_blocked",
            Level.WARNING,
            f"{key} answered 429, is blocked until {lane['blocked_until']:%Y-%m-%d %H:%M:%S} UTC. {waits}.",
            f"It opens by itself; if the provider says otherwise: python manage.py queue unblock {key}",
        )
    return None


def _look_at_head(lane: dict[str, Any], now: datetime) -> list[Finding]:
    """Look at the first waiting job of an open lane: too old, or passed over although it could run?"""
    key = lane["key"]
    head = (
        Job.objects.filter(provider_id=key, state=State.PENDING, held=None).order_by("sort_key", "id").first()
    )
    if head is None:
        return []
    age = (now - head.created_at).total_seconds()
    found = []
    budget_frees = lane["frees_at"] is not None and lane["frees_at"] > now
    worked = Job.objects.filter(provider_id=key, state=State.PROCESSING).exists()
    if age > STALLED_AFTER_SECONDS and not budget_frees and not worked and live_worker_exists():
        found.append(
            Finding(
                "stalled",
                Level.WARNING,
                f"{key} is open, its first job waits for {_hours(age)}, and no worker holds a job of it.",
                f"python manage.py queue why {head.pk}",
            )
        )
    if age > WAITS_LONG_SECONDS:
        found.append(
            Finding(
                "waits_long",
                Level.WARNING,
                f"The first waiting job of {key} was enqueued {_hours(age)} ago; {lane['due']} wait in all.",
                f"python manage.py queue why {head.pk}",
            )
        )
    return found


def _hours(seconds: float) -> str:
    minutes = int(seconds // 60)
    return f"{minutes} min" if minutes < 120 else f"{minutes // 60} h"


def _look_at_batches() -> list[Finding]:
    """Find running batches that a crash left without an open job; the sweep ends them, if anybody sweeps."""
    open_jobs = Job.objects.filter(batch=OuterRef("pk"), state__in=LIVE)
    shares = BatchJob.objects.filter(batch=OuterRef("pk"), counted=False)
    stuck = list(
        Batch.objects.filter(state=BatchState.RUNNING, sealed=True)
        .filter(~Exists(open_jobs), ~Exists(shares))
        .order_by("pk")
        .values_list("pk", flat=True)[:100]
    )
    if not stuck:
        return []
    names = ", ".join(str(number) for number in stuck[:10])
    return [
        Finding(
            "stuck_batches",
            Level.WARNING,
            f"{len(stuck)} batches run without an open job: {names}.",
            "A cluster's keeper ends them within seconds, and so does: python manage.py run_scheduler",
        )
    ]


def _look_at_kinds() -> list[Finding]:
    unknown = (
        Job.objects.filter(state__in=LIVE)
        .exclude(kind__in=list(KINDS))
        .order_by("kind")
        .values_list("kind")
        .annotate(jobs=Count("pk"))
    )
    return [
        Finding(
            "unknown_kind",
            Level.WARNING,
            f"{jobs} jobs are of kind {kind!r}, which no handler knows.",
            "Deploy the code that knows it; or cancel them.",
        )
        for kind, jobs in unknown
    ]


def compare_clocks(*, before: datetime, database: datetime, after: datetime) -> list[Finding]:
    """Compare this host's clock, read before and after, with the database's; pure."""
    ahead, behind = (before - database).total_seconds(), (database - after).total_seconds()
    skew = max(ahead, behind)
    if skew < SKEW_WARNING_SECONDS:
        return []
    where = "ahead of" if ahead > behind else "behind"
    return [
        Finding(
            "clock_skew",
            Level.CRITICAL if skew >= SKEW_CRITICAL_SECONDS else Level.WARNING,
            f"This host's clock is {skew:.1f} s {where} the database's: retries fall due at the wrong time.",
            "Let NTP set both clocks.",
        )
    ]
