"""Run the demonstration from start to summary."""

import json
import socket
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import psutil
from django.conf import settings
from django.db.models import Count, Sum
from django.utils import timezone
from rich.console import Console

from queueproject.queue import health, operations
from queueproject.queue.models import Batch, Budget, Job, Ledger, Provider, Worker
from queueproject.queue.states import LIVE, LIVE_WORKER, BatchState
from queueproject.sandbox.demo.killing import Killing
from queueproject.sandbox.demo.processes import (
    RunningSandbox,
    find_children,
    run_cluster,
    run_command,
    run_sandbox,
)
from scoring.remarketing.models import Score, ScoreSnapshot, Universe
from scoring.remarketing.services.demo import load_demo
from scoring.remarketing.watching import EXIT_INTERRUPTED, Watched, watch

ACTOR = "demo"
GEMINI = "gemini"
SLOTS = 2
START_SECONDS = 40.0
LONGEST_SECONDS = 170.0
LEASE_SECONDS = 15


class NotNow(Exception):
    """The demonstration cannot run here and now; the message says what to do."""


@dataclass(frozen=True)
class Summary:
    """What the demonstration came to. It succeeded when nothing was refused, lost or done twice."""

    pairs: int
    buyers: int
    listings: int
    calls: int
    calls_booked: int
    calls_planned: int
    refused: int
    lost: int
    double: int
    seconds: float
    killed_pid: int | None
    jobs_in_hand: int
    seconds_to_rescue: float | None
    seconds_to_recover: float | None
    batch: int
    batch_state: str
    log: str

    @property
    def succeeded(self) -> bool:
        """Say whether it showed what it is there to show."""
        clean = not (self.refused or self.lost or self.double)
        return clean and self.seconds_to_recover is not None and self.batch_state == BatchState.COMPLETED

    def as_dict(self) -> dict[str, Any]:
        """Return the figures as plain JSON."""
        return {**asdict(self), "succeeded": self.succeeded}


def run_show(
    *, calls_per_minute: int, latency_ms: float, tell: Callable[[str], None], console: Console | None
) -> Summary:
    """Score all demo deals through sandbox and cluster, kill a slot, and count; stops what it starts."""
    universe = load_demo()
    cancel_running(universe)
    refuse_company()
    log = Path(tempfile.mkdtemp(prefix="queueproject-demo-")) / "cluster.log"
    sandbox_options = ["--calls-per-minute", str(calls_per_minute), "--latency-ms", str(latency_ms)]
    with budget_of(calls_per_minute), run_sandbox(*sandbox_options, "--jitter-ms", "300") as sandbox:
        tell(f"A sandbox plays Gemini and allows {calls_per_minute} calls a minute.")
        return _run_beside(sandbox, universe, log=log, tell=tell, console=console)


def _run_beside(
    sandbox: RunningSandbox,
    universe: Universe,
    *,
    log: Path,
    tell: Callable[[str], None],
    console: Console | None,
) -> Summary:
    booked_before = _count_booked()
    began = time.monotonic()
    environment = sandbox.environment | {"QUEUE_LEASE_SECONDS": str(LEASE_SECONDS)}
    with run_cluster(slots=SLOTS, environment=environment, log=log) as cluster:
        _wait_for_slots(cluster.poll, log)
        tell(
            f"A cluster of {SLOTS} slots works; a worker silent for {LEASE_SECONDS} s is taken for dead "
            f"({settings.QUEUE_LEASE_SECONDS:g} s outside this demonstration)."
        )
        killing = Killing(find_pids=lambda: find_children(cluster), tell=tell)
        try:
            facts = _enqueue(universe, sandbox)
            tell(f"{facts['queued']} pairs are enqueued, five to a call: {facts['calls']} calls.")
            batch = Batch.objects.get(pk=facts["batch"])
            watched = watch(batch, timeout_seconds=LONGEST_SECONDS, console=console, each=killing.look)
            killing.look(batch)
        finally:
            cancel_running(universe)
        seconds = time.monotonic() - began
    _refuse_unfinished(watched)
    return _sum_up(
        universe,
        batch,
        killing,
        report=sandbox.report(),
        booked=_count_booked() - booked_before,
        planned=facts["calls"],
        seconds=seconds,
        log=log,
    )


def _enqueue(universe: Universe, sandbox: RunningSandbox) -> dict[str, Any]:
    """Start "score all deals", as staff would from a shell."""
    arguments = [
        "enqueue_scoring",
        "--universe",
        str(universe.pk),
        "--rescore",
        "--priority",
        "medium",
        "--json",
    ]
    facts: dict[str, Any] = json.loads(run_command(*arguments, environment=sandbox.environment))
    return facts


def _sum_up(
    universe: Universe,
    batch: Batch,
    killing: Killing,
    *,
    report: dict[str, Any],
    booked: int,
    planned: int,
    seconds: float,
    log: Path,
) -> Summary:
    buyers = universe.buyers.filter(archived_at=None).count()
    listings = universe.listing_links.filter(status="active", listing__archived_at=None).count()
    scored = Score.objects.filter(universe=universe, batch_number=batch.pk).count()
    rows = ScoreSnapshot.objects.filter(universe=universe, batch_number=batch.pk)
    double = rows.values("listing", "buyer").annotate(times=Count("id")).filter(times__gt=1).count()
    return Summary(
        pairs=buyers * listings,
        buyers=buyers,
        listings=listings,
        calls=report["calls"],
        calls_booked=booked,
        calls_planned=planned,
        refused=report["refused"],
        lost=buyers * listings - scored,
        double=double,
        seconds=round(seconds, 1),
        killed_pid=killing.pid,
        jobs_in_hand=len(killing.job_ids),
        seconds_to_rescue=_round(killing.rescued_after),
        seconds_to_recover=_round(killing.recovered_after),
        batch=batch.pk,
        batch_state=batch.state,
        log=str(log),
    )


def _round(seconds: float | None) -> float | None:
    return None if seconds is None else round(seconds, 1)


# -- before and after -----------------------------------------------------------------------------


def cancel_running(universe: Universe) -> None:
    """Cancel what a demonstration left running that was interrupted, by now or before."""
    running = Batch.objects.filter(state=BatchState.RUNNING, options__universe_ids=[universe.pk])
    for number in running.order_by("pk").values_list("pk", flat=True):
        operations.cancel_batch(number, actor=ACTOR, reason="the demonstration ended before it")


def refuse_company() -> None:
    """Refuse to run beside workers or jobs that are not the demonstration's."""
    lease = timedelta(seconds=settings.QUEUE_LEASE_SECONDS)
    fresh = Worker.objects.filter(status__in=LIVE_WORKER, heartbeat_at__gt=timezone.now() - lease)
    others = [worker for worker in fresh if not _is_dead_here(worker)]
    if others:
        raise NotNow(
            f"A worker ({others[0].host}:{others[0].pid}) is at work on this database, and would take the "
            "demonstration's jobs to the real Gemini. Stop it first (Ctrl-C in its terminal)."
        )
    waiting = Job.objects.filter(provider=GEMINI, state__in=LIVE).count()
    if waiting:
        raise NotNow(
            f"{waiting} jobs wait for Gemini on this database, and the demonstration's stand-in would answer "
            "them. Let them finish, or cancel them."
        )


def _is_dead_here(worker: Worker) -> bool:
    """Say whether a worker was one of this machine's processes and is no more."""
    return worker.host == socket.gethostname() and not psutil.pid_exists(worker.pid)


@contextmanager
def budget_of(calls_per_minute: int) -> Iterator[None]:
    """Give the lane the sandbox's limit, and its own again afterwards."""
    lane = Provider.objects.get(key=GEMINI)
    if lane.paused_at:
        operations.resume_provider(GEMINI, actor=ACTOR, reason="the demonstration has a stand-in of its own")
    operations.unblock_provider(GEMINI, actor=ACTOR, reason="the demonstration has a stand-in of its own")
    budget = Budget.objects.get(provider=lane, currency="calls", window_seconds=60, kind=Budget.SLIDING)
    operations.change_budget(budget.pk, limit=calls_per_minute, actor=ACTOR, reason="the sandbox's limit")
    try:
        yield
    finally:
        operations.change_budget(budget.pk, limit=budget.limit, actor=ACTOR, reason="as before")


def _wait_for_slots(poll: Callable[[], int | None], log: Path) -> None:
    """Wait until a cluster lives; raise NotNow with its last words when it ended instead."""
    deadline = time.monotonic() + START_SECONDS
    while not health.live_worker_exists():
        if poll() is not None or time.monotonic() > deadline:
            raise NotNow(f"The cluster did not start:\n{log.read_text()[-2000:]}")
        time.sleep(0.2)


def _refuse_unfinished(watched: Watched) -> None:
    if watched.exit_code == EXIT_INTERRUPTED:
        raise KeyboardInterrupt
    if watched.reason:
        raise NotNow(f"The batch did not end: {watched.reason}")


def _count_booked() -> int:
    """Sum the calls that the ledger says were spent on Gemini."""
    booked = Ledger.objects.filter(provider=GEMINI, currency="calls").aggregate(calls=Sum("spent"))["calls"]
    return int(booked or 0)
