"""Is anybody working, and is anything wrong? Asked by pages, by waiting commands and by monitoring."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, OuterRef
from django.utils import timezone

from queueproject.queue import conf, drains, sql, upkeep
from queueproject.queue.findings import Finding, Level, in_words, worst_level
from queueproject.queue.models import Batch, BatchJob, Job, Worker
from queueproject.queue.registry import BROKEN, KINDS
from queueproject.queue.selectors import sql as selectors_sql
from queueproject.queue.states import LIVE, LIVE_WORKER, BatchState, State
from queueproject.queue.upkeep import Snapshot, Table

WORKER_COMMAND = "python manage.py qcluster"
STALLED_AFTER_SECONDS = 300
WAITS_LONG_SECONDS = 86_400
KINDS_LOOKED_AT = 1000
SKEW_WARNING_SECONDS = 2.0
SKEW_CRITICAL_SECONDS = 30.0


@dataclass(frozen=True)
class Waiting:
    """What waits on one lane: how much is due (counted up to a bound), and since when the first of it."""

    provider: str
    due: int
    head_id: int | None
    head_at: datetime | None
    worked: bool
    is_open: bool


@dataclass(frozen=True)
class Health:
    """The queue looked over: what is wrong, the worst first, and the figures it was told by."""

    findings: list[Finding]
    lanes: list[Waiting]
    tables: list[Table]
    snapshot: Snapshot | None
    now: datetime
    skew_seconds: float

    @property
    def level(self) -> Level:
        return worst_level(self.findings)

    def as_dict(self) -> dict[str, Any]:
        return {
            "level": self.level.word,
            "findings": [finding.as_dict() for finding in self.findings],
            "lanes": [vars(lane) for lane in self.lanes],
            "clock_skew_seconds": round(self.skew_seconds, 3),
            **upkeep.facts_of(self.tables, self.snapshot),
        }


def live_worker_exists() -> bool:
    crew = drains.count_crew()
    return crew.drains > 0 or crew.slots > 0


def no_live_worker() -> bool:
    """Return whether jobs wait while nobody lives who could take them; one short query."""
    return bool(sql.value("find_neglect", lease_seconds=drains.LEASE_SECONDS))


def find_faults() -> list[Finding]:
    """Look everything over and return what is wrong, the worst first."""
    return look_over().findings


def look_over() -> Health:
    """Look everything over; a fixed number of queries, none of which reads all that waits."""
    before = timezone.now()
    now: datetime = sql.value("now")
    after = timezone.now()
    lanes = drains.measure_lanes()
    waiting = _find_waiting(lanes)
    tables, snapshot = upkeep.measure_tables(), upkeep.find_oldest_snapshot()
    findings = [
        *_look_for_workers(now, waiting),
        *_look_at_lanes(lanes, waiting, now),
        *_look_at_batches(),
        *_look_at_kinds(),
        *_look_at_settings(),
        *upkeep.look_at_tables(tables, snapshot),
        *upkeep.look_at_snapshot(snapshot, now),
        *compare_clocks(before=before, database=now, after=after),
    ]
    return Health(
        findings=sorted(findings, key=lambda finding: -finding.level),
        lanes=waiting,
        tables=tables,
        snapshot=snapshot,
        now=now,
        skew_seconds=max((before - now).total_seconds(), (now - after).total_seconds(), 0.0),
    )


def _find_waiting(lanes: list[dict[str, Any]]) -> list[Waiting]:
    heads = {row["provider"]: row for row in selectors_sql.rows("find_heads")}
    return [
        Waiting(
            provider=lane["key"],
            due=lane["due"],
            head_id=heads[lane["key"]]["id"],
            head_at=heads[lane["key"]]["created_at"],
            worked=heads[lane["key"]]["worked"],
            is_open=lane["enabled"] and not lane["paused"] and not lane["blocked_until"],
        )
        for lane in lanes
    ]


def database_away(error: Exception) -> Finding:
    """Say that nothing could be asked."""
    return Finding(
        "database_away",
        Level.CRITICAL,
        f"The database does not answer: {error}".strip(),
        "Start it, or mend DATABASE_URL; workers go on by themselves once it is back.",
    )


def _look_for_workers(now: datetime, waiting: list[Waiting]) -> list[Finding]:
    found = []
    if no_live_worker():
        lanes = ", ".join(f"{lane.provider} {lane.due}" for lane in waiting if lane.due)
        jobs = sum(lane.due for lane in waiting)
        found.append(
            Finding(
                "no_worker",
                Level.CRITICAL,
                f"{jobs} jobs wait ({lanes}) and no worker lives."
                if jobs
                else "Jobs wait until they fall due, and no worker lives.",
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


def _look_at_lanes(lanes: list[dict[str, Any]], waiting: list[Waiting], now: datetime) -> list[Finding]:
    found = []
    lives = live_worker_exists()
    for lane, head in zip(lanes, waiting, strict=True):
        closed = _closed_lane(lane)
        if closed:
            found.append(closed)
        elif head.head_at and head.due:
            budget_frees = lane["frees_at"] is not None and lane["frees_at"] > now
            found += _look_at_head(head, now, is_taken=budget_frees or head.worked or not lives)
    return found


def _closed_lane(lane: dict[str, Any]) -> Finding | None:
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
    if not lane["enabled"] and due:
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


def _look_at_head(lane: Waiting, now: datetime, *, is_taken: bool) -> list[Finding]:
    """Look at the first waiting job of an open lane: too old, or passed over although it could run?"""
    if lane.head_at is None:
        return []
    age = (now - lane.head_at).total_seconds()
    found = []
    if age > STALLED_AFTER_SECONDS and not is_taken:
        found.append(
            Finding(
                "stalled",
                Level.WARNING,
                f"{lane.provider} is open, its first job waits for {in_words(age)}, and no worker holds a "
                "job of it.",
                f"python manage.py queue why {lane.head_id}",
            )
        )
    if age > WAITS_LONG_SECONDS:
        found.append(
            Finding(
                "waits_long",
                Level.WARNING,
                f"The first waiting job of {lane.provider} was enqueued {in_words(age)} ago; {lane.due} "
                "wait in all.",
                f"python manage.py queue why {lane.head_id}",
            )
        )
    return found


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
    """Find jobs no handler knows, and kinds whose options make them impossible to run."""
    rows = selectors_sql.rows("find_unknown_kinds", known=list(KINDS), most=KINDS_LOOKED_AT)
    unknown = [
        Finding(
            "unknown_kind",
            Level.WARNING,
            f"{row['jobs']} jobs are of kind {row['kind']!r}, which no handler knows.",
            "Deploy the code that knows it; or cancel them.",
        )
        for row in rows
        if row["kind"] not in BROKEN
    ]
    broken = [
        Finding(
            "broken_kind",
            Level.WARNING,
            f"Kind {name!r} cannot run: {fault}. Its jobs wait, everything else goes on.",
            "Mend the options of its handler and deploy.",
        )
        for name, fault in sorted(BROKEN.items())
    ]
    return [*unknown, *broken]


def _look_at_settings() -> list[Finding]:
    """Find stored settings that are not what their key allows, however they came there."""
    return [
        Finding(
            "bad_setting",
            Level.WARNING,
            f"A stored setting is not possible: {bad.fault} "
            + (f"{bad.scope} lets nothing through." if bad.closes else "Its default is in force instead."),
            f"python manage.py queue unset {bad.key}"
            + (f" --provider {bad.provider}" if bad.provider else ""),
        )
        for bad in conf.find_invalid(conf.read_all())
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
