"""Drain: claim, perform, settle, over all open lanes, until there is nothing more to do.

One drain is one worker. Its own thread holds the database: it claims, runs local work in slices
and settles. Calls go out from threads that hold no connection; one spender thread writes what
they spend, one heartbeat thread keeps the leases alive.
"""

import os
import queue
import select
import socket
import threading
import time
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import Any

import structlog
from django.db import DatabaseError, InterfaceError, OperationalError, connection

from queueproject.queue import budgets, claim, conf, drains, rescue, settle, sql, transitions, wake, workers
from queueproject.queue.models import Worker
from queueproject.queue.perform import Group
from queueproject.queue.registry import LOCAL
from queueproject.queue.settle import Done, Release
from queueproject.queue.states import WorkerStatus
from queueproject.queue.transitions import Leased

log = structlog.get_logger(__name__)

SETTLE_EVERY_SECONDS = 0.05
SETTLE_AT = 500
SETTLE_LEFT_EVERY_SECONDS = 0.5
SLICE_SECONDS = 0.05
LOOK_EVERY_SECONDS = 2.0
BUSY_LOOK_SECONDS = 0.1
REFILL_EVERY_SECONDS = 0.01
STAY_SECONDS = 65.0
RESCUE_EVERY_SECONDS = 2.0
ASK_EVERY_SECONDS = 0.5
STOP_LOOK_SECONDS = 0.1
THREADS_A_LANE = 32
READ_AHEAD = 32
"""Groups claimed beyond the threads, so that one that comes free finds the next call at hand."""
HOLD_SECONDS = 0.5
"""As much local work, by what the last took, one drain takes from the others' reach."""
HANG_SECONDS = 60.0

UNHURRIED = ("time is up", "abandoned a thread")
"""Ends that let what runs take its whole timeout."""

STOP = threading.Event()
"""Set by SIGTERM in a slot: the drain winds up."""

_running = threading.Event()


def run(request_id: int = 0) -> str:
    """Work until nothing is left or time is up; the task django-q2 runs in a slot."""
    parent = os.getppid()
    workers.limit_sessions()
    crew = drains.count_crew()
    took = drains.take_request(request_id)
    if not took and crew.drains:
        wanted = drains.count_wanted(
            drains.measure_lanes(), batch_size=conf.get("batch_size"), now=sql.value("now")
        )
        if crew.drains >= wanted:
            return "surplus: enough drains live"
    _running.set()
    try:
        return Drain().run()
    finally:
        _running.clear()
        # The cluster was killed: an idle slot would wait for ever for its next task.
        if os.getppid() != parent:
            os._exit(0)


def is_running() -> bool:
    """Return whether this process is at work on a drain."""
    return _running.is_set()


class Drain:
    """One worker's loop."""

    def __init__(
        self, *, stop: threading.Event = STOP, linger_seconds: float | None = None, cluster: str = ""
    ) -> None:
        self.stop = stop
        self.overrides: claim.Settings = conf.read_all()
        self.lingers = linger_seconds
        self.worker = workers.register(
            role=Worker.DRAIN, cluster=cluster or os.environ.get("QUEUE_CLUSTER", "")
        )
        self.tally = workers.Tally()
        self.heartbeat = workers.Heartbeat(
            self.worker.pk,
            self.tally,
            interval_seconds=self._get("worker_heartbeat_interval_ms") / 1000,
            overdue=self._overdue,
        )
        self.spender = budgets.Spender()
        self.listener = wake.Listener()
        self.pools = {LOCAL: ThreadPoolExecutor(max_workers=1, thread_name_prefix="local")}
        self.inbox: queue.SimpleQueue[tuple[Group, list[Done]]] = queue.SimpleQueue()
        self.bell, self.ringer = socket.socketpair()
        self.bell.setblocking(False)
        self.waiting: deque[Group] = deque()
        self.named: list[int] = []
        self.standby: deque[Group] = deque()
        self.suspects: set[int] = set()
        self.running: dict[int, Group] = {}
        self.done: list[Done] = []
        self.left: list[Done] = []
        self.unsure = self.lost_track = False
        self.heard_local = False
        self.abandoned = False
        self.marks: dict[str, claim.Mark] = {}
        self.more: set[str] = set()
        self.started = self.ticked = self.worked = time.monotonic()
        self.claimed = self.next_claim = self.next_settle = self.next_rescue = 0.0
        self.next_unbounded = self.next_ask = self.next_left = 0.0
        self.local_seconds = SLICE_SECONDS
        self.stays = True
        self.hang_after = HANG_SECONDS

    def _get(self, key: str, provider: str = "") -> Any:
        return conf.get(key, provider=provider, overrides=self.overrides)

    @property
    def linger_seconds(self) -> float:
        return float(self._get("linger_seconds")) if self.lingers is None else self.lingers

    # -- the loop ---------------------------------------------------------------------------------

    def run(self) -> str:
        """Work to the end; return why it ended."""
        structlog.contextvars.bind_contextvars(worker=self.worker.pk)
        self.heartbeat.start()
        self.spender.start()
        reason = "error"
        try:
            reason = self._loop()
            self._wind_up(reason)
        finally:
            self._close(reason)
        if reason == "time is up" or reason == "abandoned a thread":
            with suppress(DatabaseError, InterfaceError):
                drains.request_if_needed(reason="chain")
        if self.abandoned:
            connection.close()
            os._exit(0)
        return reason

    def _loop(self) -> str:
        while True:
            self.ticked = time.monotonic()
            if reason := self._reason_to_end():
                return reason
            try:
                worked = self._step()
            except (OperationalError, InterfaceError) as error:
                self._recover_connection(error)
                continue
            if not worked:
                self._wait()

    def _step(self) -> bool:
        """Do one round; False when there is nothing to do until something happens."""
        if self.lost_track:
            self._release_unknown()
        self._collect()
        self._expire()
        self._start_standby()
        now = time.monotonic()
        if self.done and (now >= self.next_settle or len(self.done) >= SETTLE_AT or self._is_idle()):
            self._settle()
        if self.left and now >= self.next_left:
            self._settle_left()
        if now >= self.next_rescue:
            self.next_rescue = now + RESCUE_EVERY_SECONDS
            rescue.rescue_dead()
        if self.heard_local:
            self._take_heard()
        if now >= self.next_claim and len(self.done) + len(self.left) < SETTLE_AT:
            self._claim()
        if self.waiting:
            self._run_slice()
            self._listen(0.0)
            return True
        return not self.inbox.empty()

    def _is_idle(self) -> bool:
        return not (self.waiting or self.running)

    def _is_late(self) -> bool:
        return time.monotonic() - self.started >= float(self._get("drain_seconds"))

    def _reason_to_end(self) -> str:
        if self.stop.is_set():
            return "stopped"
        if self.heartbeat.orphaned.is_set():
            return "its cluster is gone"
        if not self.heartbeat.is_healthy:
            return "lease lost"
        if self.abandoned:
            return "abandoned a thread"
        if self.waiting or self.standby or self.done or self.left:
            return ""
        now = time.monotonic()
        if self._is_late():
            return "time is up"
        if not self.running and now - self.worked >= self.linger_seconds and not self.stays:
            return "no work"
        return ""

    def _overdue(self) -> str:
        silent = time.monotonic() - self.ticked
        return f"main loop silent for {silent:.0f} s" if silent > self.hang_after else ""

    def _wait(self) -> None:
        """Sleep until a thread finishes, a wake is heard, or a clock says so."""
        now = time.monotonic()
        until = min(self.next_claim, self.next_rescue, now + STOP_LOOK_SECONDS)
        if self.done:
            until = min(until, self.next_settle)
        if self.left:
            until = min(until, self.next_left)
        self.tally.status = WorkerStatus.ACTIVE if self.running else WorkerStatus.IDLE
        self.tally.current_work = f"{len(self.running)} calls under way" if self.running else ""
        self._listen(max(0.0, until - now))

    def _listen(self, seconds: float) -> None:
        """Wait for at most so long until a thread finishes or a wake is heard."""
        fds = [self.bell.fileno()]
        if self.listener.fileno() >= 0:
            fds.append(self.listener.fileno())
        ready, _, _ = select.select(fds, [], [], seconds)
        with suppress(BlockingIOError):
            while self.bell.recv(4096):
                continue
        if self.listener.fileno() in ready:
            self._hear()

    def _hear(self) -> None:
        for heard in self.listener.hear():
            self._lower(heard.lane, (heard.sort_key, 0))
            if heard.lane == LOCAL and self._is_idle():
                self.heard_local = True
            else:
                self.next_claim = 0.0

    def _lower(self, lane: str, mark: claim.Mark) -> None:
        if lane in self.marks:
            self.marks[lane] = min(self.marks[lane], mark)

    # -- claim ------------------------------------------------------------------------------------

    def capacity(self, lane: str) -> int:
        """Return how many groups of a lane may be claimed now."""
        if self.suspects:
            return 0
        if lane == LOCAL:
            most: int = self._get("batch_size")
            return 0 if self.waiting or self.standby else min(most, self._fit_into(HOLD_SECONDS))
        return THREADS_A_LANE + READ_AHEAD - sum(group.lane == lane for group in self.running.values())

    def _fit_into(self, seconds: float) -> int:
        """Return how many local jobs, as long as the last were, take so much time; at least one."""
        return max(1, int(seconds / max(self.local_seconds, 1e-6)))

    def _fit_into_slice(self) -> int:
        return min(SETTLE_AT, self._fit_into(SLICE_SECONDS))

    def _take_heard(self) -> None:
        """Take the local work of which an idle drain was told; where that brings none, look around."""
        self.heard_local = False
        found = None
        if self._is_idle() and not self._is_late() and (most := self.capacity(LOCAL)):
            found = claim.take_heard(
                worker_id=self.worker.pk,
                capacity=most,
                first=self._fit_into_slice(),
                mark=self.marks.get(LOCAL),
                overrides=self.overrides,
            )
        if found:
            self.more |= found.more
            self._begin_all(found)
        else:
            self.next_claim = 0.0

    def _claim(self) -> None:
        now = time.monotonic()
        if self._is_late():
            self.next_claim = now + 3600
            return
        if self.listener.fileno() < 0:
            self.listener.open()
        unbounded = now >= self.next_unbounded
        if unbounded:
            self.next_unbounded = now + LOOK_EVERY_SECONDS
        found = claim.claim(
            worker_id=self.worker.pk,
            capacity=self.capacity,
            marks={} if unbounded else self.marks,
            first=0 if self.running else self._fit_into_slice(),
            note_settings=self._note_settings,
        )
        if not found.alive:
            self.heartbeat.lost.set()
            return
        self.more = found.more | found.full
        self._begin_all(found)
        for lane, mark in found.promoted.items():
            self._lower(lane, mark)
        self._plan_next_claim(found, asked=now)
        if found.groups and self.more and self.worked >= self.next_ask:
            self.next_ask = self.worked + ASK_EVERY_SECONDS
            drains.request_if_needed(reason="more than one claim's work")

    def _begin_all(self, found: claim.Claim) -> None:
        self.marks |= found.marks
        self.named = found.named or self.named
        for rows in found.groups:
            self._start(rows)
        if found.groups:
            self.worked = time.monotonic()

    def _note_settings(self, overrides: claim.Settings) -> None:
        self.overrides = overrides
        self.heartbeat.beat_every(self._get("worker_heartbeat_interval_ms") / 1000)

    def _plan_next_claim(self, found: claim.Claim, *, asked: float) -> None:
        """Claim again at once while there is more to take, else when a clock or a poll says so.

        The drain stays while work stands by that a budget, a block or a due time lets run before long.
        Such moments are of the database's clock, and so is the claim's stamp, taken after `asked`
        (monotonic): this host's own clock may be minutes off.
        """
        now = self.claimed = time.monotonic()
        self.stays = True
        if found.groups and any(self.capacity(lane) > 0 for lane in found.more):
            self.next_claim = now
            return
        event = None if found.groups else sql.value("find_next_event")
        moments = [
            (moment - found.stamp).total_seconds() - (now - asked)
            for moment in (found.frees_at, event)
            if moment and found.stamp
        ]
        soon = any(wait < STAY_SECONDS for wait in moments)
        left = bool(found.more) and found.frees_at is None
        self.stays = soon or left or bool(found.full)
        poll = BUSY_LOOK_SECONDS if left else LOOK_EVERY_SECONDS
        waits = [max(BUSY_LOOK_SECONDS if wait < 0 else 0.005, wait + 0.002) for wait in moments]
        self.next_claim = now + min([poll, *waits])

    # -- perform ----------------------------------------------------------------------------------

    def _start(self, rows: list[dict[str, Any]]) -> None:
        """Queue a claimed group, or let it stand by: slow local work, and what one more loss would fail.

        A process that dies takes all that runs in it down. What is left one last loss therefore runs
        with nothing beside it, so that only a job that kills its process comes to the end of its rescues.
        """
        group = Group(rows, worker_id=self.worker.pk, spender=self.spender)
        rescues = max([row["rescues"] for row in rows])
        if rescues and rescues + 1 >= self._get("max_rescues"):
            self.suspects.add(group.token)
            self.standby.append(group)
        elif group.lane == LOCAL and not group.runs_inline:
            self.standby.append(group)
        else:
            self._begin(group)

    def _start_standby(self) -> None:
        """Start what stands by, as soon as it may: slow local work one at a time, suspects quite alone."""
        while self.standby and not self.suspects & self.running.keys():
            alone = self.standby[0].token in self.suspects
            if alone and (self.running or self.waiting or self.done):
                return
            if any(other.lane == LOCAL for other in self.running.values()):
                return
            self._begin(self.standby.popleft())
            if alone:
                return

    def _begin(self, group: Group) -> None:
        """Hand a group to a thread when it calls out or is slow, else to the next slice."""
        if group.runs_inline:
            self.waiting.append(group)
            return
        if group.lane == LOCAL:
            self._name_started([group])
        self.running[group.token] = group
        try:
            group.prepare()
        except (OperationalError, InterfaceError):
            self._finish(group, [Done(row, Release("the database was away")) for row in group.rows])
            raise
        if group.lane not in self.pools:
            self.pools[group.lane] = ThreadPoolExecutor(THREADS_A_LANE, thread_name_prefix=group.lane)
        group.future = self.pools[group.lane].submit(self._perform_in_thread, group)

    def _perform_in_thread(self, group: Group) -> None:
        group.start_clock()
        done = group.perform()
        if connection.connection is not None:
            connection.close()
        self.inbox.put((group, done))
        with suppress(OSError):
            self.ringer.send(b"!")

    def _collect(self) -> None:
        while not self.inbox.empty():
            group, done = self.inbox.get()
            if self.running.get(group.token) is group:
                self._finish(group, done)

    def _finish(self, group: Group, done: list[Done]) -> None:
        self.running.pop(group.token, None)
        self.suspects.discard(group.token)
        self._count(group, done)
        if group.lane == LOCAL:
            self.local_seconds = group.busy_seconds
        if group.lane in self.more:
            self.next_claim = min(self.next_claim, self.claimed + REFILL_EVERY_SECONDS)

    def _count(self, group: Group, done: list[Done]) -> None:
        if not self.done:
            self.next_settle = time.monotonic() + SETTLE_EVERY_SECONDS
        self.done += done
        self.worked = time.monotonic()
        self.tally.processed += len(done)
        self.tally.busy_seconds += group.busy_seconds
        self.tally.errors += len([item for item in done if item.error_class])
        self.tally.rate_limits += group.was_rate_limited

    def _expire(self) -> None:
        """Give up the tokens of what runs past its timeout; the process then ends after its settle."""
        now = time.monotonic()
        for group in [group for group in self.running.values() if now >= group.deadline]:
            self.abandoned = True
            self._finish(group, group.give_up(f"timed out after {group.timeout_seconds:g} s"))

    def _run_slice(self) -> None:
        """Run local groups for a slice of time; their ids stand on the worker row before they start."""
        chosen = [self.waiting.popleft()]
        most = self._fit_into_slice()
        while self.waiting and len(chosen) < most and not chosen[0].alone and not self.waiting[0].alone:
            chosen.append(self.waiting.popleft())
        self._name_started([*chosen, *(group for group in self.running.values() if group.lane == LOCAL)])
        self.tally.status = WorkerStatus.ACTIVE
        self.tally.current_work = f"{chosen[0].kind_name} and {len(self.waiting)} waiting"
        began = time.monotonic()
        for group in chosen:
            self.ticked, self.hang_after = time.monotonic(), HANG_SECONDS + group.timeout_seconds
            group.start_clock()
            group.prepare()
            self._count(group, group.perform())
            self.suspects.discard(group.token)
        self.local_seconds = (time.monotonic() - began) / len(chosen)
        self.hang_after = HANG_SECONDS
        if not self.waiting and LOCAL in self.more:
            self.next_claim = 0.0

    def _name_started(self, groups: list[Group]) -> None:
        """Write down which local jobs have started: should this process die, they may be why."""
        ids = [row["id"] for group in groups for row in group.rows]
        if ids != self.named:
            sql.run("start_jobs", worker=self.worker.pk, ids=sql.integers(ids))
            self.named = ids

    # -- settle -----------------------------------------------------------------------------------

    def _settle(self) -> None:
        count = settle.count_distinct(self.done[:SETTLE_AT])
        batch, self.done = self.done[:count], self.done[count:]
        try:
            # What is left tells that somebody holds rows just now: the rest does not wait for them again.
            settled = settle.settle(
                batch, worker_id=self.worker.pk, unsure=self.unsure, patient=not self.left
            )
        except (DatabaseError, InterfaceError):
            self.done = batch + self.done
            self.next_settle = time.monotonic() + SETTLE_EVERY_SECONDS
            self.unsure = True
            raise
        self.unsure = False
        self.next_settle = time.monotonic() + SETTLE_EVERY_SECONDS
        self._note(settled)

    def _settle_left(self) -> None:
        """Try what met a row that somebody holds again, apart from the rest, which does not wait for it."""
        self.next_left = time.monotonic() + SETTLE_LEFT_EVERY_SECONDS
        count = settle.count_distinct(self.left)
        batch, self.left = self.left[:count], self.left[count:]
        try:
            settled = settle.settle(batch, worker_id=self.worker.pk, patient=False)
        except (DatabaseError, InterfaceError):
            self.done = batch + self.done
            self.unsure = True
            raise
        self._note(settled)

    def _note(self, settled: settle.Settled) -> None:
        if settled.left:
            self.left += settled.left
            self.next_left = time.monotonic() + SETTLE_LEFT_EVERY_SECONDS
        if settled.parked or settled.released:
            self.next_claim = min(self.next_claim, time.monotonic() + 0.01)
            self.stays = True  # however long the settle took: that claim says when the drain may go
        for row in settled.released:
            self._lower(row["provider_id"], (row["sort_key"], row["id"]))

    def _recover_connection(self, error: Exception) -> None:
        """Go on after the database was away or a lock was held too long."""
        log.warning("database_away", error=f"{type(error).__name__}: {error}".strip())
        if getattr(error.__cause__, "sqlstate", None) != "55P03":
            with suppress(Exception):
                connection.close()
            self.listener.close()
            time.sleep(0.2)
        self.lost_track = True
        with suppress(OperationalError, InterfaceError):
            self._release_unknown()

    def _release_unknown(self) -> None:
        """Give back what this worker holds and the drain knows nothing of; tried again until it succeeds."""
        self.named = []
        groups = (*self.waiting, *self.standby, *self.running.values())
        known = [row["id"] for group in groups for row in group.rows]
        known += [item.id for item in (*self.done, *self.left)]
        rows = sql.rows("find_unknown_leases", worker=self.worker.pk, known=known)
        transitions.release([Leased(row["id"], row["lease_token"]) for row in rows])
        if rows:
            budgets.close_leases([row["lease_token"] for row in rows])
        self.suspects &= {group.token for group in groups}
        self.lost_track = False

    # -- the end ----------------------------------------------------------------------------------

    def _wind_up(self, reason: str) -> None:
        """Release what has not started, let what runs finish within the grace, settle the rest."""
        lost = reason == "lease lost"
        while self.waiting or self.standby:
            group = (self.waiting or self.standby).popleft()
            self.done += [Done(row, Release(reason)) for row in group.rows]
        for group in [group for group in self.running.values() if group.future and group.future.cancel()]:
            self._finish(group, group.hand_back(reason))
        self._settle_all(lost)
        longest = max((group.deadline for group in self.running.values()), default=0.0)
        patience = 0.0 if lost else self._get("grace_seconds")
        stopped_at = time.monotonic()
        until = longest if reason in UNHURRIED else time.monotonic() + patience
        while self.running and time.monotonic() < until:
            self.ticked = time.monotonic()
            if self.stop.is_set():
                until = min(until, stopped_at + patience)
            else:
                stopped_at = self.ticked
            select.select([self.bell], [], [], 0.05)
            with suppress(BlockingIOError):
                self.bell.recv(4096)
            self._collect()
            self._expire()
            self._settle_all(lost)
        for group in list(self.running.values()):
            self.abandoned = True
            self._finish(group, group.hand_back(reason))
        self._settle_all(lost)

    def _settle_all(self, lost: bool) -> None:
        deadline = time.monotonic() + (1.0 if lost else 20.0)
        while (self.done or self.left) and time.monotonic() < deadline:
            self.ticked = time.monotonic()
            try:
                self._settle()
                if self.left and not self.done:
                    self._settle_left()
            except (OperationalError, InterfaceError) as error:
                self._recover_connection(error)

    def _close(self, reason: str) -> None:
        self.spender.stop()
        self.heartbeat.stop()
        self.listener.close()
        for pool in self.pools.values():
            pool.shutdown(wait=False)
        self.bell.close()
        self.ringer.close()
        with suppress(DatabaseError, InterfaceError):
            workers.sign_off(self.worker.pk, reason=reason)
            Worker.objects.filter(pk=self.worker.pk).update(
                processed=self.tally.processed,
                busy_seconds=self.tally.busy_seconds,
                errors=self.tally.errors,
                rate_limits=self.tally.rate_limits,
            )
        log.info("drain_ended", reason=reason, processed=self.tally.processed)
